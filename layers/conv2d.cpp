#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/kernels/activation.h>
#include <ravine/kernels/conv.h>
#include <ravine/layers/conv2d.h>

namespace ravine {
namespace {

void require_bias(const Variable& b, const Shape& w) {
  if (b && b.shape() != Shape{w[0]}) {
    throw Error(fmt::format("conv2d: b {} must be [{}] for w {}", b.shape().str(), w[0], w.str()));
  }
}

}  // namespace

Variable conv2d(const Variable& x, const Variable& w, const Variable& b,
                const kernels::Conv2DGeometry& g) {
  const Tensor y(x.stream(), kernels::conv2d_output_shape(g, x.shape(), w.shape()));
  require_bias(b, w.shape());
  kernels::conv2d_forward(x.stream(), g, kernels::Epilogue::none, x.value(), w.value(), b.value(),
                          y);
  return record("conv2d", {x, w, b}, y, [g, x, w, b](Gradients& grad, const Tensor& dy) {
    if (const Tensor dx = grad.of(x)) {
      kernels::conv2d_backward_input(grad.stream(), g, dy, w.value(), dx);
    }
    const Tensor dw = grad.of(w), db = grad.of(b);
    if (dw || db) kernels::conv2d_backward_weight(grad.stream(), g, dy, x.value(), dw, db);
  });
}

Variable conv2d_relu(const Variable& x, const Variable& w, const Variable& b,
                     const kernels::Conv2DGeometry& g) {
  const Tensor y(x.stream(), kernels::conv2d_output_shape(g, x.shape(), w.shape()));
  require_bias(b, w.shape());
  kernels::conv2d_forward(x.stream(), g, kernels::Epilogue::relu, x.value(), w.value(), b.value(),
                          y);
  return record("conv2d_relu", {x, w, b}, y, [g, x, w, b, y](Gradients& grad, const Tensor& dy) {
    const Tensor dz(grad.stream(), y.shape());
    kernels::activation_backward(grad.stream(), kernels::ActivationKind::relu, 0, dy, y, dz);
    if (const Tensor dx = grad.of(x)) {
      kernels::conv2d_backward_input(grad.stream(), g, dz, w.value(), dx);
    }
    const Tensor dw = grad.of(w), db = grad.of(b);
    if (dw || db) kernels::conv2d_backward_weight(grad.stream(), g, dz, x.value(), dw, db);
  });
}

kernels::Conv2DGeometry Conv2D::geometry(const Shape& x) const {
  kernels::Conv2DGeometry g{.stride = strides, .dilation = dilation_rate, .groups = groups};
  if (padding == Padding::same && x.rank() == 4) {
    g.padding = kernels::same_padding({x[1], x[2]}, kernel_size, strides, dilation_rate);
  }
  return g;
}

Variable Conv2D::kernel(Scope& scope, const Shape& x) const {
  if (x.rank() != 4 || filters < 1 || groups < 1 || x[3] % groups != 0 || filters % groups != 0) {
    throw Error(
        fmt::format("conv2d '{}': {} filters in {} groups on x {}; x must be [N,H,W,C], and "
                    "groups must divide filters and channels",
                    name, filters, groups, x.str()));
  }
  const std::int64_t channels = x[3] / groups;
  const auto taps = static_cast<double>(kernel_size.h * kernel_size.w);
  return scope.parameter(
      "kernel", {filters, kernel_size.h, kernel_size.w, channels},
      {.initializer = kernel_initializer,
       .fans = {taps * static_cast<double>(channels), taps * static_cast<double>(filters)},
       .trainable = trainable,
       .file_is_hwio = true});
}

Variable Conv2D::bias(Scope& scope) const {
  if (!use_bias) return {};
  return scope.parameter("bias", {filters},
                         {.initializer = bias_initializer, .trainable = trainable});
}

Variable Conv2D::operator()(Scope& scope, const Variable& x) const {
  const auto named = scope.layer(kind_name, name);
  const Variable w = kernel(scope, x.shape()), b = bias(scope);
  const kernels::Conv2DGeometry g = geometry(x.shape());
  return activation == relu ? conv2d_relu(x, w, b, g) : activation(conv2d(x, w, b, g));
}

}  // namespace ravine
