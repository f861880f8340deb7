#pragma once

#include <optional>
#include <string>

#include <ravine/core/tape.h>
#include <ravine/kernels/geometry.h>
#include <ravine/layers/activation.h>
#include <ravine/layers/scope.h>

namespace ravine {

/// The convolution of x with w, plus b unless it is absent; see kernels/conv.h for the formula.
///
/// Shapes  x [N,H,W,C]   w [K,R,S,C/groups]   b [K]   result [N,P,Q,K].
/// Throws  Error naming the shapes when they do not fit.
Variable conv2d(const Variable& x, const Variable& w, const Variable& b,
                const kernels::Conv2DGeometry& geometry);

/// relu(conv2d(x, w, b)) in one pass; keeps its result, not the map before relu.
Variable conv2d_relu(const Variable& x, const Variable& w, const Variable& b,
                     const kernels::Conv2DGeometry& geometry);

/// Whether a window may reach over the border: `same` pads so that stride 1 keeps height and width.
enum class Padding : std::uint8_t { valid, same };
inline constexpr Padding valid = Padding::valid;
inline constexpr Padding same = Padding::same;

/// A convolution over height and width; field names and defaults as in Keras.
struct Conv2D {
  static constexpr const char* kind_name = "conv2d";

  std::int64_t filters = 0;
  Extent2 kernel_size = 3;
  Activation activation = {};
  Extent2 strides = 1;
  Padding padding = Padding::valid;
  Extent2 dilation_rate = 1;
  std::int64_t groups = 1;
  bool use_bias = true;
  std::string name = {};
  Initializer kernel_initializer = Initializer::glorot_uniform();
  Initializer bias_initializer = Initializer::zeros();
  bool trainable = true;

  Variable operator()(Scope& scope, const Variable& x) const;

  /// The parts that a fused layer is made of.
  kernels::Conv2DGeometry geometry(const Shape& x) const;
  Variable kernel(Scope& scope, const Shape& x) const;
  Variable bias(Scope& scope) const;
};

}  // namespace ravine
