#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/kernels/activation.h>
#include <ravine/kernels/matmul.h>
#include <ravine/layers/dense.h>

namespace ravine {
namespace {

Shape output_shape(const Variable& x, const Variable& w, const Variable& b) {
  const Shape &xs = x.shape(), &ws = w.shape();
  if (xs.rank() != 2 || ws.rank() != 2 || xs[1] != ws[0]) {
    throw Error(fmt::format("dense: x {} and w {} must be [N,I] and [I,O]", xs.str(), ws.str()));
  }
  if (b && b.shape() != Shape{ws[1]}) {
    throw Error(fmt::format("dense: b {} must be [{}]", b.shape().str(), ws[1]));
  }
  return {xs[0], ws[1]};
}

}  // namespace

Variable dense(const Variable& x, const Variable& w, const Variable& b) {
  const Tensor y(x.stream(), output_shape(x, w, b));
  kernels::dense_forward(x.stream(), kernels::Epilogue::none, x.value(), w.value(), b.value(), y);
  return record("dense", {x, w, b}, y, [x, w, b](Gradients& grad, const Tensor& dy) {
    if (const Tensor dx = grad.of(x)) {
      kernels::dense_backward_input(grad.stream(), dy, w.value(), dx);
    }
    const Tensor dw = grad.of(w), db = grad.of(b);
    if (dw || db) kernels::dense_backward_weight(grad.stream(), dy, x.value(), dw, db);
  });
}

Variable dense_relu(const Variable& x, const Variable& w, const Variable& b) {
  const Tensor y(x.stream(), output_shape(x, w, b));
  kernels::dense_forward(x.stream(), kernels::Epilogue::relu, x.value(), w.value(), b.value(), y);
  return record("dense_relu", {x, w, b}, y, [x, w, b, y](Gradients& grad, const Tensor& dy) {
    const Tensor dz(grad.stream(), y.shape());
    kernels::activation_backward(grad.stream(), kernels::ActivationKind::relu, 0, dy, y, dz);
    if (const Tensor dx = grad.of(x)) {
      kernels::dense_backward_input(grad.stream(), dz, w.value(), dx);
    }
    const Tensor dw = grad.of(w), db = grad.of(b);
    if (dw || db) kernels::dense_backward_weight(grad.stream(), dz, x.value(), dw, db);
  });
}

Variable Dense::operator()(Scope& scope, const Variable& x) const {
  const auto named = scope.layer(kind_name, name);
  if (x.shape().rank() != 2 || units < 1) {
    throw Error(fmt::format("dense '{}': {} units on x {}; x must be [N,I] (put Flatten before it)",
                            name, units, x.shape().str()));
  }
  const std::int64_t inputs = x.shape()[1];
  const Variable w =
      scope.parameter("kernel", {inputs, units},
                      {.initializer = kernel_initializer,
                       .fans = {static_cast<double>(inputs), static_cast<double>(units)},
                       .trainable = trainable});
  const Variable b =
      use_bias ? scope.parameter("bias", {units},
                                 {.initializer = bias_initializer, .trainable = trainable})
               : Variable();
  return activation == relu ? dense_relu(x, w, b) : activation(dense(x, w, b));
}

}  // namespace ravine
