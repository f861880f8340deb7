#pragma once

#include <cstdint>

#include <ravine/core/kernel.h>

namespace ravine::kernels {

/// l(x, t) of one element; ε = 1e-7 as Keras, `delta` is huber's.
///
/// squared (x−t)² · absolute |x−t| · huber |e|≤δ ? e²/2 : δ(|e|−δ/2) ·
/// binary_logits max(x,0) − x·t + ln(1+e^−|x|) ·
/// binary −t·ln p − (1−t)·ln(1−p), p = clip(x, ε, 1−ε) ·
/// categorical −t·ln clip(x/Σx, ε, 1−ε) with Σ over the row, summed (not averaged) over it.
enum class LossKind : std::uint8_t { squared, absolute, huber, binary_logits, binary, categorical };

/// loss = 1/N Σ_n weight[n] · mean_d l(x[n,d], t[n,d]), and dx = ∂loss/∂x, in one pass.
///
/// Shapes  x, targets, dx [N,...]   weight [N] or empty   loss [ ].
/// Writes  loss, and all of dx unless it is empty. Fixed order of sums.
using ElementLoss = void(Stream&, LossKind, float delta, const Tensor& x, const Tensor& targets,
                         const Tensor& weight, const Tensor& loss, const Tensor& dx);
RAVINE_KERNEL(ElementLoss, element_loss);

/// targets[n,c] = c == labels[n].   Shapes  labels i32 [N]   targets [N,C].   C = 1: the label.
using OneHot = void(Stream&, const Tensor& labels, const Tensor& targets);
RAVINE_KERNEL(OneHot, one_hot);

}  // namespace ravine::kernels
