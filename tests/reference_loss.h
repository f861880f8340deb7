#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <ravine/kernels/loss.h>

#include "reference_softmax.h"

/// The operations of kernels/loss.h as plain loops in double: what they shall compute.
namespace ravine::test::reference {

constexpr double clip_epsilon = 1e-7;

inline double clipped(double p) {
  return std::clamp(p, clip_epsilon, 1 - clip_epsilon);
}

/// 1 where clipping passes a gradient.
inline double passes(double p) {
  return p >= clip_epsilon && p <= 1 - clip_epsilon ? 1 : 0;
}

struct ElementResult {
  double loss, gradient;
};

inline ElementResult element(kernels::LossKind kind, double delta, double x, double t) {
  const double e = x - t, size = std::abs(e), sign = e > 0 ? 1 : e < 0 ? -1 : 0;
  const double p = clipped(x);
  switch (kind) {
    case kernels::LossKind::squared:
      return {e * e, 2 * e};
    case kernels::LossKind::absolute:
      return {size, sign};
    case kernels::LossKind::huber:
      if (size <= delta) return {e * e / 2, e};
      return {delta * (size - delta / 2), delta * sign};
    case kernels::LossKind::binary_logits:
      return {std::max(x, 0.0) - x * t + std::log1p(std::exp(-std::abs(x))),
              1 / (1 + std::exp(-x)) - t};
    case kernels::LossKind::binary:
      return {-t * std::log(p) - (1 - t) * std::log(1 - p),
              passes(x) * ((1 - t) / (1 - p) - t / p)};
    case kernels::LossKind::categorical:
      break;
  }
  return {0, 0};
}

/// 1/N Σ_n weight[n] · mean_d l(x[n,d], t[n,d]) with N = `samples`; an empty weight is 1.
inline LossAndGradient element_loss(kernels::LossKind kind, double delta, const Doubles& x,
                                    const Doubles& t, const Doubles& weight, std::size_t samples) {
  LossAndGradient result{0, Doubles(x.size())};
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t n = i / (x.size() / samples);
    const double share = (weight.empty() ? 1 : weight[n]) / static_cast<double>(x.size());
    const ElementResult one = element(kind, delta, x[i], t[i]);
    result.loss += share * one.loss;
    result.dx[i] = share * one.gradient;
  }
  return result;
}

/// The same for −t·ln clip(x/Σx), with Σ over rows of `classes`, summed over the row.
inline LossAndGradient categorical_loss(const Doubles& x, const Doubles& t, const Doubles& weight,
                                        std::size_t samples, std::size_t classes) {
  const std::size_t rows = x.size() / classes;
  LossAndGradient result{0, Doubles(x.size())};
  for (std::size_t row = 0; row < rows; ++row) {
    const double share =
        (weight.empty() ? 1 : weight[row / (rows / samples)]) / static_cast<double>(rows);
    double sum = 0, through_sum = 0;
    for (std::size_t c = 0; c < classes; ++c) sum += x[row * classes + c];
    for (std::size_t c = 0; c < classes; ++c) {
      const std::size_t i = row * classes + c;
      const double p = x[i] / sum;
      result.loss -= share * t[i] * std::log(clipped(p));
      result.dx[i] = passes(p) != 0 ? -t[i] / p : 0;
      through_sum += result.dx[i] * p;
    }
    for (std::size_t c = 0; c < classes; ++c) {
      const std::size_t i = row * classes + c;
      result.dx[i] = share * (result.dx[i] - through_sum) / sum;
    }
  }
  return result;
}

}  // namespace ravine::test::reference
