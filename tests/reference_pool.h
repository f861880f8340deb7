#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include <ravine/kernels/geometry.h>

namespace ravine::test::reference {

/// Calls body(index in y, place r·S + s, index in x) for each place of each window that is not
/// padding.
template <class Body>
void for_each_pool_place(const kernels::Pool2DGeometry& g, const Shape& x, const Body& body) {
  const Shape y = kernels::pool2d_output_shape(g, x);
  for (std::int64_t n = 0; n < y[0]; ++n)
    for (std::int64_t p = 0; p < y[1]; ++p)
      for (std::int64_t q = 0; q < y[2]; ++q)
        for (std::int64_t c = 0; c < y[3]; ++c)
          for (std::int64_t r = 0; r < g.window.h; ++r)
            for (std::int64_t s = 0; s < g.window.w; ++s) {
              const std::int64_t h = p * g.stride.h + r - g.padding.top;
              const std::int64_t w = q * g.stride.w + s - g.padding.left;
              if (h < 0 || h >= x[1] || w < 0 || w >= x[2]) continue;
              const auto output = static_cast<std::size_t>(((n * y[1] + p) * y[2] + q) * y[3] + c);
              const auto input = static_cast<std::size_t>(((n * x[1] + h) * x[2] + w) * x[3] + c);
              body(output, r * g.window.w + s, input);
            }
}

struct MaxPool {
  std::vector<double> y;
  std::vector<std::int64_t> winner;
};

inline MaxPool max_pool2d(const kernels::Pool2DGeometry& g, const Shape& shape,
                          const std::vector<double>& x) {
  const auto size = static_cast<std::size_t>(kernels::pool2d_output_shape(g, shape).elements());
  MaxPool result{std::vector<double>(size), std::vector<std::int64_t>(size, -1)};
  for_each_pool_place(g, shape, [&](std::size_t output, std::int64_t place, std::size_t input) {
    double& best = result.y[output];
    const bool is_first = result.winner[output] < 0;
    if (is_first || (!std::isnan(best) && (std::isnan(x[input]) || x[input] > best))) {
      best = x[input];
      result.winner[output] = place;
    }
  });
  return result;
}

template <class Winner>
std::vector<double> max_pool2d_backward(const kernels::Pool2DGeometry& g, const Shape& shape,
                                        const std::vector<double>& dy,
                                        const std::vector<Winner>& winner) {
  std::vector<double> dx(static_cast<std::size_t>(shape.elements()));
  for_each_pool_place(g, shape, [&](std::size_t output, std::int64_t place, std::size_t input) {
    if (static_cast<std::int64_t>(winner[output]) == place) dx[input] += dy[output];
  });
  return dx;
}

/// How many places of each window are not padding.
inline std::vector<double> pool_counts(const kernels::Pool2DGeometry& g, const Shape& shape) {
  std::vector<double> counts(
      static_cast<std::size_t>(kernels::pool2d_output_shape(g, shape).elements()));
  for_each_pool_place(g, shape,
                      [&](std::size_t output, std::int64_t, std::size_t) { ++counts[output]; });
  return counts;
}

inline std::vector<double> average_pool2d(const kernels::Pool2DGeometry& g, const Shape& shape,
                                          const std::vector<double>& x) {
  const std::vector<double> counts = pool_counts(g, shape);
  std::vector<double> y(counts.size());
  for_each_pool_place(g, shape, [&](std::size_t output, std::int64_t, std::size_t input) {
    y[output] += x[input] / counts[output];
  });
  return y;
}

inline std::vector<double> average_pool2d_backward(const kernels::Pool2DGeometry& g,
                                                   const Shape& shape,
                                                   const std::vector<double>& dy) {
  const std::vector<double> counts = pool_counts(g, shape);
  std::vector<double> dx(static_cast<std::size_t>(shape.elements()));
  for_each_pool_place(g, shape, [&](std::size_t output, std::int64_t, std::size_t input) {
    dx[input] += dy[output] / counts[output];
  });
  return dx;
}

}  // namespace ravine::test::reference
