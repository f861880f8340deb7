#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <ravine/finder/sweep_point.h>

namespace ravine {

/// How far a curve falls, and whether that is more than its noise.
///
/// Measured on the zero-lag curve of the raw losses; on the smoothed losses as they are where a
/// curve has no raw ones. The start is the mean of the first tenth of the points.
struct Fall {
  enum class Verdict { falls, too_few_points, lowest_at_start, within_noise };

  Verdict verdict = Verdict::too_few_points;
  std::vector<double> curve;  ///< one value a point, NaN where nothing finite was recorded
  double start = 0;           ///< level before the fall
  double lowest = 0;          ///< the curve's minimum
  std::size_t index = 0;      ///< where it is
  std::size_t onset = 0;      ///< the last point before it with less than 5 % of the fall behind it
  double noise = 0;           ///< standard deviation of one loss
  double least = 0;           ///< a fall of no more than this may be noise
  std::string why_not;        ///< the verdict in words, empty when the curve falls

  bool falls() const { return verdict == Verdict::falls; }
  double drop() const { return start - lowest; }
};

/// The test: the drop exceeds five standard errors of the difference between the curve's minimum
/// and the start. Five, since the minimum is the least of about a dozen independent values.
Fall measure_fall(std::span<const SweepPoint> points);

}  // namespace ravine
