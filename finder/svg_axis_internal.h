#pragma once

#include <string>
#include <vector>

#include <ravine/finder/svg_plot_internal.h>

namespace ravine {

/// A mark on an axis, `label` empty for a minor one.
struct Tick {
  double value = 0;
  std::string label = {};  ///< SVG content: 10⁻³ has its exponent in a tspan
  bool decade = false;     ///< of a rate axis: a power of ten
};

/// Decades with their label and 2..9 between them; labels at 2 and 5 too where few decades are in
/// view, and not at every decade where there are many.
///
/// Requires  0 < low < high, both normal numbers.
std::vector<Tick> rate_ticks(double low, double high);

/// About six round values.
///
/// Requires  low < high, both finite.
std::vector<Tick> loss_ticks(double low, double high);

/// Lines behind everything at the decades and the loss ticks.
std::string draw_grid(const Plot& plot);

/// Axes, ticks, labels and names; `with_losses`: whether the loss axis has numbers.
std::string draw_axes(const Plot& plot, bool with_losses);

}  // namespace ravine
