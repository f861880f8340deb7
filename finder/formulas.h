#pragma once

#include <cstddef>
#include <optional>
#include <span>

/// The suggestion rules of others by their authors' formulas, without any judgement of the result.
///
/// Each returns the index into the curve that its rate is read from, or nothing where the original
/// fails (raises, or indexes with −1). Curves come without the points that the original skips.
/// All in double, which gives the originals' index; float32 does not where slopes are equal.
namespace ravine::formulas {

using Index = std::optional<std::size_t>;

/// The start of the longest strictly decreasing subsequence plus one half of its length. fastai.
Index valley(std::span<const double> smoothed);

/// From the end to the left while the slopes 15 points apart differ by more than 0.005. fastai.
Index slide(std::span<const double> smoothed);

/// The lowest point; the rate is a tenth of its. fastai.
Index minimum(std::span<const double> smoothed);

/// The most negative ΔS / Δln lr, forward differences. fastai.
Index steep(std::span<const double> lr, std::span<const double> smoothed);

/// The most negative slope a step, central differences. torch-lr-finder.
Index steepest(std::span<const double> smoothed);

/// The most negative dS/dlr in the *linear* rate, second-order differences on the uneven grid.
/// Lightning ≥ 2.5.3, on which noise at the smallest rates wins.
Index lightning(std::span<const double> lr, std::span<const double> smoothed);

}  // namespace ravine::formulas
