#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/kernels/conv_pool.h>
#include <ravine/layers/conv2d_relu_max_pool.h>

namespace ravine {

Variable conv2d_relu_max_pool(const Variable& x, const Variable& w, const Variable& b,
                              const kernels::Conv2DGeometry& g) {
  const Shape full = kernels::conv2d_output_shape(g, x.shape(), w.shape());
  if (full[1] < 2 || full[2] < 2) {
    throw Error(
        fmt::format("conv2d_relu_max_pool: a map {} is too small to pool by 2×2", full.str()));
  }
  const Shape shape{full[0], full[1] / 2, full[2] / 2, full[3]};
  const Tensor y(x.stream(), shape), winner(x.stream(), shape, DType::u8);
  kernels::conv2d_relu_max_pool_forward(x.stream(), g, x.value(), w.value(), b.value(), y, winner);
  return record("conv2d_relu_max_pool", {x, w, b}, y,
                [g, x, w, b, winner](Gradients& grad, const Tensor& dy) {
                  if (const Tensor dx = grad.of(x)) {
                    kernels::conv2d_relu_max_pool_backward_input(grad.stream(), g, dy, winner,
                                                                 w.value(), dx);
                  }
                  const Tensor dw = grad.of(w), db = grad.of(b);
                  if (dw || db) {
                    kernels::conv2d_relu_max_pool_backward_weight(grad.stream(), g, dy, winner,
                                                                  x.value(), dw, db);
                  }
                });
}

Variable FusedConv2DReluMaxPool2D::operator()(Scope& scope, const Variable& x) const {
  const auto named = scope.layer(Conv2D::kind_name, conv.name);
  const Variable w = conv.kernel(scope, x.shape()), b = conv.bias(scope);
  return conv2d_relu_max_pool(x, w, b, conv.geometry(x.shape()));
}

}  // namespace ravine
