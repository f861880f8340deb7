#include <ravine/core/error.h>
#include <ravine/kernels/softmax.h>
#include <ravine/layers/activation.h>

namespace ravine {
namespace {

Variable apply_softmax(const Variable& x) {
  const Tensor y(x.stream(), x.shape());
  kernels::softmax_forward(x.stream(), x.value(), y);
  return record("softmax", {x}, y, [x, y](Gradients& grad, const Tensor& dy) {
    if (const Tensor dx = grad.of(x)) kernels::softmax_backward(grad.stream(), dy, y, dx);
  });
}

}  // namespace

Variable Activation::operator()(const Variable& x) const {
  if (is_softmax) return apply_softmax(x);
  if (kind == Kind::linear) return x;
  const Tensor y(x.stream(), x.shape());
  kernels::activation_forward(x.stream(), kind, slope, x.value(), y);
  const Tensor saved = kernels::saves_input(kind) ? x.value() : y;
  const char* operation = kind == Kind::sigmoid ? "sigmoid" : "activation";
  return record(operation, {x}, y,
                [kind = kind, slope = slope, x, saved](Gradients& grad, const Tensor& dy) {
                  if (const Tensor dx = grad.of(x)) {
                    kernels::activation_backward(grad.stream(), kind, slope, dy, saved, dx);
                  }
                });
}

Variable Activation::operator()(Scope& scope, const Variable& x) const {
  return ActivationLayer{*this}(scope, x);
}

Variable ActivationLayer::operator()(Scope& scope, const Variable& x) const {
  const auto named = scope.layer(kind_name, name);
  return activation(x);
}

Variable ReLU::operator()(Scope& scope, const Variable& x) const {
  const auto named = scope.layer(kind_name, name);
  return relu(x);
}

Variable LeakyReLU::operator()(Scope& scope, const Variable& x) const {
  const auto named = scope.layer(kind_name, name);
  return Activation{Activation::Kind::leaky_relu, static_cast<float>(negative_slope)}(x);
}

Variable ELU::operator()(Scope& scope, const Variable& x) const {
  const auto named = scope.layer(kind_name, name);
  return Activation{Activation::Kind::elu, static_cast<float>(alpha)}(x);
}

Variable Softmax::operator()(Scope& scope, const Variable& x) const {
  const auto named = scope.layer(kind_name, name);
  return softmax(x);
}

}  // namespace ravine
