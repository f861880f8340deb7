#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ravine::data {

/// Pixels of one or three channels as three or one; the same number copies.
void convert_channels(std::span<const std::uint8_t> from, int from_channels,
                      std::span<std::uint8_t> to, int to_channels);

/// The longest side of an image that is read or resized; Resizer's sums are exact up to here.
constexpr int max_image_side = 4096;

/// Scales images [H,W,C] of one size to another by the triangle filter in exact rational
/// arithmetic.
///
/// Sides in [1, max_image_side]. Half-pixel centres; a pixel outside the image has no weight.
class Resizer {
 public:
  Resizer(int from_height, int from_width, int channels, int to_height, int to_width);
  void operator()(std::span<const std::uint8_t> from, std::span<std::uint8_t> to) const;

 private:
  struct Taps {
    int first;
    std::vector<std::uint64_t> weights;
    std::uint64_t sum;
  };
  static std::vector<Taps> axis(int from, int to);

  std::size_t from_width_, channels_;
  std::vector<Taps> rows_, columns_;
};

}  // namespace ravine::data
