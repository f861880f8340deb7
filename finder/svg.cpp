#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

#include <fmt/format.h>

#include <ravine/finder/fall.h>
#include <ravine/finder/numbers_internal.h>
#include <ravine/finder/svg.h>
#include <ravine/finder/svg_axis_internal.h>
#include <ravine/finder/svg_labels_internal.h>
#include <ravine/finder/svg_markers_internal.h>
#include <ravine/finder/svg_plot_internal.h>
#include <ravine/finder/svg_text_internal.h>
#include <ravine/finder/words_internal.h>

namespace ravine {
namespace {

constexpr double width = 960;
constexpr double left_edge = 72;
constexpr double right_edge = width - 28;
constexpr double text_left = 28;
constexpr double legend_y = 94;
constexpr double plot_height = 380;
constexpr int longest_name = 40;   // characters of the model's name under the title
constexpr int longest_line = 130;  // of the caption, in characters

// The light colours are presentation attributes, which any style wins over. No CSS variables:
// librsvg drops what is painted with them. Classes begin with rv-, since a picture may be pasted
// into a page.
constexpr std::string_view dark_style = R"(<style>@media (prefers-color-scheme: dark) {
.rv-paper { fill: #0d1117 } .rv-halo { stroke: #0d1117 }
.rv-ink { fill: #e6edf3 } .rv-quiet { fill: #9da7b3 }
.rv-grid { stroke: #21262d } .rv-axis { stroke: #6e7681 } .rv-tick { stroke: #6e7681 }
.rv-raw { stroke: #7d8590 } .rv-smooth { stroke: #56b4e9 } .rv-band { fill: #56b4e9 }
.rv-diverged { fill: #f85149; fill-opacity: 0.16 }
}</style>
)";

// Ids of two pictures in one page must differ; from the content, so that the bytes stay the same.
std::string id_of(std::string_view content) {
  std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
  for (const char c : content) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return fmt::format("rv{:08x}", static_cast<std::uint32_t>(hash ^ hash >> 32));
}

// Everything of one picture. The parts are drawn from back to front.
class Picture {
 public:
  Picture(const Sweep& sweep, const SvgOptions& options);
  std::string text_of() const;

 private:
  std::string description() const;
  std::string heading() const;
  std::string legend() const;
  std::string curves() const;
  std::string diverged_part() const;
  std::string caption() const;
  std::string note() const;

  const Sweep& sweep_;
  Fall fall_;
  std::vector<Marker> markers_;
  std::vector<double> centers_;
  std::optional<std::size_t> diverged_;
  Plot plot_;
  std::string raw_, smoothed_, band_;
  double lane_ = 0, height_ = 0;
};

Picture::Picture(const Sweep& sweep, const SvgOptions& options)
    : sweep_(sweep),
      fall_(measure_fall(sweep.points)),
      markers_(markers_of(sweep, options.rules)),
      diverged_(diverged_from(sweep, fall_)) {
  plot_.left = left_edge;
  plot_.right = right_edge;
  std::vector<double> marked;
  for (const Marker& marker : markers_) marked.push_back(marker.suggestion.lr);
  fit_to_sweep(plot_, sweep, fall_, marked);
  for (const Tick& tick : loss_ticks(plot_.low_loss, plot_.high_loss)) {
    plot_.left = std::max(plot_.left, 44 + text_width(tick.label, 12));
  }

  std::vector<LabelWish> wishes;
  for (const Marker& marker : markers_) {
    wishes.push_back({plot_.x(marker.suggestion.lr), marker.label_width()});
  }
  centers_ = place_labels(wishes, text_left, right_edge);

  lane_ = legend_y + (markers_.empty() ? 0 : 30);
  plot_.top = lane_ + (markers_.empty() ? 16 : 28);
  plot_.bottom = plot_.top + plot_height;
  height_ = plot_.bottom + 118;
  raw_ = path_of(plot_, sweep.points, &SweepPoint::loss);
  smoothed_ = path_of(plot_, sweep.points, &SweepPoint::smoothed);
  band_ = band_of(plot_, sweep);
}

std::string Picture::description() const {
  std::string words =
      fmt::format("{}. {}. {}. ", headline(sweep_), reason(sweep_), stop_words(sweep_));
  for (const Suggestion& suggestion : sweep_.suggestions) {
    if (!suggestion) continue;
    words += fmt::format("Rule {}: {}. ", suggestion.rule, rate_text(suggestion.lr));
  }
  words += subject_words(sweep_, 1000) + ".";
  return words;
}

std::string Picture::heading() const {
  std::string out =
      text(text_left, 42, R"(class="rv-ink" font-size="21" font-weight="700" fill="#1f2328")",
           headline(sweep_));
  out += text(text_left, 66, fmt::format(R"({} font-size="13.5")", quiet),
              escape_xml(subject_words(sweep_, longest_name)));
  return out;
}

std::string Picture::legend() const {
  std::string out = fmt::format("<g font-size=\"12\" {}>\n", quiet);
  double x = text_left;
  const auto entry = [&](const std::string& sample, std::string_view name) {
    out += fmt::format("<g transform=\"translate({} {})\">{}<text x=\"34\" y=\"4\">{}</text></g>\n",
                       pixels(x), pixels(legend_y - 4), sample, name);
    x += 34 + text_width(name, 12) + 26;
  };
  if (!raw_.empty()) {
    entry(R"(<path class="rv-raw" d="M0,2L7,-3L14,3L20,-2L26,1" fill="none" stroke="#8c959f"/>)",
          "loss of each batch");
  }
  if (!smoothed_.empty()) {
    entry(R"(<path class="rv-smooth" d="M0,0H26" stroke="#0072b2" stroke-width="2.6"/>)",
          "smoothed");
  }
  const auto area = [](std::string_view css, std::string_view color) {
    return fmt::format(
        R"(<rect class="{}" y="-6" width="26" height="12" fill="{}" fill-opacity="0.18"/>)", css,
        color);
  };
  if (!band_.empty()) {
    entry(area("rv-band", "#0072b2"), fmt::format("range of {} sweeps", sweep_.repeats.size() + 1));
  }
  if (diverged_) entry(area("rv-diverged", "#cf222e"), "diverged");
  return out + "</g>\n";
}

std::string Picture::diverged_part() const {
  if (!diverged_) return {};
  const double from = plot_.x(sweep_.points[*diverged_].lr);
  return fmt::format(
      "<rect class=\"rv-diverged\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"#cf222e\" "
      "fill-opacity=\"0.09\"/>\n",
      pixels(from), pixels(plot_.top), pixels(plot_.right - from),
      pixels(plot_.bottom - plot_.top));
}

std::string Picture::curves() const {
  // Thinner where a thousand points would run together into one area.
  const std::string_view raw_width = sweep_.points.size() > 1000 ? "0.5" : "1";
  std::string out;
  if (!band_.empty()) {
    out += fmt::format(
        "<path class=\"rv-band\" d=\"{}\" fill=\"#0072b2\" fill-opacity=\"0.18\"/>\n", band_);
  }
  const auto line = [&](std::string_view css, const std::string& path, std::string_view color,
                        std::string_view stroke_width) {
    if (path.empty()) return;
    out += fmt::format(
        "<path class=\"{}\" d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" "
        "stroke-linejoin=\"round\" stroke-linecap=\"round\"/>\n",
        css, path, color, stroke_width);
  };
  line("rv-raw", raw_, "#8c959f", raw_width);
  line("rv-smooth", smoothed_, "#0072b2", "2.6");
  return out;
}

std::string Picture::caption() const {
  std::string how;
  if (!smoothed_.empty()) {
    how =
        "Smoothed: " + (raw_.empty() ? "as given" : sweep_.settings.smoothing.description()) + ". ";
  }
  if (sweep_.stop) how += fmt::format("Stops when {}.", stop_rule_words(sweep_.settings));
  const double y = plot_.bottom + 69;
  const auto line = [](double at, std::string_view attributes, const std::string& words) {
    return text(text_left, at, attributes, escape_xml(shortened(words, longest_line)));
  };
  const std::string small = fmt::format(R"({} font-size="11.5")", quiet);
  return line(y, R"(class="rv-ink" font-size="12.5" fill="#1f2328")", reason(sweep_) + ".") +
         line(y + 18, small, stop_words(sweep_) + ".") + line(y + 34, small, how);
}

std::string Picture::note() const {
  if (!smoothed_.empty()) return {};
  return text((plot_.left + plot_.right) / 2, (plot_.top + plot_.bottom) / 2,
              R"(class="rv-ink" font-size="16" text-anchor="middle" fill="#1f2328")",
              sweep_.points.empty() ? "No point was recorded." : "No finite loss was recorded.");
}

std::string Picture::text_of() const {
  const std::string drawing = diverged_part() + curves();
  const std::string front = draw(markers_, centers_, lane_, plot_, sweep_.points);
  const std::string title = escape_xml(headline(sweep_));
  const std::string words = escape_xml(description());
  const std::string id = id_of(words + drawing + front);

  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
      "viewBox=\"0 0 {0} {1}\" role=\"img\" aria-labelledby=\"{2}-title {2}-desc\" "
      "font-family=\"system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', "
      "Arial, sans-serif\">\n",
      pixels(width), pixels(height_), id);
  out += fmt::format("<title id=\"{0}-title\">{1}</title>\n<desc id=\"{0}-desc\">{2}</desc>\n", id,
                     title, words);
  out += dark_style;
  out += fmt::format(
      "<clipPath id=\"{}-clip\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>\n",
      id, pixels(plot_.left), pixels(plot_.top), pixels(plot_.right - plot_.left),
      pixels(plot_.bottom - plot_.top));
  out += "<rect class=\"rv-paper\" width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
  out += heading() + legend() + draw_grid(plot_);
  out += fmt::format("<g clip-path=\"url(#{}-clip)\">\n{}</g>\n", id, drawing);
  out += draw_axes(plot_, !smoothed_.empty()) + front + note() + caption();
  return out + "</svg>\n";
}

}  // namespace

std::string svg(const Sweep& sweep, const SvgOptions& options) {
  for (const std::string& rule : options.rules) check_rule(rule);
  return Picture(sweep, options).text_of();
}

}  // namespace ravine
