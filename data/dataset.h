#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <ravine/core/shape.h>
#include <ravine/data/array.h>

namespace ravine::data {

struct DatasetOptions {
  std::string name = {};  ///< for messages and reports
  int classes = 0;        ///< 0: as many as names, else the largest label + 1
  std::vector<std::string> class_names = {};
};

/// What a model with real-valued outputs should give: `values` [N,...shape].
struct Targets {
  Shape shape;
  Array<float> values;
};

/// How a model sees the bytes of an image.
enum class Pixels {
  unit,  ///< 0 to 1
  byte,  ///< 0 to 255
};

/// Of each channel (the last axis of a sample), or one value for all of them.
struct MeanAndDeviation {
  std::vector<double> mean, deviation;
};

struct DatasetContents;

/// Samples and what a model should answer for them, in host memory; copies share it, nobody changes
/// it.
///
/// Inputs are bytes or floats [N,...sample_shape]; answers are labels in [0, classes), float
/// targets, or missing (for predict). Every method that changes something returns another Dataset.
/// Throws  DataError when sizes disagree, a label is out of range or a float is NaN or infinite,
///         naming sample and value; the same from every reader of files.
class Dataset {
 public:
  static Dataset from_bytes(const Shape& sample_shape, Array<std::uint8_t> pixels,
                            Array<std::int32_t> labels, const DatasetOptions& options = {});
  static Dataset from_bytes(const Shape& sample_shape, Array<std::uint8_t> pixels,
                            const Targets& targets, const DatasetOptions& options = {});
  static Dataset from_bytes(const Shape& sample_shape, Array<std::uint8_t> pixels);
  static Dataset from_floats(const Shape& sample_shape, Array<float> values,
                             Array<std::int32_t> labels, const DatasetOptions& options = {});
  static Dataset from_floats(const Shape& sample_shape, Array<float> values, const Targets& targets,
                             const DatasetOptions& options = {});
  static Dataset from_floats(const Shape& sample_shape, Array<float> values);

  const std::string& name() const;
  /// The number of samples, in [1, 2³¹).
  std::int64_t size() const;
  /// [H,W,C] of an image, [features] of a row.
  const Shape& sample_shape() const;

  /// Whether the inputs are bytes(); else they are floats(). The other span is empty.
  bool holds_bytes() const;
  std::span<const std::uint8_t> bytes() const;
  std::span<const float> floats() const;

  /// [N], empty when the answers are targets or missing.
  std::span<const std::int32_t> labels() const;
  /// The number of labels' classes; 0 without labels.
  int classes() const;
  /// One a class, or none.
  const std::vector<std::string>& class_names() const;
  /// [N,...target_shape], empty when the answers are labels or missing.
  std::span<const float> targets() const;
  const Shape& target_shape() const;

  /// [N], how much a sample counts in the loss; empty: 1 each.
  std::span<const float> weights() const;
  /// A model sees factor[c]·x + offset[c]; [C] each, or [1] when all channels agree.
  std::span<const float> factor() const;
  std::span<const float> offset() const;

  /// Samples first … first + count − 1.
  Dataset subset(std::int64_t first, std::int64_t count) const;
  /// The first `count` samples.
  Dataset take(std::int64_t count) const;
  /// With weights [N], finite and not negative.
  Dataset weighted(Array<float> weights) const;

  /// Bytes as 0…1 (what a new data set has) or 0…255, in place of any earlier conversion.
  Dataset pixels(Pixels as) const;
  /// (x − mean[c]) / deviation[c] after the conversion so far; a deviation of 0 is an error.
  Dataset normalized(const MeanAndDeviation& of) const;
  /// Of each channel after the conversion so far, over all samples; deviation as √(Σ(x − mean)²/N).
  MeanAndDeviation mean_and_deviation() const;

  /// Byte images [H,W,1] ↔ [H,W,3]; grey = (77·red + 150·green + 29·blue) / 256, rounded down.
  Dataset to_channels(int channels) const;
  /// Byte images scaled by the triangle filter: bilinear when enlarging, averaging when shrinking.
  /// Exact rational arithmetic, rounded half up: the same bytes on every machine.
  Dataset resized(std::int64_t height, std::int64_t width) const;

 private:
  explicit Dataset(DatasetContents contents);

  std::shared_ptr<const DatasetContents> contents_;
};

struct Split {
  Dataset train, test;
};

}  // namespace ravine::data
