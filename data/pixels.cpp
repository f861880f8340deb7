#include <algorithm>
#include <cstdlib>

#include "pixels_internal.h"

namespace ravine::data {

void convert_channels(std::span<const std::uint8_t> from, int from_channels,
                      std::span<std::uint8_t> to, int to_channels) {
  if (from_channels == to_channels) {
    std::ranges::copy(from, to.begin());
  } else if (to_channels == 3) {
    for (std::size_t i = 0; i < from.size(); ++i) {
      to[3 * i] = to[3 * i + 1] = to[3 * i + 2] = from[i];
    }
  } else {
    for (std::size_t i = 0; i < to.size(); ++i) {
      const int sum = 77 * from[3 * i] + 150 * from[3 * i + 1] + 29 * from[3 * i + 2];
      to[i] = static_cast<std::uint8_t>(sum >> 8);
    }
  }
}

Resizer::Resizer(int from_height, int from_width, int channels, int to_height, int to_width)
    : from_width_(static_cast<std::size_t>(from_width)),
      channels_(static_cast<std::size_t>(channels)),
      rows_(axis(from_height, to_height)),
      columns_(axis(from_width, to_width)) {}

// The distance between the centres of source pixel i and target pixel t is
// |(2i+1)·to − (2t+1)·from| / (2·to) source pixels, the filter's half width max(1, from/to): times
// 2·to everything is an integer.
std::vector<Resizer::Taps> Resizer::axis(int from, int to) {
  const std::int64_t reach = 2 * std::max(from, to);
  std::vector<Taps> taps(static_cast<std::size_t>(to));
  for (std::int64_t t = 0; t < to; ++t) {
    Taps& tap = taps[static_cast<std::size_t>(t)];
    const auto weight = [&](std::int64_t i) {
      return reach - std::abs((2 * i + 1) * to - (2 * t + 1) * from);
    };
    std::int64_t i = std::max<std::int64_t>(0, ((2 * t + 1) * from - reach) / (2 * to) - 1);
    while (weight(i) <= 0) ++i;
    tap.first = static_cast<int>(i);
    tap.sum = 0;
    for (; i < from && weight(i) > 0; ++i) {
      tap.weights.push_back(static_cast<std::uint64_t>(weight(i)));
      tap.sum += tap.weights.back();
    }
  }
  return taps;
}

void Resizer::operator()(std::span<const std::uint8_t> from, std::span<std::uint8_t> to) const {
  const std::size_t from_row = from_width_ * channels_;
  std::vector<std::uint64_t> row(from_row);
  auto out = to.begin();
  for (const Taps& vertical : rows_) {
    std::ranges::fill(row, 0);
    const std::uint8_t* source = from.data() + static_cast<std::size_t>(vertical.first) * from_row;
    for (const std::uint64_t weight : vertical.weights) {
      for (std::size_t x = 0; x < from_row; ++x) row[x] += weight * source[x];
      source += from_row;
    }
    for (const Taps& horizontal : columns_) {
      const std::uint64_t divisor = vertical.sum * horizontal.sum;
      for (std::size_t c = 0; c < channels_; ++c) {
        const std::uint64_t* pixel =
            row.data() + static_cast<std::size_t>(horizontal.first) * channels_ + c;
        std::uint64_t sum = divisor / 2;
        for (const std::uint64_t weight : horizontal.weights) {
          sum += weight * *pixel;
          pixel += channels_;
        }
        *out++ = static_cast<std::uint8_t>(sum / divisor);
      }
    }
  }
}

}  // namespace ravine::data
