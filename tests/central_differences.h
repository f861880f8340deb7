#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

namespace ravine::test {

/// Σ a·b: with a = dy and b = y(x) the function whose gradient a backward pass computes.
inline double dot(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// Fails when `gradient` is not ∂function/∂x, by central differences in double.
///
/// The difference of a smooth function is right to about 1e-9 of the function's size.
template <class Function>
void check_gradient(std::vector<double> x, const std::vector<double>& gradient,
                    const Function& function, double tolerance = 1e-7) {
  REQUIRE(x.size() == gradient.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double value = x[i], h = 1e-5 * std::max(1.0, std::abs(value));
    x[i] = value + h;
    const double above = function(x);
    x[i] = value - h;
    const double below = function(x);
    x[i] = value;
    const double difference = (above - below) / (2 * h);
    INFO("coordinate ", i, ": gradient ", gradient[i], ", difference quotient ", difference);
    CHECK(std::abs(gradient[i] - difference) <= tolerance * std::max(1.0, std::abs(difference)));
  }
}

}  // namespace ravine::test
