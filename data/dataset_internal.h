#pragma once

#include <ravine/data/dataset.h>

namespace ravine::data {

/// All files of a data set together may hold this much.
constexpr std::uint64_t max_data_bytes = std::uint64_t{4} << 30;

struct DatasetContents {
  std::string name;
  Shape sample_shape;
  std::int64_t count = 0;
  Array<std::uint8_t> bytes;
  Array<float> floats;
  Array<std::int32_t> labels;
  int classes = 0;
  std::vector<std::string> class_names;
  Targets targets;
  Array<float> weights;
  std::vector<float> factor{1}, offset{0};

  /// What messages begin with.
  std::string title() const { return name.empty() ? "data set" : name; }
};

}  // namespace ravine::data
