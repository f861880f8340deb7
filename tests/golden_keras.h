#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <ravine/core/json.h>

namespace ravine::test {

/// tests/golden/optimizers.json, which make_optimizers.py recorded from Keras.
inline JsonView golden_keras() {
  return read_json(std::filesystem::path(RAVINE_TEST_DIR) / "golden" / "optimizers.json");
}

/// All numbers of nested arrays, in order.
inline std::vector<double> flat_numbers(const JsonView& view) {
  if (!view.is_array()) return {view.number()};
  std::vector<double> values;
  for (const JsonView& item : view.items()) {
    const std::vector<double> inner = flat_numbers(item);
    values.insert(values.end(), inner.begin(), inner.end());
  }
  return values;
}

inline std::vector<float> flat_floats(const JsonView& view) {
  const std::vector<double> values = flat_numbers(view);
  std::vector<float> floats;
  for (const double value : values) floats.push_back(static_cast<float>(value));
  return floats;
}

/// The extents of nested arrays, outermost first.
inline std::vector<std::int64_t> extents_of(const JsonView& view) {
  if (!view.is_array()) return {};
  std::vector<std::int64_t> extents = extents_of(view.items().front());
  extents.insert(extents.begin(), static_cast<std::int64_t>(view.items().size()));
  return extents;
}

}  // namespace ravine::test
