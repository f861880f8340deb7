#pragma once

#include <string>

#include <ravine/core/tape.h>
#include <ravine/kernels/geometry.h>
#include <ravine/layers/scope.h>

namespace ravine {

/// x with zeros around each image.   Shapes  x [N,H,W,C]   result [N,top+H+bottom,left+W+right,C].
Variable pad2d(const Variable& x, const kernels::Padding2D& padding);

/// Zeros around each image, as a layer.
struct ZeroPadding2D {
  static constexpr const char* kind_name = "zero_padding2d";
  kernels::Padding2D padding = {1, 1, 1, 1};
  std::string name = {};
  Variable operator()(Scope& scope, const Variable& x) const;
};

}  // namespace ravine
