#pragma once

#include <string>

#include <ravine/core/tape.h>
#include <ravine/layers/activation.h>
#include <ravine/layers/scope.h>

namespace ravine {

/// x·w + b, without b when it is absent.   Shapes  x [N,I]   w [I,O]   b [O]   result [N,O].
///
/// Throws  Error naming the shapes when they do not fit.
Variable dense(const Variable& x, const Variable& w, const Variable& b);

/// relu(dense(x, w, b)) in one pass.
Variable dense_relu(const Variable& x, const Variable& w, const Variable& b);

/// A fully connected layer; field names and defaults as in Keras.
struct Dense {
  static constexpr const char* kind_name = "dense";

  std::int64_t units = 0;
  Activation activation = {};
  bool use_bias = true;
  std::string name = {};
  Initializer kernel_initializer = Initializer::glorot_uniform();
  Initializer bias_initializer = Initializer::zeros();
  bool trainable = true;

  Variable operator()(Scope& scope, const Variable& x) const;
};

}  // namespace ravine
