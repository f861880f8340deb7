#pragma once

#include <string>
#include <vector>

#include <ravine/finder/sweep.h>

namespace ravine {

struct SvgOptions {
  /// Whose suggestions are drawn; empty for every rule that has one. The chosen rule always is.
  std::vector<std::string> rules = {};
};

/// The picture of a sweep: one self-contained SVG, light or dark as its viewer is, without script,
/// fonts or links. The same sweep gives the same bytes.
///
/// Loss over the log of the rate: raw losses thin, the smoothed curve, the band of repeats, the
/// diverged part shaded, each suggestion with a marker, a dashed line to its rate, and a label.
/// Sweeps of no points, of one, or of nothing finite give a picture that says so.
std::string svg(const Sweep& sweep, const SvgOptions& options = {});

}  // namespace ravine
