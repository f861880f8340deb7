#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/optim/schedule.h>

namespace ravine {
namespace {

double fraction(std::int64_t step, std::int64_t steps) {
  return static_cast<double>(step) / static_cast<double>(std::max<std::int64_t>(steps, 1));
}

/// From `from` to `to` along half a cosine, at 0 ≤ t ≤ 1.
double half_cosine(double from, double to, double t) {
  return to + (from - to) * (1 + std::cos(std::numbers::pi * std::clamp(t, 0.0, 1.0))) / 2;
}

}  // namespace

double ExponentialDecay::operator()(std::int64_t step) const {
  const double t = fraction(step, steps);
  return rate * std::pow(decay, staircase ? std::floor(t) : t);
}

double CosineDecay::operator()(std::int64_t step) const {
  if (step < warmup) return warmup_from + (rate - warmup_from) * fraction(step, warmup);
  return half_cosine(rate, end, fraction(step - warmup, steps));
}

double PiecewiseConstant::operator()(std::int64_t step) const {
  if (rates.size() != boundaries.size() + 1) {
    throw Error(fmt::format("PiecewiseConstant: {} rates for {} boundaries; one more is needed",
                            rates.size(), boundaries.size()));
  }
  std::size_t i = 0;
  while (i < boundaries.size() && step > boundaries[i]) ++i;
  return rates[i];
}

double OneCycle::operator()(std::int64_t step) const {
  const double peak = rise * static_cast<double>(steps) - 1;
  const auto at = static_cast<double>(step);
  if (at < peak) return half_cosine(max_rate / start_divisor, max_rate, at / peak);
  if (at == peak) return max_rate;  // the way up or down may have no steps at all
  const double last = static_cast<double>(steps) - 1;
  return half_cosine(max_rate, max_rate / end_divisor, (at - peak) / (last - peak));
}

double CyclicalTriangle::operator()(std::int64_t step) const {
  const std::int64_t half = std::max<std::int64_t>(half_cycle, 1);
  const std::int64_t place = step % (2 * half);
  return base_rate + (max_rate - base_rate) * fraction(half - std::abs(place - half), half);
}

}  // namespace ravine
