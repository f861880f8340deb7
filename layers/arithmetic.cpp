#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/kernels/elementwise.h>
#include <ravine/kernels/reduce.h>
#include <ravine/layers/arithmetic.h>

namespace ravine {
namespace {

void require_equal_shapes(const char* operation, const Variable& a, const Variable& b) {
  if (a.shape() != b.shape()) {
    throw Error(fmt::format("{}: {} and {} differ", operation, a.shape().str(), b.shape().str()));
  }
}

Variable scaled_sum(const Variable& x, float factor) {
  const Tensor y(x.stream(), {});
  kernels::sum_all(x.stream(), factor, x.value(), y);
  return record("sum", {x}, y, [x, factor](Gradients& grad, const Tensor& dy) {
    if (const Tensor dx = grad.of(x)) kernels::broadcast(grad.stream(), factor, dy, dx);
  });
}

}  // namespace

Variable operator+(const Variable& a, const Variable& b) {
  require_equal_shapes("add", a, b);
  const Tensor y(a.stream(), a.shape());
  kernels::add(a.stream(), a.value(), b.value(), y);
  return record("add", {a, b}, y, [a, b](Gradients& grad, const Tensor& dy) {
    grad.pass(a, dy);
    grad.pass(b, dy);
  });
}

Variable operator-(const Variable& a, const Variable& b) {
  require_equal_shapes("subtract", a, b);
  const Tensor y(a.stream(), a.shape());
  kernels::subtract(a.stream(), a.value(), b.value(), y);
  return record("subtract", {a, b}, y, [a, b](Gradients& grad, const Tensor& dy) {
    grad.pass(a, dy);
    if (const Tensor db = grad.of(b)) kernels::scale_shift(grad.stream(), -1, 0, dy, db);
  });
}

Variable operator*(const Variable& a, const Variable& b) {
  require_equal_shapes("multiply", a, b);
  const Tensor y(a.stream(), a.shape());
  kernels::multiply(a.stream(), a.value(), b.value(), y);
  return record("multiply", {a, b}, y, [a, b](Gradients& grad, const Tensor& dy) {
    if (const Tensor da = grad.of(a)) kernels::multiply(grad.stream(), dy, b.value(), da);
    if (const Tensor db = grad.of(b)) kernels::multiply(grad.stream(), dy, a.value(), db);
  });
}

Variable scale_shift(const Variable& x, double factor, double offset) {
  const Tensor y(x.stream(), x.shape());
  const auto scale = static_cast<float>(factor);
  kernels::scale_shift(x.stream(), scale, static_cast<float>(offset), x.value(), y);
  return record("scale_shift", {x}, y, [x, scale](Gradients& grad, const Tensor& dy) {
    if (const Tensor dx = grad.of(x)) kernels::scale_shift(grad.stream(), scale, 0, dy, dx);
  });
}

Variable reshape(const Variable& x, const Shape& shape) {
  const Tensor y = x.value().reshape(shape);
  return record("reshape", {x}, y, [x](Gradients& grad, const Tensor& dy) { grad.pass(x, dy); });
}

Variable sum(const Variable& x) {
  return scaled_sum(x, 1);
}

Variable mean(const Variable& x) {
  return scaled_sum(x, 1 / static_cast<float>(x.shape().elements()));
}

}  // namespace ravine
