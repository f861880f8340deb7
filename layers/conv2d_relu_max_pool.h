#pragma once

#include <ravine/layers/conv2d.h>
#include <ravine/layers/pool2d.h>

namespace ravine {

/// max_pool2d(relu(conv2d(x, w, b)), 2×2) in one pass that never writes the full map.
///
/// Keeps one byte a pooled value for the backward pass. Shapes  result [N,P/2,Q/2,K].
Variable conv2d_relu_max_pool(const Variable& x, const Variable& w, const Variable& b,
                              const kernels::Conv2DGeometry& geometry);

/// What the fusion table puts in place of a Conv2D with relu and the MaxPool2D after it.
struct FusedConv2DReluMaxPool2D {
  static constexpr const char* kind_name = "conv2d + max_pooling2d";
  Conv2D conv;
  MaxPool2D pool;
  std::string name = {};
  Variable operator()(Scope& scope, const Variable& x) const;
};

}  // namespace ravine
