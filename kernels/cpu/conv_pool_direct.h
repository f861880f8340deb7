#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <ravine/core/stream.h>
#include <ravine/core/tensor.h>
#include <ravine/kernels/geometry.h>

namespace ravine::kernels::cpu {

/// A convolution without groups, pooled by 2×2, computed straight from the image: for each pooled
/// pixel and vector of filters the four sums stay in registers, and only the largest is written.
class DirectConvPool {
 public:
  DirectConvPool(const Conv2DGeometry& geometry, const Shape& x, const Shape& w, const Shape& y);

  void forward(Stream& stream, const float* x, const float* w, const float* b, float* y,
               std::uint8_t* winner) const;
  /// dw and db may be null.
  void backward_weight(Stream& stream, const float* dy, const std::uint8_t* winner, const float* x,
                       float* dw, float* db) const;

  /// What the loops see of one image.
  struct Image {
    std::int64_t pooled_rows, pooled_columns, filters;
    std::int64_t taps;              // R·S·C
    std::int64_t right, down;       // from one conv output to the next, in floats
    const std::ptrdiff_t* offsets;  // of each tap from the output's corner
  };

 private:
  /// The image with its padding around it, or the image itself where there is none.
  const float* padded(const float* image, float* buffer) const;
  Image image() const;
  std::int64_t images_per_chunk() const;

  Conv2DGeometry geometry_;
  Shape x_, w_, y_;
  std::int64_t height_, width_;  // with padding
  std::vector<std::ptrdiff_t> offsets_;
};

}  // namespace ravine::kernels::cpu
