#pragma once

#include <ravine/optim/optimizer.h>

namespace ravine {

/// RMSprop, with momentum and centred; names, formulas and defaults of Keras.
///
/// Source  Hinton 2012, "Neural Networks for Machine Learning", lecture 6e.
struct RMSprop {
  double learning_rate = 1e-3;
  double rho = 0.9;
  double momentum = 0;
  double epsilon = 1e-7;
  bool centered = false;
  double weight_decay = 0;
  Clipping clip = {};

  /// Throws  Error when an option makes no sense.
  std::unique_ptr<Optimizer> make(Stream& stream, const ParameterRange& range,
                                  std::span<const ParameterGroup> groups) const;
};

}  // namespace ravine
