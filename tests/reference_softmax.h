#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

/// The operations of kernels/softmax.h as plain loops in double: what they shall compute.
namespace ravine::test::reference {

using Doubles = std::vector<double>;

struct LossAndGradient {
  double loss;
  Doubles dx;
};

inline Doubles softmax(const Doubles& x, std::size_t classes) {
  Doubles y(x.size());
  for (std::size_t start = 0; start < x.size(); start += classes) {
    double most = x[start];
    for (std::size_t c = 0; c < classes; ++c) most = std::max(most, x[start + c]);
    double sum = 0;
    for (std::size_t c = 0; c < classes; ++c) sum += y[start + c] = std::exp(x[start + c] - most);
    for (std::size_t c = 0; c < classes; ++c) y[start + c] /= sum;
  }
  return y;
}

inline Doubles softmax_backward(const Doubles& dy, const Doubles& y, std::size_t classes) {
  Doubles dx(y.size());
  for (std::size_t start = 0; start < y.size(); start += classes) {
    double product = 0;
    for (std::size_t c = 0; c < classes; ++c) product += dy[start + c] * y[start + c];
    for (std::size_t c = 0; c < classes; ++c) {
      dx[start + c] = y[start + c] * (dy[start + c] - product);
    }
  }
  return dx;
}

/// 1/N Σ_n weight[n] Σ_c t[n,c] (ln Σ exp x[n,·] − x[n,c]); an empty weight is 1.
inline LossAndGradient softmax_cross_entropy_dense(const Doubles& x, const Doubles& targets,
                                                   const Doubles& weight, std::size_t classes) {
  const std::size_t rows = x.size() / classes;
  const Doubles p = softmax(x, classes);
  LossAndGradient result{0, Doubles(x.size())};
  for (std::size_t n = 0; n < rows; ++n) {
    const double share = (weight.empty() ? 1 : weight[n]) / static_cast<double>(rows);
    const auto begin = x.begin() + static_cast<std::ptrdiff_t>(n * classes);
    const double most = *std::max_element(begin, begin + static_cast<std::ptrdiff_t>(classes));
    double sum = 0, total = 0;
    for (std::size_t c = 0; c < classes; ++c) {
      sum += std::exp(x[n * classes + c] - most);
      total += targets[n * classes + c];
    }
    for (std::size_t c = 0; c < classes; ++c) {
      const std::size_t i = n * classes + c;
      if (targets[i] != 0) result.loss += share * targets[i] * (std::log(sum) + most - x[i]);
      result.dx[i] = share * (p[i] * total - targets[i]);
    }
  }
  return result;
}

inline LossAndGradient softmax_cross_entropy(const Doubles& x,
                                             const std::vector<std::int32_t>& labels,
                                             const Doubles& weight, std::size_t classes) {
  Doubles targets(x.size());
  for (std::size_t n = 0; n < labels.size(); ++n) {
    targets[n * classes + static_cast<std::size_t>(labels[n])] = 1;
  }
  return softmax_cross_entropy_dense(x, targets, weight, classes);
}

}  // namespace ravine::test::reference
