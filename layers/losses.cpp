#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/kernels/elementwise.h>
#include <ravine/kernels/softmax.h>
#include <ravine/layers/losses.h>

namespace ravine {
namespace {

void require_weight(const char* operation, const Variable& x, const Tensor& weight) {
  if (weight && weight.shape() != Shape{x.shape()[0]}) {
    throw Error(fmt::format("{}: weight {} must be [{}], one a sample", operation,
                            weight.shape().str(), x.shape()[0]));
  }
}

/// The kernels give ∂loss/∂x with the loss; what comes from behind is its factor.
Variable record_loss(const char* operation, const Variable& x, const Tensor& loss,
                     const Tensor& slope) {
  return record(operation, {x}, loss, [x, slope](Gradients& grad, const Tensor& dy) {
    if (const Tensor dx = grad.of(x)) kernels::scale_by(grad.stream(), dy, slope, dx);
  });
}

}  // namespace

Variable softmax_cross_entropy(const Variable& x, const Tensor& labels, const Tensor& weight) {
  const Shape& shape = x.shape();
  const bool sparse = labels.dtype() == DType::i32;
  if (shape.rank() != 2 || (sparse ? labels.shape() != Shape{shape[0]} : labels.shape() != shape)) {
    throw Error(
        fmt::format("softmax_cross_entropy: x {} needs labels [N] or targets [N,C], not {} {}",
                    shape.str(), to_string(labels.dtype()), labels.shape().str()));
  }
  require_weight("softmax_cross_entropy", x, weight);
  Stream& stream = x.stream();
  const Tensor loss(stream, {});
  const Tensor slope = x.needs_gradient() ? Tensor(stream, shape) : Tensor();
  const auto& kernel =
      sparse ? kernels::softmax_cross_entropy : kernels::softmax_cross_entropy_dense;
  kernel(stream, x.value(), labels, weight, loss, slope);
  return record_loss("softmax_cross_entropy", x, loss, slope);
}

Variable element_loss(const Variable& x, const Tensor& targets, const Tensor& weight,
                      kernels::LossKind kind, double delta) {
  if (x.shape().rank() < 1 || targets.shape() != x.shape()) {
    throw Error(fmt::format("loss: outputs {} and targets {} differ", x.shape().str(),
                            targets.shape().str()));
  }
  require_weight("loss", x, weight);
  Stream& stream = x.stream();
  const Tensor loss(stream, {});
  const Tensor slope = x.needs_gradient() ? Tensor(stream, x.shape()) : Tensor();
  kernels::element_loss(stream, kind, static_cast<float>(delta), x.value(), targets, weight, loss,
                        slope);
  return record_loss("element_loss", x, loss, slope);
}

}  // namespace ravine
