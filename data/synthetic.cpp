#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/core/parallel.h>
#include <ravine/core/random.h>
#include <ravine/data/synthetic.h>

#include "dataset_internal.h"
#include "pixels_internal.h"

namespace ravine::data {
namespace {

constexpr std::int64_t most_samples = std::int64_t{1} << 30;
constexpr std::int64_t grain = 64;

// The streams of random numbers: what all samples share, then one for each sample. A sample is the
// same whatever the number of samples.
constexpr std::uint32_t shared_stream = 0;
constexpr std::uint32_t train_stream = std::uint32_t{1} << 31;
constexpr std::uint32_t test_stream = train_stream + (std::uint32_t{1} << 30);

RandomSequence random_for(std::uint64_t seed, std::uint32_t stream, std::int64_t index) {
  return RandomSequence(seed, RandomUse::data, stream + static_cast<std::uint32_t>(index));
}

// Noise is the sum of two uniform bytes around 0, times a factor: a triangle of this deviation.
constexpr double triangle_deviation = 104.51076499576480;  // √(2·(256² − 1)/12)

std::int64_t triangle(std::uint32_t word) {
  return static_cast<std::int64_t>(word & 0xff) + static_cast<std::int64_t>(word >> 8 & 0xff) - 255;
}

void check_range(const char* option, double value, double low, double high) {
  if (!(value >= low && value <= high)) {
    throw Error(
        fmt::format("synthetic data: {} is {}; expected {} to {}", option, value, low, high));
  }
}

void check_bytes(std::int64_t samples, std::int64_t bytes_each) {
  if (samples > static_cast<std::int64_t>(max_data_bytes) / bytes_each) {
    throw Error(
        fmt::format("synthetic data: {} samples of {} bytes; the limit is {} bytes together",
                    samples, bytes_each, max_data_bytes));
  }
}

class ImageMaker {
 public:
  explicit ImageMaker(const SyntheticImages& options)
      : options_(options),
        margin_y_(options.height / 8),
        margin_x_(options.width / 8),
        noise_(std::llround(options.noise * 255 / triangle_deviation * 65536)) {
    const auto channels = static_cast<std::size_t>(options.channels);
    constexpr int cells = 5;
    const auto height = static_cast<int>(options.height + 2 * margin_y_);
    const auto width = static_cast<int>(options.width + 2 * margin_x_);
    const Resizer enlarge(cells, cells, static_cast<int>(channels), height, width);
    for (int i = 0; i < options.classes; ++i) {
      RandomSequence random = random_for(options.seed, shared_stream, i);
      std::vector<std::uint8_t> coarse(cells * cells * channels);
      for (std::uint8_t& cell : coarse) cell = static_cast<std::uint8_t>(random.next());
      auto& pattern = patterns_.emplace_back(static_cast<std::size_t>(height) *
                                             static_cast<std::size_t>(width) * channels);
      enlarge(coarse, pattern);
    }
  }

  Dataset make(std::int64_t count, std::uint32_t stream) const {
    const Shape shape{options_.height, options_.width, options_.channels};
    const auto each = static_cast<std::size_t>(shape.elements());
    const std::size_t size = static_cast<std::size_t>(count) * each;
    const auto pixels = std::make_shared_for_overwrite<std::uint8_t[]>(size);
    std::vector<std::int32_t> labels(static_cast<std::size_t>(count));
    parallel_for(count, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const auto at = static_cast<std::size_t>(i);
        RandomSequence random = random_for(options_.seed, stream, i);
        labels[at] =
            static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(options_.classes)));
        draw(random, patterns_[static_cast<std::size_t>(labels[at])], pixels.get() + at * each);
      }
    });
    return Dataset::from_bytes(shape, Array<std::uint8_t>(pixels, size), std::move(labels),
                               {.name = "synthetic", .classes = options_.classes});
  }

 private:
  void draw(RandomSequence& random, const std::vector<std::uint8_t>& pattern,
            std::uint8_t* pixel) const {
    const std::int64_t y = random.below(static_cast<std::uint32_t>(2 * margin_y_ + 1));
    const std::int64_t x = random.below(static_cast<std::uint32_t>(2 * margin_x_ + 1));
    const std::int64_t contrast = 128 + random.below(129);
    const std::int64_t pattern_row = (options_.width + 2 * margin_x_) * options_.channels;
    const std::int64_t row = options_.width * options_.channels;
    for (std::int64_t line = y; line < y + options_.height; ++line) {
      const std::uint8_t* from = pattern.data() + line * pattern_row + x * options_.channels;
      std::uint32_t word = 0;
      for (std::int64_t i = 0; i < row; ++i) {
        word = i % 2 == 0 ? random.next() : word >> 16;
        const std::int64_t value = (from[i] * contrast >> 8) + (triangle(word) * noise_ >> 16);
        *pixel++ = static_cast<std::uint8_t>(std::clamp<std::int64_t>(value, 0, 255));
      }
    }
  }

  SyntheticImages options_;
  std::int64_t margin_y_, margin_x_;
  std::int64_t noise_;  // of a triangle of one, in 1/65536 of a byte's step
  std::vector<std::vector<std::uint8_t>> patterns_;
};

