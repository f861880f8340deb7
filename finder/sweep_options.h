#pragma once

#include <optional>
#include <string>

#include <ravine/finder/smoothing.h>

namespace ravine {

/// Rates that are multiplied or that rise by even steps. (`linear` is an activation.)
enum class SweepMode { exponential, even };

/// "exponential", "linear": the names in reports.
const char* to_string(SweepMode mode);

/// What a sweep does and how its curve is read.
struct SweepOptions {
  double min_lr = 1e-7;
  double max_lr = 10;
  int steps = 100;  ///< rates are stepped through `steps` times: steps + 1 points
  SweepMode mode = SweepMode::exponential;
  Smoothing smoothing = Smoothing::ravine();
  /// When the loss counts as diverged, see StopRule. Unset: 4 with the smoothing of Keras and
  /// fastai, whose multiple of the lowest loss it is, else 2.
  std::optional<double> stop_factor = {};
  std::string rule = "ravine";  ///< whose suggestion Sweep::suggestion() returns; see rule_names

  double resolved_stop_factor() const;
};

/// Rates are float32 on the device: these stay normal numbers there, with room for a product.
inline constexpr double smallest_rate = 1e-36;
inline constexpr double largest_rate = 1e36;

/// Throws  Error when a sweep with these options would be none, with the value in words.
void check(const SweepOptions& options);

/// The rate of step k, 0 ≤ k ≤ N: min_lr · (max_lr/min_lr)^(k/N) when exponential,
/// min_lr + (max_lr − min_lr) · k/N when linear.
double rate_at(const SweepOptions& options, int k);

}  // namespace ravine
