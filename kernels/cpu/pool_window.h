#pragma once

#include <ravine/core/tensor.h>
#include <ravine/kernels/cpu/loops.h>
#include <ravine/kernels/geometry.h>

namespace ravine::kernels::cpu {

/// The extents of a pooling of an image [H,W,C] to [P,Q,C].
struct PoolExtents {
  PoolExtents(const Shape& x, const Shape& y)
      : images(x[0]), height(x[1]), width(x[2]), channels(x[3]), rows(y[1]), columns(y[2]) {}

  std::int64_t images, height, width, channels;  // N, H, W, C
  std::int64_t rows, columns;                    // P, Q
};

/// Indices from `begin` to `end`.
struct Range {
  std::int64_t begin, end;
};

/// The places of a window, along one axis, that lie inside the input.
///
/// `start` is the input index of place 0, negative inside the padding.
constexpr Range places_inside(std::int64_t start, std::int64_t window, std::int64_t input) {
  return {std::max<std::int64_t>(0, -start), std::min(window, input - start)};
}

/// How many places of the window of output (p, q) lie inside the input.
constexpr std::int64_t places_in_window(const Pool2DGeometry& g, const PoolExtents& e,
                                        std::int64_t p, std::int64_t q) {
  const Range r = places_inside(p * g.stride.h - g.padding.top, g.window.h, e.height);
  const Range s = places_inside(q * g.stride.w - g.padding.left, g.window.w, e.width);
  return (r.end - r.begin) * (s.end - s.begin);
}

/// The outputs along one axis whose windows hold the input `index`; `padded` is index + padding.
constexpr Range windows_over(std::int64_t padded, std::int64_t window, std::int64_t stride,
                             std::int64_t outputs) {
  const std::int64_t first = padded < window ? 0 : (padded - window) / stride + 1;
  return {first, std::min(outputs, padded / stride + 1)};
}

/// A place (r, s) of the window of one output, and where output and input begin: both in elements,
/// `output` in [N,P,Q,C], `input` in the input row.
struct PlaceOver {
  std::int64_t r, s, p, q;
  std::int64_t output, input;
};

/// body(place) for every place of every window that lies on input row `row` of [N·H, W·C], in
/// order.
///
/// Backward functions gather by it: a row's gradient is written by one thread.
template <class Body>
RAVINE_INLINE inline void for_each_place_over(const Pool2DGeometry& g, const PoolExtents& e,
                                              std::int64_t row, const Body& body) {
  const std::int64_t padded = row % e.height + g.padding.top;
  const Range over = windows_over(padded, g.window.h, g.stride.h, e.rows);
  for (std::int64_t p = over.begin; p < over.end; ++p) {
    for (std::int64_t q = 0; q < e.columns; ++q) {
      const std::int64_t left = q * g.stride.w - g.padding.left;
      const Range inside = places_inside(left, g.window.w, e.width);
      for (std::int64_t s = inside.begin; s < inside.end; ++s) {
        body(PlaceOver{.r = padded - p * g.stride.h,
                       .s = s,
                       .p = p,
                       .q = q,
                       .output = ((row / e.height * e.rows + p) * e.columns + q) * e.channels,
                       .input = (left + s) * e.channels});
      }
    }
  }
}

/// Channels that are worked on at once: what is kept for them stays in the first cache.
constexpr std::int64_t channel_tile = 256;

}  // namespace ravine::kernels::cpu
