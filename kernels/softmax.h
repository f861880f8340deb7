#pragma once

#include <ravine/core/kernel.h>

namespace ravine::kernels {

/// y[n,c] = exp(x[n,c] − max_c) / Σ_c.   Shapes  x, y [...,C].   y may be x. Writes all of y.
using SoftmaxForward = void(Stream&, const Tensor& x, const Tensor& y);
RAVINE_KERNEL(SoftmaxForward, softmax_forward);

/// dx = y · (dy − Σ_c dy·y). dx may be dy. Overwrites dx.
using SoftmaxBackward = void(Stream&, const Tensor& dy, const Tensor& y, const Tensor& dx);
RAVINE_KERNEL(SoftmaxBackward, softmax_backward);

/// loss = 1/N Σ_n weight[n] · (ln Σ_c exp x[n,c] − x[n, labels[n]]), and dx = ∂loss/∂x, in one
/// pass.
///
/// Shapes  x, dx [N,C]   labels i32 [N]   weight [N] or empty   loss [ ].   A label outside [0,C)
/// gives NaN. Writes loss, and all of dx unless it is empty. Fixed order of sums.
using SoftmaxCrossEntropy = void(Stream&, const Tensor& x, const Tensor& labels,
                                 const Tensor& weight, const Tensor& loss, const Tensor& dx);
RAVINE_KERNEL(SoftmaxCrossEntropy, softmax_cross_entropy);

/// The same for targets t [N,C]: 1/N Σ_n weight[n] · Σ_c t[n,c] · (ln Σ exp x[n,·] − x[n,c]).
using SoftmaxCrossEntropyDense = void(Stream&, const Tensor& x, const Tensor& targets,
                                      const Tensor& weight, const Tensor& loss, const Tensor& dx);
RAVINE_KERNEL(SoftmaxCrossEntropyDense, softmax_cross_entropy_dense);

}  // namespace ravine::kernels
