#pragma once

#include <optional>
#include <vector>

#include <ravine/finder/sweep_options.h>

namespace ravine {

enum class StopReason { reached_end, diverged, non_finite, data_ran_out, interrupted };

/// The reason as sweeps store it: "reached_end", "diverged", ….
const char* to_string(StopReason reason);

/// Decides after each step of a sweep whether it goes on.
///
/// Diverged: S > S_min + c · max(|S_0 − S_min|, σ), with c the stop factor, S the debiased average
/// of the losses so far, S_0 its value once the first tenth of the steps (3 to 10) is in, S_min its
/// least since then, and σ the noise of the latest 300 losses about their zero-lag curve. Right for
/// negative losses. With the smoothing of Keras: S > c · the lowest raw loss; of fastai: S > c ·
/// the lowest S.
class StopRule {
 public:
  /// Throws  Error when the options fail check().
  explicit StopRule(const SweepOptions& options);

  /// Takes in the loss of the next step, measured at rate_at(options, k), k = 0, 1, …, and the norm
  /// of its gradients where there is one. A value means stop: non_finite, diverged, or reached_end.
  std::optional<StopReason> observe(double loss,
                                    std::optional<double> gradient_norm = std::nullopt);

  /// The average after the last observed loss, for a progress bar; NaN before the first.
  double smoothed() const { return smoothed_; }

 private:
  bool diverged(double loss);

  SweepOptions options_;
  RunningAverage average_;
  std::vector<double> lr_;
  std::vector<double> loss_;
  double smoothed_;
  double start_ = 0;
  double lowest_;
};

}  // namespace ravine
