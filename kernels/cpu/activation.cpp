#include <ravine/kernels/activation.h>
#include <ravine/kernels/cpu/loops.h>
#include <ravine/kernels/cpu/vector_math.h>

namespace ravine::kernels::cpu {
namespace {

constexpr float sqrt_2_by_pi = 0.797884561f;
constexpr float inverse_sqrt_2_pi = 0.398942280f;
constexpr float gelu_cubic = 0.044715f;

/// Φ as gelu_tanh has it, and with it x·Φ: ½(1 + tanh u) is sigmoid(2u), which keeps its left tail.
RAVINE_INLINE inline float tanh_cdf(float x) {
  return math::sigmoid(2 * sqrt_2_by_pi * x * (1 + gelu_cubic * x * x));
}

template <class Function>
void map(std::int64_t grain, const Tensor& x, const Tensor& y, const Function& f) {
  for_each_element(y.elements(), grain,
                   [f, x = x.data(), y = y.data()](std::int64_t i)
                       RAVINE_INLINE { y[i] = f(x[i]); });
}

template <class Function>
void map(std::int64_t grain, const Tensor& dy, const Tensor& saved, const Tensor& dx,
         const Function& f) {
  for_each_element(dx.elements(), grain,
                   [f, dy = dy.data(), saved = saved.data(), dx = dx.data()](std::int64_t i)
                       RAVINE_INLINE { dx[i] = f(dy[i], saved[i]); });
}

}  // namespace

void activation_forward(Stream&, ActivationKind kind, float slope, const Tensor& x,
                        const Tensor& y) {
  switch (kind) {
    case ActivationKind::linear:
      return map(light_grain, x, y, [](float v) RAVINE_INLINE { return v; });
    case ActivationKind::relu:
      return map(light_grain, x, y, [](float v) RAVINE_INLINE { return v < 0 ? 0 : v; });
    case ActivationKind::leaky_relu:
      return map(light_grain, x, y, [slope](float v) RAVINE_INLINE {
        const float below = slope * v;
        return v < 0 ? below : v;
      });
    case ActivationKind::elu:
      return map(heavy_grain, x, y, [slope](float v) RAVINE_INLINE {
        const float below = slope * math::expm1(v);
        return v < 0 ? below : v;
      });
    case ActivationKind::sigmoid:
      return map(heavy_grain, x, y, [](float v) RAVINE_INLINE { return math::sigmoid(v); });
    case ActivationKind::tanh:
      return map(heavy_grain, x, y, [](float v) RAVINE_INLINE { return math::tanh(v); });
    case ActivationKind::gelu:
      return map(heavy_grain, x, y, [](float v) RAVINE_INLINE { return v * math::normal_cdf(v); });
    case ActivationKind::gelu_tanh:
      return map(heavy_grain, x, y, [](float v) RAVINE_INLINE { return v * tanh_cdf(v); });
  }
}

void activation_backward(Stream&, ActivationKind kind, float slope, const Tensor& dy,
                         const Tensor& saved, const Tensor& dx) {
  switch (kind) {
    case ActivationKind::linear:
      return map(light_grain, dy, dx, [](float d) RAVINE_INLINE { return d; });
    case ActivationKind::relu:
      return map(light_grain, dy, saved, dx,
                 [](float d, float y) RAVINE_INLINE { return y <= 0 ? 0 : d; });
    case ActivationKind::leaky_relu:
      return map(light_grain, dy, saved, dx, [slope](float d, float x) RAVINE_INLINE {
        const float below = slope * d;
        return x < 0 ? below : d;
      });
    case ActivationKind::elu:
      return map(heavy_grain, dy, saved, dx, [slope](float d, float x) RAVINE_INLINE {
        const float below = d * slope * math::exp(x);
        return x < 0 ? below : d;
      });
    case ActivationKind::sigmoid:
      return map(light_grain, dy, saved, dx,
                 [](float d, float y) RAVINE_INLINE { return d * y * (1 - y); });
    case ActivationKind::tanh:
      return map(light_grain, dy, saved, dx,
                 [](float d, float y) RAVINE_INLINE { return d * (1 - y) * (1 + y); });
    case ActivationKind::gelu:
      return map(heavy_grain, dy, saved, dx, [](float d, float x) RAVINE_INLINE {
        const float density = inverse_sqrt_2_pi * math::exp(-0.5f * x * x);
        return d * (math::normal_cdf(x) + x * density);
      });
    case ActivationKind::gelu_tanh:
      return map(heavy_grain, dy, saved, dx, [](float d, float x) RAVINE_INLINE {
        const float cdf = tanh_cdf(x);
        const float slope_of_u = 2 * sqrt_2_by_pi * (1 + 3 * gelu_cubic * x * x);
        return d * (cdf + x * cdf * (1 - cdf) * slope_of_u);
      });
  }
}

}  // namespace ravine::kernels::cpu
