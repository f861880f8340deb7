#include <algorithm>
#include <cmath>

#include <ravine/core/error.h>
#include <ravine/core/file.h>
#include <ravine/finder/report.h>
#include <ravine/finder/svg.h>
#include <ravine/finder/sweep.h>

namespace ravine {
namespace {

void smooth(std::vector<SweepPoint>& points, const Smoothing& smoothing) {
  std::vector<double> lr, loss;
  for (const SweepPoint& point : points) {
    lr.push_back(point.lr);
    loss.push_back(point.loss);
  }
  const bool only_smoothed =
      std::none_of(loss.begin(), loss.end(), [](double value) { return std::isfinite(value); });
  if (only_smoothed) return;
  const std::vector<double> smoothed = smoothing(lr, loss);
  for (std::size_t i = 0; i < points.size(); ++i) points[i].smoothed = smoothed[i];
}

}  // namespace

void Sweep::analyse() {
  smooth(points, settings.smoothing);
  for (std::vector<SweepPoint>& repeat : repeats) smooth(repeat, settings.smoothing);
  suggestions = suggest_all(points);
}

const Suggestion& Sweep::suggestion(std::string_view rule) const {
  check_rule(rule);
  const auto found =
      std::find_if(suggestions.begin(), suggestions.end(),
                   [&](const Suggestion& suggestion) { return suggestion.rule == rule; });
  if (found == suggestions.end()) {
    throw Error("sweep: analyse() has not been called, so there are no suggestions");
  }
  return *found;
}

void Sweep::write_svg(const std::filesystem::path& path) const {
  write_file(path, svg(*this));
}
void Sweep::write_json(const std::filesystem::path& path) const {
  write_file(path, to_json(*this));
}
void Sweep::write_csv(const std::filesystem::path& path) const {
  write_file(path, to_csv(*this));
}

}  // namespace ravine
