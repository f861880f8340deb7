#include <algorithm>
#include <cmath>
#include <limits>

#include <ravine/finder/svg_plot_internal.h>
#include <ravine/finder/svg_text_internal.h>

namespace ravine {
namespace {

// Losses come as float32: smaller differences are its rounding.
constexpr double float_resolution = 1e-6;

std::vector<double> finite_values(std::span<const SweepPoint> points, double SweepPoint::*column) {
  std::vector<double> values;
  for (const SweepPoint& point : points) {
    if (std::isfinite(point.*column)) values.push_back(point.*column);
  }
  return values;
}

double percentile(std::vector<double> values, double share) {
  const auto place =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

void fit_losses(Plot& plot, const Sweep& sweep, const Fall& fall) {
  const std::vector<double> smoothed = finite_values(sweep.points, &SweepPoint::smoothed);
  if (smoothed.empty()) {
    plot.low_loss = 0;
    plot.high_loss = 1;
    return;
  }

  plot.low_loss = *std::min_element(smoothed.begin(), smoothed.end());
  plot.high_loss = percentile(smoothed, 0.9);
  // The part before the fall is in view, and of a divergence no more than a quarter of the fall.
  if (fall.falls()) {
    plot.high_loss = std::clamp(plot.high_loss, fall.start,
                                fall.start + std::max(0.25 * fall.drop(), 3 * fall.noise));
  }
  std::vector<double> raw = finite_values(sweep.points, &SweepPoint::loss);
  raw.push_back(plot.low_loss);
  const double lowest_raw = *std::min_element(raw.begin(), raw.end());
  const double range = plot.high_loss - plot.low_loss;
  plot.low_loss = std::max(lowest_raw, plot.low_loss - std::max(0.5 * range, 3 * fall.noise));
  plot.high_loss += 2.5 * fall.noise;

  const double magnitude = std::max(std::abs(plot.low_loss), std::abs(plot.high_loss));
  if (plot.high_loss - plot.low_loss <= float_resolution * magnitude || magnitude == 0) {
    const double room =
        magnitude == 0 ? 1 : 0.1 * magnitude;  // a constant curve, through the middle
    plot.low_loss -= room;
    plot.high_loss += room;
  }
  const double margin = plot.high_loss - plot.low_loss;
  plot.low_loss -= 0.08 * margin;
  plot.high_loss += 0.12 * margin;
  // Their difference must be a number.
  constexpr double most = std::numeric_limits<double>::max() / 4;
  plot.low_loss = std::max(plot.low_loss, -most);
  plot.high_loss = std::min(plot.high_loss, most);
}

}  // namespace

double Plot::x(double lr) const {
  return left + (right - left) * std::log(lr / low_lr) / std::log(high_lr / low_lr);
}

double Plot::y(double loss) const {
  // Halved, so that the difference of two large losses is finite.
  const double share = (loss / 2 - low_loss / 2) / (high_loss / 2 - low_loss / 2);
  return bottom - (bottom - top) * share;
}

void fit_to_sweep(Plot& plot, const Sweep& sweep, const Fall& fall,
                  std::span<const double> marked) {
  std::vector<double> rates(marked.begin(), marked.end());
  for (const SweepPoint& point : sweep.points) rates.push_back(point.lr);
  if (rates.empty()) rates = {sweep.settings.min_lr, sweep.settings.max_lr};
  const auto [least, most] = std::minmax_element(rates.begin(), rates.end());
  plot.low_lr = *least;
  plot.high_lr = *most;
  const double margin =
      plot.low_lr == plot.high_lr ? 3 : std::pow(plot.high_lr / plot.low_lr, 0.015);
  plot.low_lr /= margin;
  plot.high_lr *= margin;
  fit_losses(plot, sweep, fall);
}

std::optional<std::size_t> diverged_from(const Sweep& sweep, const Fall& fall) {
  const bool significant = fall.falls();
  const double limit = significant ? fall.lowest + fall.drop() / 2
                                   : fall.start + std::max(5 * fall.noise, fall.least);
  std::size_t begin = sweep.points.size();
  bool any_finite = false;
  for (std::size_t i = 0; i < sweep.points.size(); ++i) {
    any_finite |= std::isfinite(sweep.points[i].smoothed);
  }
  while (begin > fall.index + 1) {
    const double value = sweep.points[begin - 1].smoothed;
    if (std::isfinite(value) && value <= limit) break;
    --begin;
  }
  if (!any_finite || begin >= sweep.points.size()) return std::nullopt;
  return begin;
}

double smoothed_at(std::span<const SweepPoint> points, double lr) {
  double below_lr = 0, below = SweepPoint::not_recorded;
  for (const SweepPoint& point : points) {
    if (!std::isfinite(point.smoothed)) continue;
    if (point.lr >= lr) {
      if (point.lr == lr || std::isnan(below)) return point.smoothed;
      const double share = std::log(lr / below_lr) / std::log(point.lr / below_lr);
      return below + share * (point.smoothed - below);
    }
    below_lr = point.lr;
    below = point.smoothed;
  }
  return below;
}

std::string path_of(const Plot& plot, std::span<const SweepPoint> points,
                    double SweepPoint::*column) {
  std::string path;
  bool drawing = false, alone = false;
  const auto end_run = [&] {
    if (alone) path += "m-1.5,0a1.5,1.5 0 1 0 3,0a1.5,1.5 0 1 0 -3,0";
    drawing = alone = false;
  };
  for (const SweepPoint& point : points) {
    const double value = point.*column;
    if (!std::isfinite(value)) {
      end_run();
      continue;
    }
    path += drawing ? "L" : "M";
    path += pixels(plot.x(point.lr)) + "," + pixels(plot.y(value));
    alone = !drawing;
    drawing = true;
  }
  end_run();
  return path;
}

std::string band_of(const Plot& plot, const Sweep& sweep) {
  if (sweep.repeats.empty()) return {};
  std::string path, back;
  const auto close = [&] {
    if (!path.empty() && !back.empty()) path += back + "Z";
    back.clear();
  };
  for (std::size_t i = 0; i < sweep.points.size(); ++i) {
    double low = sweep.points[i].smoothed, high = low;
    for (const std::vector<SweepPoint>& repeat : sweep.repeats) {
      if (i >= repeat.size()) continue;
      low = std::fmin(low, repeat[i].smoothed);
      high = std::fmax(high, repeat[i].smoothed);
    }
    if (!std::isfinite(low) || !std::isfinite(high)) {
      close();
      continue;
    }
    const std::string x = pixels(plot.x(sweep.points[i].lr));
    path += (back.empty() ? "M" : "L") + x + "," + pixels(plot.y(high));
    back = "L" + x + "," + pixels(plot.y(low)) + back;
  }
  close();
  return path;
}

}  // namespace ravine
