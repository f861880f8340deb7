#pragma once

#include <string>

#include <ravine/finder/sweep.h>

namespace ravine {

struct TerminalPlotOptions {
  int columns = 80;     ///< of the whole plot, its labels included; at least 40
  int rows = 14;        ///< of the curve; at least 4
  bool unicode = true;  ///< braille dots and lines, else ASCII
};

/// The smoothed curve as lines of text, over the decades of the rate, with the suggested rate as an
/// upright line. A sweep without a finite loss gives no text.
///
/// Throws  Error when columns or rows are too few.
std::string terminal_plot(const Sweep& sweep, const TerminalPlotOptions& options = {});

}  // namespace ravine
