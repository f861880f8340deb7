// How a data set is made of arrays, and what is checked then, once.
#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/data/dataset.h>

#include "dataset_internal.h"

namespace ravine::data {
namespace {

constexpr std::int32_t most = std::numeric_limits<std::int32_t>::max();

bool is_finite(float value) {
  constexpr std::uint32_t exponent = 0x7f800000;
  return (std::bit_cast<std::uint32_t>(value) & exponent) != exponent;
}

void check_finite(const std::string& title, const char* what, const Shape& shape,
                  std::span<const float> values) {
  // Without a way out of the loop the compiler tests many values at once.
  bool finite = true;
  for (const float value : values) finite &= is_finite(value);
  if (finite) return;
  const auto wrong = std::ranges::find_if_not(values, is_finite) - values.begin();
  throw DataError(fmt::format("{}: sample {} has {} as element {} of its {} {}; expected a number",
                              title, wrong / shape.elements(),
                              values[static_cast<std::size_t>(wrong)], wrong % shape.elements(),
                              what, shape.str()));
}

void check_shape(const std::string& title, const char* what, const Shape& shape) {
  if (shape.rank() == 0 || shape.rank() == Shape::max_rank || shape.elements() == 0) {
    throw DataError(
        fmt::format("{}: the shape of {} is {}; expected 1 to {} axes, none of them 0 long", title,
                    what, shape.str(), Shape::max_rank - 1));
  }
}

// `values` numbers make `count` samples of `shape`, in numbers that the engine can index.
void check_count(const std::string& title, const char* what, std::size_t values, std::size_t count,
                 const Shape& shape) {
  if (count == 0) throw DataError(fmt::format("{} is empty", title));
  if (count > most)
    throw DataError(fmt::format("{}: {} samples; the limit is {}", title, count, most));
  std::size_t expected = 0;
  if (__builtin_mul_overflow(count, static_cast<std::size_t>(shape.elements()), &expected) ||
      values != expected) {
    throw DataError(fmt::format("{}: {} samples with {} of shape {} need {} numbers; there are {}",
                                title, count, what, shape.str(), expected, values));
  }
}

DatasetContents with_bytes(const Shape& sample_shape, Array<std::uint8_t> pixels,
                           const DatasetOptions& options) {
  DatasetContents contents;
  contents.name = options.name;
  contents.sample_shape = sample_shape;
  contents.bytes = std::move(pixels);
  contents.factor = {1.0f / 255};
  check_shape(contents.title(), "a sample", sample_shape);
  return contents;
}

DatasetContents with_floats(const Shape& sample_shape, Array<float> values,
                            const DatasetOptions& options) {
  DatasetContents contents;
  contents.name = options.name;
  contents.sample_shape = sample_shape;
  contents.floats = std::move(values);
  check_shape(contents.title(), "a sample", sample_shape);
  check_finite(contents.title(), "inputs", sample_shape, contents.floats);
  return contents;
}

DatasetContents with_count(DatasetContents contents, std::size_t count) {
  check_count(contents.title(), "inputs", contents.bytes.size() + contents.floats.size(), count,
              contents.sample_shape);
  contents.count = static_cast<std::int64_t>(count);
  return contents;
}

DatasetContents without_answers(DatasetContents contents) {
  const std::size_t values = contents.bytes.size() + contents.floats.size();
  const auto each = static_cast<std::size_t>(contents.sample_shape.elements());
  return with_count(std::move(contents), values / each);
}

DatasetContents with_targets(DatasetContents contents, const Targets& targets) {
  const std::string title = contents.title();
  check_shape(title, "a target", targets.shape);
  const std::size_t count =
      targets.values.size() / static_cast<std::size_t>(targets.shape.elements());
  check_count(title, "targets", targets.values.size(), count, targets.shape);
  check_finite(title, "targets", targets.shape, targets.values);
  contents.targets = targets;
  return with_count(std::move(contents), count);
}

DatasetContents with_labels(DatasetContents contents, Array<std::int32_t> labels,
                            const DatasetOptions& options) {
  const std::string title = contents.title();
  contents = with_count(std::move(contents), labels.size());
  const std::span<const std::int32_t> all = labels;
  int classes = options.classes;
  if (classes == 0) classes = static_cast<int>(options.class_names.size());
  if (classes == 0) classes = std::clamp(std::ranges::max(all), 0, most - 1) + 1;
  if (classes < 1 ||
      (!options.class_names.empty() && std::cmp_not_equal(options.class_names.size(), classes))) {
    throw DataError(
        fmt::format("{}: {} classes with {} names", title, classes, options.class_names.size()));
  }
  const auto wrong =
      std::ranges::find_if(all, [&](std::int32_t label) { return label < 0 || label >= classes; });
  if (wrong != all.end()) {
    throw DataError(fmt::format("{}: the label of sample {} is {}; expected 0 to {}", title,
                                wrong - all.begin(), *wrong, classes - 1));
  }
  contents.labels = std::move(labels);
  contents.classes = classes;
  contents.class_names = options.class_names;
  return contents;
}

}  // namespace

Dataset Dataset::from_bytes(const Shape& sample_shape, Array<std::uint8_t> pixels,
                            Array<std::int32_t> labels, const DatasetOptions& options) {
  return Dataset(with_labels(with_bytes(sample_shape, std::move(pixels), options),
                             std::move(labels), options));
}

Dataset Dataset::from_bytes(const Shape& sample_shape, Array<std::uint8_t> pixels,
                            const Targets& targets, const DatasetOptions& options) {
  return Dataset(with_targets(with_bytes(sample_shape, std::move(pixels), options), targets));
}

Dataset Dataset::from_bytes(const Shape& sample_shape, Array<std::uint8_t> pixels) {
  return Dataset(without_answers(with_bytes(sample_shape, std::move(pixels), {})));
}

Dataset Dataset::from_floats(const Shape& sample_shape, Array<float> values,
                             Array<std::int32_t> labels, const DatasetOptions& options) {
  return Dataset(with_labels(with_floats(sample_shape, std::move(values), options),
                             std::move(labels), options));
}

Dataset Dataset::from_floats(const Shape& sample_shape, Array<float> values, const Targets& targets,
                             const DatasetOptions& options) {
  return Dataset(with_targets(with_floats(sample_shape, std::move(values), options), targets));
}

Dataset Dataset::from_floats(const Shape& sample_shape, Array<float> values) {
  return Dataset(without_answers(with_floats(sample_shape, std::move(values), {})));
}

}  // namespace ravine::data
