#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <ravine/core/json.h>
#include <ravine/finder/sweep_point.h>

namespace ravine {

/// tests/golden/NAME, which other programs wrote.
inline JsonView golden(const std::string& name) {
  return read_json(std::filesystem::path(RAVINE_TEST_DIR) / "golden" / name);
}

inline std::vector<double> numbers(const JsonView& array) {
  std::vector<double> values;
  for (const JsonView& item : array.items()) values.push_back(item.number());
  return values;
}

/// Points of a sweep with these rates and losses, whose smoothed losses are the losses themselves.
inline std::vector<SweepPoint> points_of(const std::vector<double>& lr,
                                         const std::vector<double>& loss) {
  std::vector<SweepPoint> points(lr.size());
  for (std::size_t i = 0; i < lr.size(); ++i) {
    points[i].step = static_cast<std::int64_t>(i);
    points[i].lr = lr[i];
    points[i].loss = loss[i];
    points[i].smoothed = loss[i];
  }
  return points;
}

}  // namespace ravine
