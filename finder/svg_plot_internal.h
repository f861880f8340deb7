#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ravine/finder/fall.h>
#include <ravine/finder/sweep.h>

namespace ravine {

/// The rectangle of the plot in pixels and the values at its edges.
struct Plot {
  double left = 0, right = 0, top = 0, bottom = 0;
  double low_lr = 0, high_lr = 0;
  double low_loss = 0, high_loss = 0;

  double x(double lr) const;
  double y(double loss) const;
};

/// Sets the values at the edges: every rate of the sweep and of `marked`; losses from the lowest to
/// those before the fall, so that a divergence leaves through the top and does not flatten them.
void fit_to_sweep(Plot& plot, const Sweep& sweep, const Fall& fall, std::span<const double> marked);

/// The first point of the part at the end where the loss has risen again by half its fall, or is
/// not finite; nothing when the curve does not end so.
std::optional<std::size_t> diverged_from(const Sweep& sweep, const Fall& fall);

/// Height of the smoothed curve at a rate, linear between points; NaN where nothing is drawn.
double smoothed_at(std::span<const SweepPoint> points, double lr);

/// Path data through the finite values of a column; one that stands alone becomes a dot.
std::string path_of(const Plot& plot, std::span<const SweepPoint> points,
                    double SweepPoint::*column);

/// Path data around the smoothed curves of the sweep and its repeats; empty without repeats.
std::string band_of(const Plot& plot, const Sweep& sweep);

}  // namespace ravine
