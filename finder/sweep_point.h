#pragma once

#include <cstdint>
#include <limits>

namespace ravine {

/// One step of a sweep. The loss is the batch's before the update made with `lr`.
///
/// `loss` is NaN in a curve that was read from a file of smoothed losses only; `smoothed` is NaN
/// where the loss is not finite; the last two are NaN where they were not recorded.
struct SweepPoint {
  static constexpr double not_recorded = std::numeric_limits<double>::quiet_NaN();

  std::int64_t step = 0;
  double lr = not_recorded;
  double loss = not_recorded;
  double smoothed = not_recorded;
  double gradient_norm = not_recorded;
  double update_ratio = not_recorded;  ///< ‖update‖ / ‖weights‖
  bool finite = true;                  ///< whether loss and gradients were
};

}  // namespace ravine
