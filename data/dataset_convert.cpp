// What a data set is turned into: other constants for the conversion, other images.
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/core/parallel.h>
#include <ravine/data/dataset.h>

#include "dataset_internal.h"
#include "pixels_internal.h"

namespace ravine::data {
namespace {

double of_channel(std::span<const float> constants, std::size_t channel) {
  return constants[constants.size() == 1 ? 0 : channel];
}

void check_images(const DatasetContents& contents, const char* action) {
  const Shape& shape = contents.sample_shape;
  if (contents.bytes.empty() || shape.rank() != 3 || (shape[2] != 1 && shape[2] != 3)) {
    throw Error(fmt::format("{}: {} needs byte images [H, W, 1] or [H, W, 3]; samples are {} {}",
                            contents.title(), action, contents.bytes.empty() ? "floats" : "bytes",
                            shape.str()));
  }
}

// A buffer for all samples of `shape`, in place of the old ones.
std::shared_ptr<std::uint8_t[]> make_room(DatasetContents& contents, const Shape& shape) {
  const Shape all = shape.with_batch(contents.count);
  if (static_cast<std::uint64_t>(all.elements()) > max_data_bytes) {
    throw Error(fmt::format("{}: images {} take {} bytes; the limit is {}", contents.title(),
                            all.str(), all.elements(), max_data_bytes));
  }
  const auto size = static_cast<std::size_t>(all.elements());
  auto room = std::make_shared_for_overwrite<std::uint8_t[]>(size);
  contents.sample_shape = shape;
  contents.bytes = Array<std::uint8_t>(room, size);
  return room;
}

// Calls add(sum, channel, value) for every value, those of a channel in order. Blocks keep values
// in the cache and the sum of a channel in a register.
template <class T, class Sum, class Add>
void sum_by_channel(std::span<const T> values, std::vector<Sum>& sums, const Add& add) {
  const std::size_t channels = sums.size();
  const std::size_t block = std::max<std::size_t>(1, 8192 / channels) * channels;
  for (std::size_t begin = 0; begin < values.size(); begin += block) {
    const std::size_t end = std::min(begin + block, values.size());
    for (std::size_t c = 0; c < channels; ++c) {
      Sum sum = sums[c];
      for (std::size_t i = begin + c; i < end; i += channels) add(sum, c, values[i]);
      sums[c] = sum;
    }
  }
}

// Integers: both sums are exact, the squares up to 2⁴⁷ values.
MeanAndDeviation of_bytes(std::span<const std::uint8_t> values, std::size_t channels) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> sums(channels);
  sum_by_channel(values, sums, [](auto& sum, std::size_t, std::uint32_t value) {
    sum.first += value;
    sum.second += value * value;
  });
  const double count = static_cast<double>(values.size() / channels);
  MeanAndDeviation result;
  for (const auto& [sum, squares] : sums) {
    const double mean = static_cast<double>(sum) / count;
    const double variance = static_cast<double>(squares) / count - mean * mean;
    result.mean.push_back(mean);
    result.deviation.push_back(std::sqrt(std::max(0.0, variance)));
  }
  return result;
}

MeanAndDeviation of_floats(std::span<const float> values, std::size_t channels) {
  MeanAndDeviation result{std::vector<double>(channels), std::vector<double>(channels)};
  const double count = static_cast<double>(values.size() / channels);
  sum_by_channel(values, result.mean, [](double& sum, std::size_t, float value) { sum += value; });
  for (double& mean : result.mean) mean /= count;
  sum_by_channel(values, result.deviation, [&](double& sum, std::size_t c, float value) {
    const double distance = value - result.mean[c];
    sum += distance * distance;
  });
  for (double& deviation : result.deviation) deviation = std::sqrt(deviation / count);
  return result;
}

}  // namespace

Dataset Dataset::pixels(Pixels as) const {
  if (!holds_bytes()) {
    throw Error(
        fmt::format("{}: the inputs are floats; pixels() is for bytes", contents_->title()));
  }
  DatasetContents other = *contents_;
  other.factor = {as == Pixels::unit ? 1.0f / 255 : 1.0f};
  other.offset = {0};
  return Dataset(std::move(other));
}

