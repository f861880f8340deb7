#pragma once

#include <cmath>
#include <numbers>

#include <ravine/kernels/activation.h>

namespace ravine::test::reference {

/// ½·(1 + tanh u(x)) of gelu_tanh, as 1/(1+e^−2u): the sum would lose its left tail.
inline double gelu_tanh_cdf(double x) {
  const double u = std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x);
  return 1 / (1 + std::exp(-2 * u));
}

inline double activation(kernels::ActivationKind kind, double slope, double x) {
  using kernels::ActivationKind;
  switch (kind) {
    case ActivationKind::linear:
      return x;
    case ActivationKind::relu:
      return x < 0 ? 0 : x;
    case ActivationKind::leaky_relu:
      return x < 0 ? slope * x : x;
    case ActivationKind::elu:
      return x < 0 ? slope * std::expm1(x) : x;
    case ActivationKind::sigmoid:
      return 1 / (1 + std::exp(-x));
    case ActivationKind::tanh:
      return std::tanh(x);
    case ActivationKind::gelu:
      return x / 2 * std::erfc(-x / std::numbers::sqrt2);
    case ActivationKind::gelu_tanh:
      break;
  }
  return x * gelu_tanh_cdf(x);
}

/// f′(x), from the input whatever the kernel saves.
inline double activation_slope(kernels::ActivationKind kind, double slope, double x) {
  using kernels::ActivationKind;
  switch (kind) {
    case ActivationKind::linear:
      return 1;
    case ActivationKind::relu:
      return x > 0 ? 1 : 0;
    case ActivationKind::leaky_relu:
      return x < 0 ? slope : 1;
    case ActivationKind::elu:
      return x < 0 ? slope * std::exp(x) : 1;
    case ActivationKind::sigmoid: {
      const double y = activation(kind, slope, x);
      return y * (1 - y);
    }
    case ActivationKind::tanh: {
      const double y = std::tanh(x);
      return 1 - y * y;
    }
    case ActivationKind::gelu:
      return std::erfc(-x / std::numbers::sqrt2) / 2 +
             x * std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
    case ActivationKind::gelu_tanh:
      break;
  }
  const double cdf = gelu_tanh_cdf(x);
  const double du = std::sqrt(2 / std::numbers::pi) * (1 + 3 * 0.044715 * x * x);
  return cdf + x * cdf * (1 - cdf) * 2 * du;
}

}  // namespace ravine::test::reference
