#include <algorithm>
#include <cmath>
#include <vector>

#include <ravine/finder/formulas.h>

namespace ravine::formulas {
namespace {

Index index_of_least(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  return static_cast<std::size_t>(std::min_element(values.begin(), values.end()) - values.begin());
}

// numpy.gradient with unit spacing: one-sided at the ends.
std::vector<double> gradient(std::span<const double> y) {
  const std::size_t n = y.size();
  if (n < 2) return {};
  std::vector<double> g(n);
  g[0] = y[1] - y[0];
  g[n - 1] = y[n - 1] - y[n - 2];
  for (std::size_t i = 1; i + 1 < n; ++i) g[i] = (y[i + 1] - y[i - 1]) / 2;
  return g;
}

}  // namespace

Index valley(std::span<const double> smoothed) {
  if (smoothed.empty()) return std::nullopt;
  // tails[l]: the negated largest last value of a decreasing subsequence of length l + 1.
  std::vector<double> tails{-smoothed[0]};
  std::ptrdiff_t end = 0, start = 0;
  for (std::size_t i = 1; i < smoothed.size(); ++i) {
    const auto tail = std::lower_bound(tails.begin(), tails.end(), -smoothed[i]);
    if (tail != tails.end()) {
      *tail = -smoothed[i];
      continue;
    }
    tails.push_back(-smoothed[i]);
    end = static_cast<std::ptrdiff_t>(i);
    start = end - static_cast<std::ptrdiff_t>(tails.size());
  }
  const double third = static_cast<double>(end - start) / 3;
  const auto index =
      start + static_cast<std::ptrdiff_t>(third) + static_cast<std::ptrdiff_t>(third / 2);
  if (index < 0) return std::nullopt;  // the original reads the last rate of all
  return static_cast<std::size_t>(index);
}

Index slide(std::span<const double> smoothed) {
  constexpr std::size_t distance = 15;
  const std::size_t n = smoothed.size();
  if (n < distance + 1) return std::nullopt;
  const std::vector<double> g = gradient(smoothed);
  std::size_t right = n - 1;
  std::size_t chosen = right - distance;
  for (; right >= distance && std::abs(g[right] - g[right - distance]) > 0.005; --right) {
    chosen = right - distance;
  }
  return chosen;
}

Index minimum(std::span<const double> smoothed) {
  return index_of_least({smoothed.begin(), smoothed.end()});
}

Index steep(std::span<const double> lr, std::span<const double> smoothed) {
  std::vector<double> slopes;
  for (std::size_t i = 0; i + 1 < smoothed.size(); ++i) {
    slopes.push_back((smoothed[i + 1] - smoothed[i]) / (std::log(lr[i + 1]) - std::log(lr[i])));
  }
  return index_of_least(slopes);
}

Index steepest(std::span<const double> smoothed) {
  return index_of_least(gradient(smoothed));
}

Index lightning(std::span<const double> lr, std::span<const double> smoothed) {
  const std::size_t n = smoothed.size();
  if (n < 2) return std::nullopt;
  std::vector<double> slopes(n);
  const auto chord = [&](std::size_t i) {
    return (smoothed[i + 1] - smoothed[i]) / (lr[i + 1] - lr[i]);
  };
  slopes[0] = chord(0);
  slopes[n - 1] = chord(n - 2);
  for (std::size_t i = 1; i + 1 < n; ++i) {
    const double before = lr[i] - lr[i - 1];
    const double after = lr[i + 1] - lr[i];
    slopes[i] = (after * chord(i - 1) + before * chord(i)) / (before + after);
  }
  return index_of_least(slopes);
}

}  // namespace ravine::formulas
