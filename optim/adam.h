#pragma once

#include <ravine/optim/optimizer.h>

namespace ravine {

/// Adam; names and defaults of Keras.
///
/// `epsilon_hat` says where ε stands: Keras's α_t·m/(√v + ε) with α_t = rate·√(1−β₂ᵗ)/(1−β₁ᵗ), or
/// PyTorch's rate/(1−β₁ᵗ)·m/(√(v/(1−β₂ᵗ)) + ε).
/// Source  Kingma & Ba 2014, arXiv:1412.6980.
struct Adam {
  double learning_rate = 1e-3;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool epsilon_hat = true;
  double weight_decay = 0;  // decoupled
  Clipping clip = {};

  /// Throws  Error when an option makes no sense.
  std::unique_ptr<Optimizer> make(Stream& stream, const ParameterRange& range,
                                  std::span<const ParameterGroup> groups) const;
};

/// Adam with decoupled weight decay: p −= rate·decay·p before each update.
/// Source  Loshchilov & Hutter 2017, arXiv:1711.05101.
struct AdamW {
  double learning_rate = 1e-3;
  double weight_decay = 0.004;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool epsilon_hat = true;
  Clipping clip = {};

  /// Throws  Error when an option makes no sense.
  std::unique_ptr<Optimizer> make(Stream& stream, const ParameterRange& range,
                                  std::span<const ParameterGroup> groups) const;
};

}  // namespace ravine
