#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ravine {

/// How the losses of a finished sweep become its smoothed curve.
///
/// Causal averages lag: with β = 0.9 over 100 steps from 1e-7 to 10, a minimum is read 0.7 decades
/// too high. The default looks both ways once the sweep is done; raw losses are kept in any case.
class Smoothing {
 public:
  enum class Kind { zero_lag, ema, keras, fastai, none };

  /// Local linear regression in the log of the rate; see finder/zero_lag.h.
  static Smoothing ravine() { return Smoothing(Kind::zero_lag, 0.9); }
  /// S_k = (1−β) Σ_j β^(k−j) L_j / (1 − β^(k+1)), β = 0.9.
  /// A sweep stops at 4 × the lowest raw loss.
  static Smoothing keras() { return Smoothing(Kind::keras, 0.9); }
  /// The same average with β = 0.98, in float32 as torch has it.
  /// A sweep stops at 4 × the lowest smoothed loss.
  static Smoothing fastai() { return Smoothing(Kind::fastai, 0.98); }
  /// The raw losses.
  static Smoothing none() { return Smoothing(Kind::none, 0.9); }
  /// The average of keras() with a β of one's own, 0 ≤ β < 1, and the default stop rule.
  static Smoothing ema(double beta);
  /// What `name()` gave: "ravine", "keras", "fastai", "none", or a β such as "0.95".
  static Smoothing named(std::string_view name);

  Kind kind() const { return kind_; }
  /// β of the average that the stop rule follows during the sweep, whatever the curve itself uses.
  double beta() const { return beta_; }
  std::string name() const;
  /// For captions: "zero-lag local regression over log rate".
  std::string description() const;

  /// The smoothed curve, one value a point; NaN where the loss is not finite.
  ///
  /// Throws  Error when `lr` and `loss` differ in length.
  std::vector<double> operator()(std::span<const double> lr, std::span<const double> loss) const;

  bool operator==(const Smoothing&) const = default;

 private:
  Smoothing(Kind kind, double beta) : kind_(kind), beta_(beta) {}

  Kind kind_;
  double beta_;
};

/// The causal average of Smoothing::keras(), ema() and fastai(), one loss at a time.
class RunningAverage {
 public:
  RunningAverage(Smoothing::Kind kind, double beta) : kind_(kind), beta_(beta) {}

  /// Takes the next loss in and returns the average, corrected for its start at zero.
  double observe(double loss);

 private:
  Smoothing::Kind kind_;
  double beta_;
  double sum_ = 0;
  int count_ = 0;
};

}  // namespace ravine
