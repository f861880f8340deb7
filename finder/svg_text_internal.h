#pragma once

#include <string>
#include <string_view>

namespace ravine {

/// Text for XML: <, >, &, quotes escaped; what XML cannot hold (control characters, bytes that are
/// not UTF-8) becomes U+FFFD.
std::string escape_xml(std::string_view text);

/// A coordinate in pixels with two decimals at most. Beyond ±10⁶ it stays there: renderers count in
/// fixed point, and a line that far off differs by less than 0.001 pixels where it leaves the plot.
std::string pixels(double value);

/// About how wide a text is in a common sans-serif at this font size; on the wide side.
double text_width(std::string_view text, double font_size);

/// The text, cut and ended with "…" where it is longer than `characters`.
std::string shortened(std::string_view text, int characters);

/// A <text> element with its baseline at y. `content` is SVG, not escaped here.
std::string text(double x, double y, std::string_view attributes, std::string_view content);

/// Attributes of what stands back behind the finding.
inline constexpr std::string_view quiet = R"(class="rv-quiet" fill="#59636e")";

}  // namespace ravine
