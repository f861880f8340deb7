#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/kernels/pool.h>
#include <ravine/layers/arithmetic.h>
#include <ravine/layers/pool2d.h>

namespace ravine {
namespace {

kernels::Pool2DGeometry geometry(Extent2 window, std::optional<Extent2> strides, Padding padding,
                                 const Shape& x) {
  kernels::Pool2DGeometry g{.window = window, .stride = strides.value_or(window)};
  if (padding == Padding::same && x.rank() == 4 && g.stride.h > 0 && g.stride.w > 0) {
    g.padding = kernels::same_padding({x[1], x[2]}, g.window, g.stride, 1);
  }
  return g;
}

kernels::Pool2DGeometry whole_image(const char* layer, const Shape& x) {
  if (x.rank() != 4) {
    throw Error(fmt::format("{}: x {} must be [N,H,W,C]", layer, x.str()));
  }
  return {.window = {x[1], x[2]}, .stride = 1};
}

Variable without_image_axes(const Variable& y, bool keepdims) {
  return keepdims ? y : reshape(y, {y.shape()[0], y.shape()[3]});
}

}  // namespace

Variable max_pool2d(const Variable& x, const kernels::Pool2DGeometry& g) {
  const Shape shape = kernels::pool2d_output_shape(g, x.shape());
  const Tensor y(x.stream(), shape);
  const Tensor winner =
      x.needs_gradient() ? Tensor(x.stream(), shape, kernels::winner_dtype(g)) : Tensor();
  kernels::max_pool2d_forward(x.stream(), g, x.value(), y, winner);
  return record("max_pool2d", {x}, y, [g, x, winner](Gradients& grad, const Tensor& dy) {
    if (const Tensor dx = grad.of(x)) {
      kernels::max_pool2d_backward(grad.stream(), g, dy, winner, dx);
    }
  });
}

Variable average_pool2d(const Variable& x, const kernels::Pool2DGeometry& g) {
  const Tensor y(x.stream(), kernels::pool2d_output_shape(g, x.shape()));
  kernels::average_pool2d_forward(x.stream(), g, x.value(), y);
  return record("average_pool2d", {x}, y, [g, x](Gradients& grad, const Tensor& dy) {
    if (const Tensor dx = grad.of(x)) kernels::average_pool2d_backward(grad.stream(), g, dy, dx);
  });
}

Variable MaxPool2D::operator()(Scope& scope, const Variable& x) const {
  const auto named = scope.layer(kind_name, name);
  return max_pool2d(x, geometry(pool_size, strides, padding, x.shape()));
}

Variable AveragePool2D::operator()(Scope& scope, const Variable& x) const {
  const auto named = scope.layer(kind_name, name);
  return average_pool2d(x, geometry(pool_size, strides, padding, x.shape()));
}

Variable GlobalAveragePool2D::operator()(Scope& scope, const Variable& x) const {
  const auto named = scope.layer(kind_name, name);
  return without_image_axes(average_pool2d(x, whole_image(kind_name, x.shape())), keepdims);
}

Variable GlobalMaxPool2D::operator()(Scope& scope, const Variable& x) const {
  const auto named = scope.layer(kind_name, name);
  return without_image_axes(max_pool2d(x, whole_image(kind_name, x.shape())), keepdims);
}

}  // namespace ravine
