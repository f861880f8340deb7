#pragma once

#include <ravine/core/scalar.h>
#include <ravine/core/state.h>

namespace ravine {

/// The rate that an optimizer reads in each step: it lives where the device sees it and can be set
/// between any two steps, captured or not.
class LearningRate {
 public:
  /// Throws  Error when the rate is negative or not finite.
  LearningRate(Stream& stream, double rate);

  /// Throws  Error when the rate is negative or not finite; it keeps the rate it had.
  void set(double rate);
  /// What was set last, without asking the device.
  double get() const { return rate_; }

  const Tensor& tensor() const { return scalar_.tensor(); }
  void collect(State& state, const std::string& name);

 private:
  Stream& stream_;
  double rate_;
  Scalar<float> scalar_;
};

}  // namespace ravine
