#pragma once

#include <optional>
#include <string>

#include <ravine/core/tape.h>
#include <ravine/kernels/geometry.h>
#include <ravine/layers/conv2d.h>
#include <ravine/layers/scope.h>

namespace ravine {

/// The largest value, or the mean, of each window.   Shapes  x [N,H,W,C]   result [N,P,Q,C].
///
/// Throws  Error naming the shapes when the window does not fit.
Variable max_pool2d(const Variable& x, const kernels::Pool2DGeometry& geometry);
Variable average_pool2d(const Variable& x, const kernels::Pool2DGeometry& geometry);

/// Pooling layers; field names and defaults as in Keras (strides = pool_size when not given).
struct MaxPool2D {
  static constexpr const char* kind_name = "max_pooling2d";

  Extent2 pool_size = 2;
  std::optional<Extent2> strides = {};
  Padding padding = Padding::valid;
  std::string name = {};

  Variable operator()(Scope& scope, const Variable& x) const;
};

struct AveragePool2D {
  static constexpr const char* kind_name = "average_pooling2d";

  Extent2 pool_size = 2;
  std::optional<Extent2> strides = {};
  Padding padding = Padding::valid;
  std::string name = {};

  Variable operator()(Scope& scope, const Variable& x) const;
};

/// The mean, or the largest value, over all of height and width: [N,H,W,C] → [N,C].
struct GlobalAveragePool2D {
  static constexpr const char* kind_name = "global_average_pooling2d";
  bool keepdims = false;  // [N,1,1,C]
  std::string name = {};
  Variable operator()(Scope& scope, const Variable& x) const;
};

struct GlobalMaxPool2D {
  static constexpr const char* kind_name = "global_max_pooling2d";
  bool keepdims = false;
  std::string name = {};
  Variable operator()(Scope& scope, const Variable& x) const;
};

}  // namespace ravine
