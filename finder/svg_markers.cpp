#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include <ravine/finder/numbers_internal.h>
#include <ravine/finder/svg_markers_internal.h>
#include <ravine/finder/svg_text_internal.h>

namespace ravine {
namespace {

// Okabe & Ito's colours, which people with any colour vision tell apart, with grey for their black
// and a darker yellow, to be seen on white and on black paper. Shapes about 12 pixels wide.
struct Style {
  std::string_view rule, color, shape;
};
constexpr std::array<Style, 7> styles{{
    {"ravine", "#D55E00", "M-6,0A6,6 0 1 1 6,0A6,6 0 1 1 -6,0Z"},
    {"valley", "#009E73", "M0,-7L7,0L0,7L-7,0Z"},
    {"slide", "#E69F00", "M0,-6.5L6.5,5.5L-6.5,5.5Z"},
    {"minimum", "#CC79A7", "M0,6.5L6.5,-5.5L-6.5,-5.5Z"},
    {"steep", "#56B4E9", "M-5.2,-5.2H5.2V5.2H-5.2Z"},
    {"steepest", "#7A7A7A", "M-2.2,-6.5H2.2V-2.2H6.5V2.2H2.2V6.5H-2.2V2.2H-6.5V-2.2H-2.2Z"},
    {"lightning", "#C9B800", "M2,-7.5L-5,1H-0.8L-2,7.5L5,-1H0.8Z"},
}};

const Style& style_of(std::string_view rule) {
  return *std::find_if(styles.begin(), styles.end(),
                       [&](const Style& style) { return style.rule == rule; });
}

double font_size(const Marker& marker) {
  return marker.chosen ? 13 : 12;
}

std::string shape(const Marker& marker, double x, double y, double scale) {
  const Style& style = style_of(marker.suggestion.rule);
  return fmt::format(
      "<path class=\"rv-halo\" transform=\"translate({} {}) scale({})\" d=\"{}\" fill=\"{}\" "
      "stroke=\"#ffffff\" stroke-width=\"1.6\" paint-order=\"stroke\"/>",
      pixels(x), pixels(y), pixels(scale), style.shape, style.color);
}

}  // namespace

std::string Marker::label() const {
  return suggestion.rule + " " + rate_text(suggestion.lr);
}

double Marker::label_width() const {
  const double bold = chosen ? 1.1 : 1;
  return 18 + bold * text_width(label(), font_size(*this));
}

std::vector<Marker> markers_of(const Sweep& sweep, const std::vector<std::string>& rules) {
  std::vector<Marker> markers;
  for (const Suggestion& suggestion : sweep.suggestions) {
    const bool chosen = suggestion.rule == sweep.settings.rule;
    const bool wanted =
        rules.empty() || std::find(rules.begin(), rules.end(), suggestion.rule) != rules.end();
    if (suggestion && (chosen || wanted)) markers.push_back({suggestion, chosen});
  }
  return markers;
}

std::string draw(const std::vector<Marker>& markers, const std::vector<double>& centers,
                 double lane, const Plot& plot, std::span<const SweepPoint> points) {
  std::string lines, shapes, labels;
  std::vector<double> taken;
  for (std::size_t i = 0; i < markers.size(); ++i) {
    const auto& [suggestion, chosen] = markers[i];
    const double x = plot.x(suggestion.lr);
    const double loss = smoothed_at(points, suggestion.lr);
    const double y = std::clamp(plot.y(loss), plot.top, plot.bottom);
    const std::string color(style_of(suggestion.rule).color);
    lines += fmt::format(
        "<path d=\"M{},{}L{},{}V{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" "
        "stroke-dasharray=\"{}\"/>\n",
        pixels(centers[i]), pixels(lane + 6), pixels(x), pixels(plot.top), pixels(plot.bottom),
        color, chosen ? "1.8" : "1.1", chosen ? "7 3" : "3 3");

    // Rules that agree are drawn inside each other.
    const auto near = std::count_if(taken.begin(), taken.end(),
                                    [&](double other) { return std::abs(other - x) < 2.5; });
    taken.push_back(x);
    shapes += fmt::format(
        "<g><title>{}: learning rate {}, smoothed loss {}</title>{}</g>\n", suggestion.rule,
        rate_text(suggestion.lr), rounded(loss, 4),
        shape(markers[i], x, y, (chosen ? 1.3 : 1) * std::pow(0.6, static_cast<double>(near))));

    const double left = centers[i] - markers[i].label_width() / 2;
    labels += shape(markers[i], left + 7, lane - 4.5, 0.85);
    labels += text(left + 18, lane,
                   fmt::format(R"(class="rv-ink" font-size="{}" font-weight="{}" fill="#1f2328")",
                               pixels(font_size(markers[i])), chosen ? "700" : "400"),
                   markers[i].label());
  }
  return lines + shapes + labels;
}

}  // namespace ravine
