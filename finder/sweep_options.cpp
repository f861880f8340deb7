#include <cmath>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/finder/numbers_internal.h>
#include <ravine/finder/rules.h>
#include <ravine/finder/sweep_options.h>

namespace ravine {
namespace {

constexpr int most_steps = 1'000'000;

void check_rate(const char* name, double value) {
  if (!(value >= smallest_rate && value <= largest_rate)) {
    throw Error(fmt::format("sweep: {} is {}, and must be a rate between {} and {}", name,
                            shortest(value), shortest(smallest_rate), shortest(largest_rate)));
  }
}

bool multiple_of_lowest_loss(const Smoothing& smoothing) {
  return smoothing.kind() == Smoothing::Kind::keras || smoothing.kind() == Smoothing::Kind::fastai;
}

}  // namespace

const char* to_string(SweepMode mode) {
  return mode == SweepMode::exponential ? "exponential" : "linear";
}

double SweepOptions::resolved_stop_factor() const {
  return stop_factor.value_or(multiple_of_lowest_loss(smoothing) ? 4.0 : 2.0);
}

void check(const SweepOptions& options) {
  check_rate("min_lr", options.min_lr);
  check_rate("max_lr", options.max_lr);
  if (options.min_lr >= options.max_lr) {
    throw Error(fmt::format("sweep: min_lr {} must be below max_lr {}", shortest(options.min_lr),
                            shortest(options.max_lr)));
  }
  if (options.steps < 1 || options.steps > most_steps) {
    throw Error(
        fmt::format("sweep: steps is {}, and must be between 1 and {}", options.steps, most_steps));
  }
  const double factor = options.resolved_stop_factor();
  const double least = multiple_of_lowest_loss(options.smoothing) ? 1 : 0;
  if (!(factor > least && std::isfinite(factor))) {
    throw Error(fmt::format("sweep: stop_factor is {}, and must be above {} with {} smoothing",
                            shortest(factor), least, options.smoothing.name()));
  }
  check_rule(options.rule);
}

double rate_at(const SweepOptions& options, int k) {
  const double share = static_cast<double>(k) / options.steps;
  if (options.mode == SweepMode::even) {
    return options.min_lr + (options.max_lr - options.min_lr) * share;
  }
  return options.min_lr * std::pow(options.max_lr / options.min_lr, share);
}

}  // namespace ravine
