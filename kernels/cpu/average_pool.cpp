// Mean-pooling, cut like max-pooling: forward over output rows, backward over input rows.
#include <ravine/kernels/cpu/pool_window.h>
#include <ravine/kernels/pool.h>

namespace ravine::kernels::cpu {
namespace {

RAVINE_INLINE inline void mean_of_window(const Pool2DGeometry& g, const PoolExtents& e,
                                         const float* image, std::int64_t p, std::int64_t q,
                                         float* y) {
  const std::int64_t top = p * g.stride.h - g.padding.top;
  const std::int64_t left = q * g.stride.w - g.padding.left;
  const Range r_inside = places_inside(top, g.window.h, e.height);
  const Range s_inside = places_inside(left, g.window.w, e.width);
  const auto count =
      static_cast<float>((r_inside.end - r_inside.begin) * (s_inside.end - s_inside.begin));
  for (std::int64_t start = 0; start < e.channels; start += channel_tile) {
    const std::int64_t size = std::min(channel_tile, e.channels - start);
    // A sum of row sums: the error grows with the window's sides, not with its area.
    float total[channel_tile], row_sum[channel_tile];
    std::fill_n(total, size, 0.0f);
    for (std::int64_t r = r_inside.begin; r < r_inside.end; ++r) {
      std::fill_n(row_sum, size, 0.0f);
      for (std::int64_t s = s_inside.begin; s < s_inside.end; ++s) {
        const float* x = image + ((top + r) * e.width + left + s) * e.channels + start;
        for (std::int64_t c = 0; c < size; ++c) row_sum[c] += x[c];
      }
      for (std::int64_t c = 0; c < size; ++c) total[c] += row_sum[c];
    }
    float* to = y + start;
    for (std::int64_t c = 0; c < size; ++c) to[c] = total[c] / count;
  }
}

}  // namespace

void average_pool2d_forward(Stream&, const Pool2DGeometry& g, const Tensor& x, const Tensor& y) {
  const PoolExtents e(x.shape(), y.shape());
  const float* from = x.data();
  float* to = y.data();
  const std::int64_t row_width = e.columns * e.channels;
  const std::int64_t grain = rows_grain(row_width * g.window.h * g.window.w);
  for_each_row(e.images * e.rows, grain, [&](std::int64_t row) RAVINE_INLINE {
    const float* image = from + row / e.rows * e.height * e.width * e.channels;
    for (std::int64_t q = 0; q < e.columns; ++q) {
      mean_of_window(g, e, image, row % e.rows, q, to + row * row_width + q * e.channels);
    }
  });
}

void average_pool2d_backward(Stream&, const Pool2DGeometry& g, const Tensor& dy, const Tensor& dx) {
  const PoolExtents e(dx.shape(), dy.shape());
  const float* gradient = dy.data();
  float* result = dx.data();
  const std::int64_t row_width = e.width * e.channels;
  for_each_row(e.images * e.height, rows_grain(row_width), [&](std::int64_t row) RAVINE_INLINE {
    float* to = result + row * row_width;
    std::fill_n(to, row_width, 0.0f);
    for_each_place_over(g, e, row, [&](const PlaceOver& place) RAVINE_INLINE {
      const float share = 1 / static_cast<float>(places_in_window(g, e, place.p, place.q));
      const float* from = gradient + place.output;
      float* target = to + place.input;
      RAVINE_INDEPENDENT
      for (std::int64_t c = 0; c < e.channels; ++c) target[c] += share * from[c];
    });
  });
}

}  // namespace ravine::kernels::cpu
