#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/data/dataset.h>

#include "dataset_internal.h"

namespace ravine::data {
namespace {

std::size_t as_size(std::int64_t count) {
  return static_cast<std::size_t>(count);
}

template <class T>
Array<T> part(const Array<T>& all, std::int64_t first, std::int64_t count, std::int64_t each) {
  return all.empty() ? all : all.slice(as_size(first * each), as_size(count * each));
}

}  // namespace

Dataset::Dataset(DatasetContents contents)
    : contents_(std::make_shared<const DatasetContents>(std::move(contents))) {}

const std::string& Dataset::name() const {
  return contents_->name;
}
std::int64_t Dataset::size() const {
  return contents_->count;
}
const Shape& Dataset::sample_shape() const {
  return contents_->sample_shape;
}
bool Dataset::holds_bytes() const {
  return !contents_->bytes.empty();
}
std::span<const std::uint8_t> Dataset::bytes() const {
  return contents_->bytes;
}
std::span<const float> Dataset::floats() const {
  return contents_->floats;
}
std::span<const std::int32_t> Dataset::labels() const {
  return contents_->labels;
}
int Dataset::classes() const {
  return contents_->classes;
}
const std::vector<std::string>& Dataset::class_names() const {
  return contents_->class_names;
}
std::span<const float> Dataset::targets() const {
  return contents_->targets.values;
}
const Shape& Dataset::target_shape() const {
  return contents_->targets.shape;
}
std::span<const float> Dataset::weights() const {
  return contents_->weights;
}
std::span<const float> Dataset::factor() const {
  return contents_->factor;
}
std::span<const float> Dataset::offset() const {
  return contents_->offset;
}

Dataset Dataset::subset(std::int64_t first, std::int64_t count) const {
  if (first < 0 || count < 1 || count > size() - std::min(first, size())) {
    throw Error(fmt::format("{}: {} samples from {} on were asked for; there are {}",
                            contents_->title(), count, first, size()));
  }
  DatasetContents some = *contents_;
  some.count = count;
  some.bytes = part(some.bytes, first, count, some.sample_shape.elements());
  some.floats = part(some.floats, first, count, some.sample_shape.elements());
  some.labels = part(some.labels, first, count, 1);
  some.targets.values = part(some.targets.values, first, count, some.targets.shape.elements());
  some.weights = part(some.weights, first, count, 1);
  return Dataset(std::move(some));
}

Dataset Dataset::take(std::int64_t count) const {
  return subset(0, count);
}

Dataset Dataset::weighted(Array<float> weights) const {
  if (as_size(size()) != weights.size()) {
    throw DataError(
        fmt::format("{}: {} weights for {} samples", contents_->title(), weights.size(), size()));
  }
  const auto wrong = std::ranges::find_if(
      weights.span(), [](float weight) { return !std::isfinite(weight) || weight < 0; });
  if (wrong != weights.span().end()) {
    throw DataError(fmt::format("{}: the weight of sample {} is {}; expected a number ≥ 0",
                                contents_->title(), wrong - weights.span().begin(), *wrong));
  }
  DatasetContents other = *contents_;
  other.weights = std::move(weights);
  return Dataset(std::move(other));
}

}  // namespace ravine::data
