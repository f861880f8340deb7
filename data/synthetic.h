#pragma once

#include <cstdint>

#include <ravine/core/shape.h>
#include <ravine/data/dataset.h>

namespace ravine::data {

struct SyntheticImages {
  std::int64_t train = 6000, test = 1000;  ///< samples
  std::int64_t height = 28, width = 28, channels = 1;
  int classes = 10;
  double noise = 0.25;  ///< standard deviation, in units of the full range of a byte
  std::uint64_t seed = 0;
};

/// Byte images that a small network learns: each class has a smooth pattern of its own, shown moved
/// by up to an eighth of a side, at a contrast of 50 to 100 %, and with noise.
///
/// A function of the options by integer arithmetic: the same bytes on every machine.
/// Throws  Error when an option is out of its range.
Split synthetic_images(const SyntheticImages& options = {});

struct SyntheticRegression {
  std::int64_t train = 6000, test = 1000;  ///< samples
  std::int64_t features = 16, targets = 1;
  double noise = 0.05;  ///< standard deviation of what is added to the targets
  std::uint64_t seed = 0;
};

/// Rows of features, uniform in [−1, 1), and targets of a fixed random network of 8 ReLU units,
/// about 1 in size, with noise.
///
/// A function of the options by integer arithmetic: the same floats on every machine.
/// Throws  Error when an option is out of its range.
Split synthetic_regression(const SyntheticRegression& options = {});

}  // namespace ravine::data
