#pragma once

#include <ravine/optim/optimizer.h>

namespace ravine {

/// Stochastic gradient descent, with momentum and Nesterov's variant; names and defaults of Keras.
///
/// Weight decay is decoupled: p −= rate·decay·p before the update.
struct SGD {
  double learning_rate = 0.01;
  double momentum = 0;
  bool nesterov = false;
  double weight_decay = 0;
  Clipping clip = {};

  /// Throws  Error when an option makes no sense.
  std::unique_ptr<Optimizer> make(Stream& stream, const ParameterRange& range,
                                  std::span<const ParameterGroup> groups) const;
};

}  // namespace ravine
