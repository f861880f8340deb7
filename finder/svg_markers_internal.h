#pragma once

#include <span>
#include <string>
#include <vector>

#include <ravine/finder/svg_plot_internal.h>

namespace ravine {

/// A suggestion as it is drawn: a shape and colour of its own, so that neither alone has to tell.
struct Marker {
  Suggestion suggestion = {};
  bool chosen = false;

  std::string label() const;
  double label_width() const;  ///< with its shape in front
};

/// The suggestions with a rate among `rules` (all when empty), and the chosen one in any case.
std::vector<Marker> markers_of(const Sweep& sweep, const std::vector<std::string>& rules);

/// The labels at their `centers` with their baseline at `lane`, and from each a line to the plot,
/// down to the axis, and the shape where it meets the curve, with a tooltip.
std::string draw(const std::vector<Marker>& markers, const std::vector<double>& centers,
                 double lane, const Plot& plot, std::span<const SweepPoint> points);

}  // namespace ravine
