#pragma once

#include <ravine/core/kernel.h>

namespace ravine::kernels {

// All update a part of the flat parameter range in place. rate [ ] and step i64 [ ] (1 in the first
// step) are read from device memory; p, g and the moments have equal shapes.

/// SGD: p −= rate·g; with momentum v = μv − rate·g, p += v; Nesterov p += μv − rate·g (new v).
///
/// `velocity` is empty when momentum is 0. As Keras.
struct SgdConstants {
  float momentum;
  bool nesterov;
  float weight_decay;  // p −= rate·decay·p first
};
using SgdStep = void(Stream&, const SgdConstants&, const Tensor& rate, const Tensor& g,
                     const Tensor& p, const Tensor& velocity);
RAVINE_KERNEL(SgdStep, sgd_step);

/// Adam: m += (g−m)(1−β₁), v += (g²−v)(1−β₂), then p −= …; 1−βᵗ as −expm1(t·ln β), β as a float.
///
/// Keras's form (epsilon_hat): rate·√(1−β₂ᵗ)/(1−β₁ᵗ) · m/(√v + ε). PyTorch's form: rate/(1−β₁ᵗ) ·
/// m/(√v/√(1−β₂ᵗ) + ε). Decoupled weight decay (AdamW) p −= rate·decay·p comes first.
/// Source  Kingma & Ba 2014, arXiv:1412.6980; Loshchilov & Hutter 2017, arXiv:1711.05101.
struct AdamConstants {
  float one_minus_beta_1, one_minus_beta_2;  // float(1 − β), β in double
  double log_beta_1, log_beta_2;             // ln of the float β, in double
  float epsilon;
  bool epsilon_hat;
  float weight_decay;
};
using AdamStep = void(Stream&, const AdamConstants&, const Tensor& rate, const Tensor& step,
                      const Tensor& g, const Tensor& p, const Tensor& m, const Tensor& v);
RAVINE_KERNEL(AdamStep, adam_step);

/// RMSprop: v = ρv + (1−ρ)g², centred also a = ρa + (1−ρ)g; u = rate·g/√(v − a² + ε), as Keras;
/// p −= u, or with momentum b = μb + u, p −= b.
///
/// `mean` is empty unless centred, `momentum` empty when μ is 0.
struct RmsPropConstants {
  float rho, one_minus_rho, momentum, epsilon;
  float weight_decay;
};
using RmsPropStep = void(Stream&, const RmsPropConstants&, const Tensor& rate, const Tensor& g,
                         const Tensor& p, const Tensor& v, const Tensor& mean,
                         const Tensor& momentum);
RAVINE_KERNEL(RmsPropStep, rmsprop_step);

/// g = min(max(g, −limit), limit), in place; NaN stays NaN.
using ClipByValue = void(Stream&, float limit, const Tensor& g);
RAVINE_KERNEL(ClipByValue, clip_by_value);

/// g ·= limit/max(limit, √sum_of_squares), in place; sum_of_squares [ ] as `sum_squares` gives it.
using ClipByNorm = void(Stream&, float limit, const Tensor& sum_of_squares, const Tensor& g);
RAVINE_KERNEL(ClipByNorm, clip_by_norm);

}  // namespace ravine::kernels