// Features and weights are integers in [−128, 127]; one power of two at the end makes floats of
// them.
class RegressionMaker {
 public:
  explicit RegressionMaker(const SyntheticRegression& options)
      : options_(options),
        // 2¹⁹·√features is about the deviation of a target.
        exponent_(19 +
                  static_cast<int>(std::bit_width(static_cast<std::uint64_t>(options.features))) /
                      2),
        noise_(std::llround(std::ldexp(options.noise / triangle_deviation, exponent_))) {
    RandomSequence random = random_for(options.seed, shared_stream, 0);
    hidden_.resize(static_cast<std::size_t>(units * options.features));
    output_.resize(static_cast<std::size_t>(units * options.targets));
    for (std::int64_t& weight : hidden_) weight = signed_byte(random.next());
    for (std::int64_t& weight : output_) weight = signed_byte(random.next());
  }

  Dataset make(std::int64_t count, std::uint32_t stream) const {
    std::vector<float> features(static_cast<std::size_t>(count * options_.features));
    std::vector<float> targets(static_cast<std::size_t>(count * options_.targets));
    parallel_for(count, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        RandomSequence random = random_for(options_.seed, stream, i);
        fill(random, features.data() + i * options_.features,
             targets.data() + i * options_.targets);
      }
    });
    return Dataset::from_floats({options_.features}, std::move(features),
                                Targets{{options_.targets}, std::move(targets)},
                                {.name = "synthetic-regression"});
  }

 private:
  static constexpr std::int64_t units = 8;

  static std::int64_t signed_byte(std::uint32_t word) {
    return static_cast<std::int64_t>(word & 0xff) - 128;
  }

  void fill(RandomSequence& random, float* features, float* targets) const {
    std::array<std::int64_t, units> sums{};
    for (std::int64_t f = 0; f < options_.features; ++f) {
      const std::int64_t feature = signed_byte(random.next());
      features[f] = static_cast<float>(feature) / 128;
      for (std::int64_t u = 0; u < units; ++u) {
        sums[static_cast<std::size_t>(u)] +=
            feature * hidden_[static_cast<std::size_t>(f * units + u)];
      }
    }
    for (std::int64_t t = 0; t < options_.targets; ++t) {
      std::int64_t target = triangle(random.next()) * noise_;
      for (std::int64_t u = 0; u < units; ++u) {
        target += std::max<std::int64_t>(0, sums[static_cast<std::size_t>(u)]) *
                  output_[static_cast<std::size_t>(t * units + u)];
      }
      targets[t] = static_cast<float>(std::ldexp(static_cast<double>(target), -exponent_));
    }
  }

  SyntheticRegression options_;
  int exponent_;
  std::int64_t noise_;
  std::vector<std::int64_t> hidden_, output_;
};

}  // namespace

Split synthetic_images(const SyntheticImages& options) {
  constexpr int longest_side = 2048;
  check_range("train", static_cast<double>(options.train), 1, most_samples);
  check_range("test", static_cast<double>(options.test), 1, most_samples);
  check_range("height", static_cast<double>(options.height), 1, longest_side);
  check_range("width", static_cast<double>(options.width), 1, longest_side);
  check_range("channels", static_cast<double>(options.channels), 1, 64);
  check_range("classes", options.classes, 1, 1000);
  check_range("noise", options.noise, 0, 10);
  const std::int64_t each = options.height * options.width * options.channels;
  check_bytes(options.train + options.test, each);
  check_bytes(2 * std::int64_t{options.classes}, each);
  const ImageMaker maker(options);
  return {maker.make(options.train, train_stream), maker.make(options.test, test_stream)};
}

Split synthetic_regression(const SyntheticRegression& options) {
  constexpr int longest_row = 1 << 20;
  check_range("train", static_cast<double>(options.train), 1, most_samples);
  check_range("test", static_cast<double>(options.test), 1, most_samples);
  check_range("features", static_cast<double>(options.features), 1, longest_row);
  check_range("targets", static_cast<double>(options.targets), 1, longest_row);
  check_range("noise", options.noise, 0, 100);
  check_bytes(options.train + options.test, 4 * (options.features + options.targets));
  const RegressionMaker maker(options);
  return {maker.make(options.train, train_stream), maker.make(options.test, test_stream)};
}

}  // namespace ravine::data