Dataset Dataset::normalized(const MeanAndDeviation& of) const {
  const auto channels = static_cast<std::size_t>(sample_shape().back());
  const std::size_t constants = of.mean.size();
  if (of.deviation.size() != constants || (constants != 1 && constants != channels)) {
    throw Error(fmt::format(
        "{}: {} means and {} deviations; expected one each, or {} for samples {}",
        contents_->title(), constants, of.deviation.size(), channels, sample_shape().str()));
  }
  DatasetContents other = *contents_;
  const std::size_t count = std::max(constants, factor().size());
  other.factor.resize(count);
  other.offset.resize(count);
  for (std::size_t c = 0; c < count; ++c) {
    const double mean = of.mean[constants == 1 ? 0 : c];
    const double deviation = of.deviation[constants == 1 ? 0 : c];
    if (!std::isfinite(mean) || !std::isfinite(deviation) || deviation <= 0) {
      throw Error(
          fmt::format("{}: channel {} has mean {} and deviation {}; expected numbers, the "
                      "deviation above 0 (1 for a channel that never changes)",
                      contents_->title(), c, mean, deviation));
    }
    other.factor[c] = static_cast<float>(of_channel(factor(), c) / deviation);
    other.offset[c] = static_cast<float>((of_channel(offset(), c) - mean) / deviation);
  }
  return Dataset(std::move(other));
}

MeanAndDeviation Dataset::mean_and_deviation() const {
  const auto channels = static_cast<std::size_t>(sample_shape().back());
  MeanAndDeviation result =
      holds_bytes() ? of_bytes(bytes(), channels) : of_floats(floats(), channels);
  for (std::size_t c = 0; c < channels; ++c) {
    result.mean[c] = of_channel(factor(), c) * result.mean[c] + of_channel(offset(), c);
    result.deviation[c] *= of_channel(factor(), c);
  }
  return result;
}

Dataset Dataset::to_channels(int channels) const {
  check_images(*contents_, "to_channels");
  if (channels != 1 && channels != 3) {
    throw Error(
        fmt::format("{}: {} channels asked for; expected 1 or 3", contents_->title(), channels));
  }
  if (factor().size() != 1 && channels != sample_shape()[2]) {
    throw Error(
        fmt::format("{}: the channels are normalized one by one; call to_channels() before "
                    "normalized()",
                    contents_->title()));
  }
  DatasetContents other = *contents_;
  const Shape& from = sample_shape();
  const auto room = make_room(other, {from[0], from[1], channels});
  convert_channels(bytes(), static_cast<int>(from[2]), {room.get(), other.bytes.size()}, channels);
  return Dataset(std::move(other));
}

Dataset Dataset::resized(std::int64_t height, std::int64_t width) const {
  check_images(*contents_, "resized");
  const Shape& from = sample_shape();
  for (const std::int64_t side : {height, width, from[0], from[1]}) {
    if (side < 1 || side > max_image_side) {
      throw Error(fmt::format("{}: cannot resize {} × {} to {} × {}: sides are 1 to {}",
                              contents_->title(), from[0], from[1], height, width, max_image_side));
    }
  }
  DatasetContents other = *contents_;
  const auto room = make_room(other, {height, width, from[2]});
  const Resizer resize(static_cast<int>(from[0]), static_cast<int>(from[1]),
                       static_cast<int>(from[2]), static_cast<int>(height),
                       static_cast<int>(width));
  const auto before = static_cast<std::size_t>(from.elements());
  const auto after = static_cast<std::size_t>(other.sample_shape.elements());
  parallel_for(size(), 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); std::cmp_less(i, end); ++i) {
      resize(bytes().subspan(i * before, before), {room.get() + i * after, after});
    }
  });
  return Dataset(std::move(other));
}

}  // namespace ravine::data
