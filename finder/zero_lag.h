#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace ravine {

/// Points to each side that zero_lag looks at, as a share of all: ±0.5 decades of eight.
inline constexpr double zero_lag_share = 0.06;

/// How many points are in the first tenth of a sweep, by their number and by the log of their rate,
/// as a linear sweep has few at low rates; at least 3 where there are so many.
std::size_t first_tenth(std::span<const double> lr);

/// The value above which a loss counts no more than as "risen": the mean of the first tenth plus
/// max(0.2 · |mean|, 3 noise of one step). Keeps a divergence from pulling up the curve before it.
///
/// Non-finite losses are left out; +∞ when nothing is left.
double loss_ceiling(std::span<const double> lr, std::span<const double> loss);

/// A smoothed curve without lag: at each point the weighted line through its neighbours.
///
/// Neighbours  h to each side, or more to one side at the ends; h = `share` of the points, between
///             5 and 1000; tricube weights of the distance in log rate.
/// Ceiling     neighbours are cut at loss_ceiling, or at the median of the nearest five where that
///             is higher, so that a divergence stays to be seen where it is.
/// Returns     one value a point, NaN where the loss is not finite.
/// Source      Cleveland 1979, "Robust locally weighted regression", without the iterations.
std::vector<double> zero_lag(std::span<const double> lr, std::span<const double> loss,
                             double share = zero_lag_share);

/// Noise of one loss: 1.48 × the median of |loss − smoothed|, both cut at loss_ceiling.
///
/// `smoothed` is what zero_lag gave for the same losses. 0 without finite points.
double residual_noise(std::span<const double> lr, std::span<const double> loss,
                      std::span<const double> smoothed);

/// Share of one loss's variance that is left in zero_lag's value at `index`: Σ_j l_j², the squared
/// weights that the losses have in it. All points are taken as finite.
double zero_lag_variance(std::span<const double> lr, std::size_t index);

}  // namespace ravine
