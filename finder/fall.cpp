#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <ravine/finder/fall.h>
#include <ravine/finder/numbers_internal.h>
#include <ravine/finder/zero_lag.h>

namespace ravine {
namespace {

constexpr std::size_t fewest_points = 10;
constexpr double standard_errors = 5;
// Averaged losses hide their noise: five standard errors of the difference of two of them, with the
// spread about a much smoother curve in place of the noise.
constexpr double spreads = 7;
// Losses come as float32: smaller differences are its rounding.
constexpr double float_resolution = 1e-6;

struct Curve {
  std::vector<std::size_t> index;  // into the sweep's points, finite ones only
  std::vector<double> lr;
  std::vector<double> loss;
};

Curve finite_curve(std::span<const SweepPoint> points, double SweepPoint::*column) {
  Curve curve;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!std::isfinite(points[i].*column)) continue;
    curve.index.push_back(i);
    curve.lr.push_back(points[i].lr);
    curve.loss.push_back(points[i].*column);
  }
  return curve;
}

}  // namespace

Fall measure_fall(std::span<const SweepPoint> points) {
  Fall fall;
  fall.curve.assign(points.size(), SweepPoint::not_recorded);
  Curve data = finite_curve(points, &SweepPoint::loss);
  const bool raw = !data.index.empty();
  if (!raw) data = finite_curve(points, &SweepPoint::smoothed);
  const std::size_t n = data.index.size();
  if (n < fewest_points) {
    fall.why_not = fmt::format("the sweep has {} finite loss{}, and a suggestion needs {}", n,
                               n == 1 ? "" : "es", fewest_points);
    return fall;
  }

  const std::vector<double> curve = raw ? zero_lag(data.lr, data.loss) : data.loss;
  for (std::size_t k = 0; k < n; ++k) fall.curve[data.index[k]] = curve[k];
  const std::size_t head = first_tenth(data.lr);
  const double ceiling = loss_ceiling(data.lr, data.loss);
  for (std::size_t k = 0; k < head; ++k) fall.start += std::min(data.loss[k], ceiling);
  fall.start /= static_cast<double>(head);
  const auto lowest =
      static_cast<std::size_t>(std::min_element(curve.begin(), curve.end()) - curve.begin());
  fall.lowest = curve[lowest];
  fall.index = data.index[lowest];
  std::size_t onset = lowest;
  while (onset > 0 && curve[onset] < fall.start - 0.05 * fall.drop()) --onset;
  fall.onset = data.index[onset];

  if (raw) {
    fall.noise = residual_noise(data.lr, data.loss, curve);
    const double variance = zero_lag_variance(data.lr, lowest) + 1 / static_cast<double>(head);
    fall.least = standard_errors * fall.noise * std::sqrt(variance);
  } else {
    fall.noise = residual_noise(data.lr, data.loss, zero_lag(data.lr, data.loss, 0.25));
    fall.least = spreads * fall.noise;
  }
  fall.least = std::max(fall.least, float_resolution * std::abs(fall.start));
  if (lowest < head) {
    fall.verdict = Fall::Verdict::lowest_at_start;
    fall.why_not = fmt::format(
        "the loss never falls below where it starts: it is lowest, {}, at lr {}, among the first "
        "{} points",
        rounded(fall.lowest, 4), rate_text(data.lr[lowest]), head);
  } else if (!(fall.drop() > fall.least)) {
    fall.verdict = Fall::Verdict::within_noise;
    fall.why_not = fmt::format(
        "the loss falls by {} from {}, and a fall of up to {} may be nothing but the noise of "
        "its batches",
        rounded(fall.drop(), 3), rounded(fall.start, 4), rounded(fall.least, 2));
  } else {
    fall.verdict = Fall::Verdict::falls;
  }
  return fall;
}

}  // namespace ravine
