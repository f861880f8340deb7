#pragma once

#include <cstdint>

#include <ravine/core/kernel.h>

namespace ravine::kernels {

/// What an activation computes, elementwise; `slope` is the α of leaky_relu and elu.
///
/// relu max(x,0) · leaky_relu x<0 ? αx : x · elu x<0 ? α(eˣ−1) : x · sigmoid 1/(1+e⁻ˣ) · tanh ·
/// gelu x·Φ(x) (exact, by erf) · gelu_tanh x/2·(1+tanh(√(2/π)(x+0.044715x³))). NaN stays NaN.
enum class ActivationKind : std::uint8_t {
  linear,
  relu,
  leaky_relu,
  elu,
  sigmoid,
  tanh,
  gelu,
  gelu_tanh
};

/// The backward function takes the input of these kinds and the output of all others.
constexpr bool saves_input(ActivationKind kind) {
  return kind == ActivationKind::gelu || kind == ActivationKind::gelu_tanh ||
         kind == ActivationKind::leaky_relu || kind == ActivationKind::elu;
}

/// y = f(x). y may be x unless the kind saves its input. Writes all of y.
using ActivationForward = void(Stream&, ActivationKind, float slope, const Tensor& x,
                               const Tensor& y);
RAVINE_KERNEL(ActivationForward, activation_forward);

/// dx = dy · f′, from `saved` (see saves_input). dx may be dy. Overwrites dx.
using ActivationBackward = void(Stream&, ActivationKind, float slope, const Tensor& dy,
                                const Tensor& saved, const Tensor& dx);
RAVINE_KERNEL(ActivationBackward, activation_backward);

}  // namespace ravine::kernels
