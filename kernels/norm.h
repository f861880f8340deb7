#pragma once

#include <ravine/core/kernel.h>

namespace ravine::kernels {

/// Batch normalisation over all axes but the last, with the batch's own statistics.
///
/// y = gamma·(x − mean)·inverse_deviation + beta, inverse_deviation = 1/√(variance + epsilon), the
/// variance without Bessel's correction; moving = momentum·moving + (1−momentum)·batch, as Keras.
/// Shapes  x, y [...,C], all others [C]; gamma and beta may be empty (1 and 0).
/// Writes  y, mean, inverse_deviation, and both moving statistics. Fixed order of sums.
/// Source  Ioffe & Szegedy 2015, arXiv:1502.03167.
struct BatchNormTensors {
  Tensor gamma, beta, moving_mean, moving_variance;
};
using BatchNormForward = void(Stream&, float epsilon, float momentum, const Tensor& x,
                              const BatchNormTensors&, const Tensor& y, const Tensor& mean,
                              const Tensor& inverse_deviation);
RAVINE_KERNEL(BatchNormForward, batch_norm_forward);

/// The same with the moving statistics in place of the batch's. Writes y alone.
using BatchNormInference = void(Stream&, float epsilon, const Tensor& x, const BatchNormTensors&,
                                const Tensor& y);
RAVINE_KERNEL(BatchNormInference, batch_norm_inference);

/// dx, dgamma, dbeta of the training-mode function; each may be empty. Overwrites them.
using BatchNormBackward = void(Stream&, const Tensor& dy, const Tensor& x, const Tensor& gamma,
                               const Tensor& mean, const Tensor& inverse_deviation,
                               const Tensor& dx, const Tensor& dgamma, const Tensor& dbeta);
RAVINE_KERNEL(BatchNormBackward, batch_norm_backward);

/// dx, dgamma, dbeta of the inference-mode function (a frozen layer); each may be empty.
using BatchNormInferenceBackward = void(Stream&, float epsilon, const Tensor& dy, const Tensor& x,
                                        const BatchNormTensors&, const Tensor& dx,
                                        const Tensor& dgamma, const Tensor& dbeta);
RAVINE_KERNEL(BatchNormInferenceBackward, batch_norm_inference_backward);

}  // namespace ravine::kernels
