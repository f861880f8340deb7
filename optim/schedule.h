#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace ravine {

/// The rate of each step, from 0 on: a pure function, so that a resumed run goes on where it stood.
using Schedule = std::function<double(std::int64_t step)>;

/// rate · decay^(step/steps), in jumps every `steps` when staircase.
struct ExponentialDecay {
  double rate, decay;
  std::int64_t steps;
  bool staircase = false;
  double operator()(std::int64_t step) const;
};

/// From `warmup_from` up to `rate` in `warmup` steps, then down to `end` along half a cosine.
struct CosineDecay {
  double rate;
  std::int64_t steps;  // of the decay, after the warm-up
  double end = 0;
  std::int64_t warmup = 0;
  double warmup_from = 0;
  double operator()(std::int64_t step) const;
};

/// rates[i] up to and with step boundaries[i], the last rate afterwards; one rate more than
/// boundaries, as Keras has it.
struct PiecewiseConstant {
  std::vector<std::int64_t> boundaries;
  std::vector<double> rates;
  /// Throws  Error when there is not one rate more than boundaries.
  double operator()(std::int64_t step) const;
};

/// Up from max/start_divisor to max and down to max/end_divisor, both along half a cosine.
///
/// Source  Smith & Topin 2017, arXiv:1708.07120; the shape and defaults of PyTorch's OneCycleLR.
struct OneCycle {
  double max_rate;
  std::int64_t steps;
  double rise = 0.3;  // the share of steps that it rises
  double start_divisor = 25;
  double end_divisor = 25e4;
  double operator()(std::int64_t step) const;
};

/// Between base and max in straight lines, up in half_cycle steps and down in as many.
///
/// Source  Smith 2015, arXiv:1506.01186, "triangular".
struct CyclicalTriangle {
  double base_rate, max_rate;
  std::int64_t half_cycle;
  double operator()(std::int64_t step) const;
};

}  // namespace ravine
