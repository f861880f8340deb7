#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/finder/fall.h>
#include <ravine/finder/numbers_internal.h>
#include <ravine/finder/svg_axis_internal.h>
#include <ravine/finder/svg_plot_internal.h>
#include <ravine/finder/terminal_plot.h>

namespace ravine {
namespace {

constexpr int label_width = 9;

// Cells of dots: braille has 2 × 4 of them in each, ASCII one.
class Canvas {
 public:
  Canvas(int columns, int rows, bool unicode)
      : columns_(columns),
        across_(unicode ? 2 : 1),
        down_(unicode ? 4 : 1),
        dots_(static_cast<std::size_t>(columns * across_ * rows * down_)) {}

  int width() const { return columns_ * across_; }
  int height() const { return static_cast<int>(dots_.size()) / width(); }

  void line(double x0, double y0, double x1, double y1) {
    const double steps =
        std::min(1e4, std::ceil(std::max({std::abs(x1 - x0), std::abs(y1 - y0), 1.0})));
    for (double k = 0; k <= steps; ++k) {
      dot(x0 + (x1 - x0) * k / steps, y0 + (y1 - y0) * k / steps);
    }
  }

  std::string cell(int column, int row) const {
    if (down_ == 1) return at(column, row) ? "*" : " ";
    // Bits of U+2800's dots, by row and column.
    constexpr std::array<std::array<int, 2>, 4> bits{
        {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}};
    int pattern = 0;
    for (int y = 0; y < 4; ++y) {
      for (int x = 0; x < 2; ++x) {
        if (at(2 * column + x, 4 * row + y)) {
          pattern |= bits[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)];
        }
      }
    }
    if (pattern == 0) return " ";
    return {'\xE2', static_cast<char>(0xA0 | pattern >> 6),
            static_cast<char>(0x80 | (pattern & 0x3F))};
  }

 private:
  bool at(int x, int y) const { return dots_[static_cast<std::size_t>(y * width() + x)]; }
  void dot(double x, double y) {
    if (!(x >= 0 && x < width() && y >= 0 && y < height())) return;
    dots_[static_cast<std::size_t>(y) * static_cast<std::size_t>(width()) +
          static_cast<std::size_t>(x)] = true;
  }

  int columns_, across_, down_;
  std::vector<bool> dots_;
};

void draw_curve(Canvas& canvas, const Plot& plot, const std::vector<SweepPoint>& points) {
  const SweepPoint* before = nullptr;
  for (const SweepPoint& point : points) {
    if (!std::isfinite(point.smoothed)) {
      before = nullptr;
      continue;
    }
    const SweepPoint& from = before != nullptr ? *before : point;
    canvas.line(plot.x(from.lr), plot.y(from.smoothed), plot.x(point.lr), plot.y(point.smoothed));
    before = &point;
  }
}

// "1e-7" under its decade, left out where the one before still stands or the plot ends.
std::string decade_labels(const Plot& plot, int columns) {
  std::string labels;
  for (const Tick& tick : rate_ticks(plot.low_lr, plot.high_lr)) {
    if (!tick.decade && tick.label.empty()) continue;
    const std::string text = rate_text(tick.value);
    const auto column = static_cast<std::size_t>(plot.x(tick.value) / plot.right * columns);
    if (!labels.empty() && column < labels.size() + 1) continue;
    if (column + text.size() > static_cast<std::size_t>(columns)) break;
    labels.resize(std::max(labels.size(), column), ' ');
    labels += text;
  }
  return labels;
}

}  // namespace

std::string terminal_plot(const Sweep& sweep, const TerminalPlotOptions& options) {
  if (options.columns < 40 || options.rows < 4) {
    throw Error(fmt::format("terminal_plot: {} columns and {} rows, and needs at least 40 and 4",
                            options.columns, options.rows));
  }
  const bool any =
      std::any_of(sweep.points.begin(), sweep.points.end(),
                  [](const SweepPoint& point) { return std::isfinite(point.smoothed); });
  if (!any) return {};

  const int columns = options.columns - label_width - 1;
  Canvas canvas(columns, options.rows, options.unicode);
  Plot plot{.right = static_cast<double>(canvas.width()),
            .bottom = static_cast<double>(canvas.height())};
  const Suggestion& chosen = sweep.suggestion();
  const std::vector<double> marked =
      chosen ? std::vector<double>{chosen.lr} : std::vector<double>{};
  fit_to_sweep(plot, sweep, measure_fall(sweep.points), marked);
  draw_curve(canvas, plot, sweep.points);

  const int mark = chosen ? static_cast<int>(plot.x(chosen.lr) / plot.right * columns) : -1;
  std::string out;
  for (int row = 0; row < options.rows; ++row) {
    const bool first = row == 0, last = row + 1 == options.rows;
    const std::string label = first  ? rounded(plot.high_loss, 3)
                              : last ? rounded(plot.low_loss, 3)
                                     : "";
    out += fmt::format("{:>{}}{}", label, label_width, options.unicode ? "│" : "|");
    std::string line;
    for (int column = 0; column < columns; ++column) {
      const std::string cell = canvas.cell(column, row);
      line += column == mark && cell == " " ? (options.unicode ? "┆" : ":") : cell;
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  out += std::string(label_width, ' ') + (options.unicode ? "└" : "+");
  for (int column = 0; column < columns; ++column) out += options.unicode ? "─" : "-";
  return out + "\n" + std::string(label_width + 1, ' ') + decade_labels(plot, columns) + "\n";
}

}  // namespace ravine
