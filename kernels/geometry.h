#pragma once

#include <cstdint>

#include <ravine/core/shape.h>

namespace ravine {

/// A height and a width; one number stands for both: `Extent2{3}` is 3×3.
struct Extent2 {
  std::int64_t h = 1;
  std::int64_t w = 1;

  constexpr Extent2() = default;
  constexpr Extent2(std::int64_t both) : h(both), w(both) {}  // NOLINT: 3 reads as 3×3
  constexpr Extent2(std::int64_t height, std::int64_t width) : h(height), w(width) {}
  friend constexpr bool operator==(const Extent2&, const Extent2&) = default;
};

}  // namespace ravine

namespace ravine::kernels {

/// Rows and columns added around an image; the sides may differ.
struct Padding2D {
  std::int64_t top = 0, bottom = 0, left = 0, right = 0;

  friend constexpr bool operator==(const Padding2D&, const Padding2D&) = default;
};

/// How a convolution walks over its input.
struct Conv2DGeometry {
  Extent2 stride = 1;
  Extent2 dilation = 1;
  Padding2D padding = {};
  std::int64_t groups = 1;
};

/// How a pooling window walks over its input. Padding never wins a maximum nor counts in a mean.
struct Pool2DGeometry {
  Extent2 window = 2;
  Extent2 stride = 2;
  Padding2D padding = {};
};

/// What a matmul or convolution does to each result before writing it.
enum class Epilogue : std::uint8_t { none, relu };

/// The padding that gives ⌈input/stride⌉ outputs; an odd rest goes to the bottom and the right.
Padding2D same_padding(Extent2 input, Extent2 window, Extent2 stride, Extent2 dilation);

/// [N,P,Q,K] of a convolution of x [N,H,W,C] with w [K,R,S,C/groups].
///
/// Throws  Error naming both shapes when channels, groups, strides or the window do not fit.
Shape conv2d_output_shape(const Conv2DGeometry& geometry, const Shape& x, const Shape& w);

/// [N,P,Q,C] of a pooling of x [N,H,W,C]. Throws  Error when the window does not fit.
Shape pool2d_output_shape(const Pool2DGeometry& geometry, const Shape& x);

}  // namespace ravine::kernels
