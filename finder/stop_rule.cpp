#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include <ravine/finder/stop_rule.h>
#include <ravine/finder/zero_lag.h>

namespace ravine {
namespace {

// So many of the latest losses tell their noise: all of a usual sweep, and no quadratic cost in a
// long one.
constexpr std::size_t noise_window = 300;

// Losses come as float32: smaller differences are its rounding.
constexpr double float_resolution = 1e-6;

const SweepOptions& checked(const SweepOptions& options) {
  check(options);
  return options;
}

double recent_noise(std::span<const double> lr, std::span<const double> loss) {
  const std::size_t count = std::min(noise_window, loss.size());
  lr = lr.last(count);
  loss = loss.last(count);
  return residual_noise(lr, loss, zero_lag(lr, loss));
}

}  // namespace

const char* to_string(StopReason reason) {
  switch (reason) {
    case StopReason::reached_end:
      return "reached_end";
    case StopReason::diverged:
      return "diverged";
    case StopReason::non_finite:
      return "non_finite";
    case StopReason::data_ran_out:
      return "data_ran_out";
    case StopReason::interrupted:
      break;
  }
  return "interrupted";
}

StopRule::StopRule(const SweepOptions& options)
    : options_(checked(options)),
      average_(options.smoothing.kind(), options.smoothing.beta()),
      smoothed_(std::numeric_limits<double>::quiet_NaN()),
      lowest_(std::numeric_limits<double>::infinity()) {}

std::optional<StopReason> StopRule::observe(double loss, std::optional<double> gradient_norm) {
  if (!std::isfinite(loss) || (gradient_norm && !std::isfinite(*gradient_norm))) {
    return StopReason::non_finite;
  }
  lr_.push_back(rate_at(options_, static_cast<int>(lr_.size())));
  loss_.push_back(loss);
  smoothed_ = average_.observe(loss);
  if (diverged(loss)) return StopReason::diverged;
  if (static_cast<int>(loss_.size()) > options_.steps) return StopReason::reached_end;
  return std::nullopt;
}

bool StopRule::diverged(double loss) {
  const double factor = options_.resolved_stop_factor();
  if (options_.smoothing.kind() == Smoothing::Kind::keras) {
    lowest_ = std::min(lowest_, loss);
    return smoothed_ > factor * lowest_;
  }
  if (options_.smoothing.kind() == Smoothing::Kind::fastai) {
    lowest_ = std::min(lowest_, smoothed_);
    return smoothed_ > factor * lowest_;
  }

  // An average of fewer losses is too near a single one: a low first loss would end a flat sweep.
  const std::size_t head =
      std::clamp<std::size_t>(static_cast<std::size_t>(options_.steps) / 10, 3, 10);
  if (loss_.size() < head) return false;
  if (loss_.size() == head) start_ = smoothed_;
  lowest_ = std::min(lowest_, smoothed_);
  const double rise = smoothed_ - lowest_;
  const double resolution = float_resolution * std::abs(lowest_);
  if (!(rise > factor * std::max(std::abs(start_ - lowest_), resolution))) return false;
  return rise > factor * recent_noise(lr_, loss_);
}

}  // namespace ravine
