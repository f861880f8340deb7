#include <algorithm>
#include <memory>

#include <ravine/kernels/conv.h>
#include <ravine/kernels/conv_pool.h>
#include <ravine/kernels/cpu/conv_pool_direct.h>
#include <ravine/kernels/cpu/loops.h>

namespace ravine::kernels::cpu {
namespace {

constexpr std::uint8_t dead = 4;

DirectConvPool& direct_plan(Stream& stream, const Conv2DGeometry& g, const Shape& x, const Shape& w,
                            const Shape& y) {
  const PlanKey key(
      "conv2d_relu_max_pool",
      {x[0], x[1], x[2], x[3], w[0], w[1], w[2], w[3], g.stride.h, g.stride.w, g.dilation.h,
       g.dilation.w, g.padding.top, g.padding.bottom, g.padding.left, g.padding.right});
  return stream.plans().get<DirectConvPool>(
      key, [&] { return std::make_shared<DirectConvPool>(g, x, w, y); });
}

/// relu and 2×2 max-pool of a whole map.
void pool_map(const Tensor& map, const Tensor& y, const Tensor& winner) {
  const std::int64_t rows = map.shape()[1], width = map.shape()[2], filters = map.shape()[3];
  const std::int64_t pooled_rows = y.shape()[1], pooled_width = y.shape()[2];
  const float* from = map.data();
  float* to = y.data();
  std::uint8_t* places = winner.data<std::uint8_t>();
  parallel_for(
      y.shape()[0] * pooled_rows, rows_grain(4 * pooled_width * filters),
      [=](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
          const std::int64_t first = row / pooled_rows * rows + row % pooled_rows * 2;
          for (std::int64_t q = 0; q < pooled_width; ++q) {
            const float* top = from + (first * width + 2 * q) * filters;
            const float* bottom = top + width * filters;
            for (std::int64_t k = 0; k < filters; ++k) {
              const float window[4] = {top[k], top[k + filters], bottom[k], bottom[k + filters]};
              std::uint8_t place = 0;
              for (std::uint8_t i = 1; i < 4; ++i) {
                const float best = window[place];
                if (!(window[i] <= best) && best == best) place = i;
              }
              const bool is_dead = window[place] <= 0;
              const std::int64_t out = (row * pooled_width + q) * filters + k;
              to[out] = is_dead ? 0 : window[place];
              places[out] = is_dead ? dead : place;
            }
          }
        }
      });
}

/// dy at each winner, zero everywhere else.
void scatter(const Tensor& dy, const Tensor& winner, const Tensor& map) {
  const std::int64_t rows = map.shape()[1], width = map.shape()[2], filters = map.shape()[3];
  const std::int64_t pooled_rows = dy.shape()[1], pooled_width = dy.shape()[2];
  const float* slopes = dy.data();
  const std::uint8_t* places = winner.data<std::uint8_t>();
  float* to = map.data();
  parallel_for(map.shape()[0] * rows, rows_grain(width * filters),
               [=](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t row = begin; row < end; ++row) {
                   float* target = to + row * width * filters;
                   std::fill_n(target, width * filters, 0.0f);
                   const std::int64_t h = row % rows;
                   if (h / 2 >= pooled_rows) continue;
                   const std::int64_t pooled_row = row / rows * pooled_rows + h / 2;
                   vectorized([&]() RAVINE_INLINE {
                     for (std::int64_t w = 0; w < 2 * pooled_width; ++w) {
                       const std::int64_t in = (pooled_row * pooled_width + w / 2) * filters;
                       const auto place = static_cast<std::uint8_t>(h % 2 * 2 + w % 2);
                       for (std::int64_t k = 0; k < filters; ++k) {
                         target[w * filters + k] = places[in + k] == place ? slopes[in + k] : 0;
                       }
                     }
                   });
                 }
               });
}

}  // namespace

void conv2d_relu_max_pool_forward(Stream& stream, const Conv2DGeometry& geometry, const Tensor& x,
                                  const Tensor& w, const Tensor& b, const Tensor& y,
                                  const Tensor& winner) {
  if (geometry.groups == 1) {
    direct_plan(stream, geometry, x.shape(), w.shape(), y.shape())
        .forward(stream, x.data(), w.data(), b ? b.data() : nullptr, y.data(),
                 winner.data<std::uint8_t>());
    return;
  }
  const Scratch until_return(stream, 0);
  const Tensor map(stream, conv2d_output_shape(geometry, x.shape(), w.shape()));
  conv2d_forward(stream, geometry, Epilogue::none, x, w, b, map);
  pool_map(map, y, winner);
}

void conv2d_relu_max_pool_backward_input(Stream& stream, const Conv2DGeometry& geometry,
                                         const Tensor& dy, const Tensor& winner, const Tensor& w,
                                         const Tensor& dx) {
  const Scratch until_return(stream, 0);
  const Tensor map(stream, conv2d_output_shape(geometry, dx.shape(), w.shape()));
  scatter(dy, winner, map);
  conv2d_backward_input(stream, geometry, map, w, dx);
}

void conv2d_relu_max_pool_backward_weight(Stream& stream, const Conv2DGeometry& geometry,
                                          const Tensor& dy, const Tensor& winner, const Tensor& x,
                                          const Tensor& dw, const Tensor& db) {
  if (geometry.groups == 1 && dw) {
    direct_plan(stream, geometry, x.shape(), dw.shape(), dy.shape())
        .backward_weight(stream, dy.data(), winner.data<std::uint8_t>(), x.data(), dw.data(),
                         db ? db.data() : nullptr);
    return;
  }
  if (!dw) {
    // Only db is wanted: the sum of what is alive, through a map of dy's own size.
    const Scratch until_return(stream, 0);
    const Tensor alive(stream, dy.shape());
    const float* slopes = dy.data();
    const std::uint8_t* places = winner.data<std::uint8_t>();
    float* to = alive.data();
    for_each_element(dy.elements(), light_grain, [=](std::int64_t i) RAVINE_INLINE {
      to[i] = places[i] == dead ? 0 : slopes[i];
    });
    conv2d_backward_weight(stream, geometry, alive, x, {}, db);
    return;
  }
  const Scratch until_return(stream, 0);
  const Tensor map(stream, conv2d_output_shape(geometry, x.shape(), dw.shape()));
  scatter(dy, winner, map);
  conv2d_backward_weight(stream, geometry, map, x, dw, db);
}

}  // namespace ravine::kernels::cpu
