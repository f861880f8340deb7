#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/layers/batch_norm.h>

namespace ravine {

Variable batch_norm(const Variable& x, const Variable& gamma, const Variable& beta,
                    const Tensor& moving_mean, const Tensor& moving_variance, double epsilon,
                    double momentum, bool training) {
  Stream& stream = x.stream();
  const Tensor y(stream, x.shape());
  const kernels::BatchNormTensors tensors{gamma.value(), beta.value(), moving_mean,
                                          moving_variance};
  const auto eps = static_cast<float>(epsilon);
  if (!training) {
    kernels::batch_norm_inference(stream, eps, x.value(), tensors, y);
    return record("batch_norm", {x, gamma, beta}, y,
                  [x, gamma, beta, tensors, eps](Gradients& grad, const Tensor& dy) {
                    const Tensor dx = grad.of(x), dgamma = grad.of(gamma), dbeta = grad.of(beta);
                    kernels::batch_norm_inference_backward(grad.stream(), eps, dy, x.value(),
                                                           tensors, dx, dgamma, dbeta);
                  });
  }
  const Shape channels{x.shape().back()};
  const Tensor batch_mean(stream, channels), inverse_deviation(stream, channels);
  kernels::batch_norm_forward(stream, eps, static_cast<float>(momentum), x.value(), tensors, y,
                              batch_mean, inverse_deviation);
  return record("batch_norm", {x, gamma, beta}, y,
                [x, gamma, beta, batch_mean, inverse_deviation](Gradients& grad, const Tensor& dy) {
                  const Tensor dx = grad.of(x), dgamma = grad.of(gamma), dbeta = grad.of(beta);
                  kernels::batch_norm_backward(grad.stream(), dy, x.value(), gamma.value(),
                                               batch_mean, inverse_deviation, dx, dgamma, dbeta);
                });
}

Variable BatchNormalization::operator()(Scope& scope, const Variable& x) const {
  const auto named = scope.layer(kind_name, name);
  if (x.shape().rank() < 2) {
    throw Error(
        fmt::format("batch_normalization '{}': x {} must be [...,C]", name, x.shape().str()));
  }
  const Shape channels{x.shape().back()};
  const Variable gamma =
      scale ? scope.parameter("gamma", channels,
                              {.initializer = gamma_initializer, .trainable = trainable})
            : Variable();
  const Variable beta =
      center ? scope.parameter("beta", channels,
                               {.initializer = beta_initializer, .trainable = trainable})
             : Variable();
  const Tensor moving_mean = scope.state("moving_mean", channels, moving_mean_initializer);
  const Tensor moving_variance =
      scope.state("moving_variance", channels, moving_variance_initializer);
  return batch_norm(x, gamma, beta, moving_mean, moving_variance, epsilon, momentum,
                    scope.training() && trainable);
}

}  // namespace ravine
