#pragma once

#include <string>

#include <ravine/core/tape.h>
#include <ravine/kernels/norm.h>
#include <ravine/layers/scope.h>

namespace ravine {

/// Batch normalisation over all axes but the last; see kernels/norm.h for the formula.
///
/// With `training` the batch's statistics are used and the moving ones updated; without it the
/// moving ones are used. gamma and beta may be absent.
/// Shapes  x [...,C]   gamma, beta, moving_mean, moving_variance [C].
Variable batch_norm(const Variable& x, const Variable& gamma, const Variable& beta,
                    const Tensor& moving_mean, const Tensor& moving_variance, double epsilon,
                    double momentum, bool training);

/// Batch normalisation; field names and defaults as in Keras. Not trainable: always as in use.
struct BatchNormalization {
  static constexpr const char* kind_name = "batch_normalization";

  double momentum = 0.99;
  double epsilon = 1e-3;
  bool center = true;
  bool scale = true;
  std::string name = {};
  Initializer beta_initializer = Initializer::zeros();
  Initializer gamma_initializer = Initializer::ones();
  Initializer moving_mean_initializer = Initializer::zeros();
  Initializer moving_variance_initializer = Initializer::ones();
  bool trainable = true;

  Variable operator()(Scope& scope, const Variable& x) const;
};

}  // namespace ravine
