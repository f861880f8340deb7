#pragma once

#include <cstdint>
#include <vector>

#include <ravine/kernels/geometry.h>

namespace ravine::test {

/// Convolution and its gradients as loops over their formulas, in double.
struct ReferenceConv {
  kernels::Conv2DGeometry g;
  Shape x, w, y;

  /// Calls visit(index in x, index in w, index in y) for every product that y is a sum of.
  template <class Visit>
  void for_each_product(const Visit& visit) const {
    const std::int64_t group_filters = w[0] / g.groups;
    for (std::int64_t n = 0; n < y[0]; ++n)
      for (std::int64_t p = 0; p < y[1]; ++p)
        for (std::int64_t q = 0; q < y[2]; ++q)
          for (std::int64_t k = 0; k < y[3]; ++k)
            for (std::int64_t r = 0; r < w[1]; ++r)
              for (std::int64_t s = 0; s < w[2]; ++s) {
                const std::int64_t h = p * g.stride.h + r * g.dilation.h - g.padding.top;
                const std::int64_t v = q * g.stride.w + s * g.dilation.w - g.padding.left;
                if (h < 0 || h >= x[1] || v < 0 || v >= x[2]) continue;
                for (std::int64_t c = 0; c < w[3]; ++c) {
                  const std::int64_t channel = k / group_filters * w[3] + c;
                  visit(static_cast<std::size_t>(((n * x[1] + h) * x[2] + v) * x[3] + channel),
                        static_cast<std::size_t>(((k * w[1] + r) * w[2] + s) * w[3] + c),
                        static_cast<std::size_t>(((n * y[1] + p) * y[2] + q) * y[3] + k));
                }
              }
  }

  std::vector<double> forward(const std::vector<double>& xs, const std::vector<double>& ws,
                              const std::vector<double>& bs) const {
    std::vector<double> ys(static_cast<std::size_t>(y.elements()));
    for (std::size_t i = 0; i < ys.size(); ++i) {
      ys[i] = bs.empty() ? 0 : bs[i % static_cast<std::size_t>(y[3])];
    }
    for_each_product([&](std::size_t i, std::size_t j, std::size_t o) { ys[o] += xs[i] * ws[j]; });
    return ys;
  }
  std::vector<double> backward_input(const std::vector<double>& dy,
                                     const std::vector<double>& ws) const {
    std::vector<double> dx(static_cast<std::size_t>(x.elements()));
    for_each_product([&](std::size_t i, std::size_t j, std::size_t o) { dx[i] += dy[o] * ws[j]; });
    return dx;
  }
  std::vector<double> backward_weight(const std::vector<double>& dy,
                                      const std::vector<double>& xs) const {
    std::vector<double> dw(static_cast<std::size_t>(w.elements()));
    for_each_product([&](std::size_t i, std::size_t j, std::size_t o) { dw[j] += dy[o] * xs[i]; });
    return dw;
  }
  std::vector<double> backward_bias(const std::vector<double>& dy) const {
    std::vector<double> db(static_cast<std::size_t>(y[3]));
    for (std::size_t i = 0; i < dy.size(); ++i) db[i % db.size()] += dy[i];
    return db;
  }
};

/// Geometries of which no two are alike: strides, dilations, groups, even windows, odd channels.
inline std::vector<ReferenceConv> conv_cases() {
  using kernels::Conv2DGeometry;
  struct Case {
    Conv2DGeometry g;
    Shape x, w;
  };
  const std::vector<Case> cases{
      {{}, {3, 12, 11, 1}, {8, 3, 3, 1}},
      {{}, {2, 28, 28, 1}, {32, 3, 3, 1}},
      {{}, {1, 7, 9, 3}, {5, 3, 3, 3}},
      {{}, {4, 6, 8, 16}, {32, 1, 1, 16}},
      {{.stride = 2}, {3, 11, 14, 4}, {6, 3, 3, 4}},
      {{.stride = {2, 3}}, {2, 13, 17, 3}, {7, 2, 4, 3}},
      {{.dilation = 2}, {2, 13, 12, 3}, {8, 3, 3, 3}},
      {{.dilation = {1, 3}}, {2, 9, 16, 5}, {4, 3, 3, 5}},
      {{.padding = {1, 1, 1, 1}}, {5, 8, 10, 8}, {16, 3, 3, 8}},
      {{.stride = 2, .padding = {0, 1, 0, 1}}, {2, 14, 14, 16}, {32, 3, 3, 16}},
      {{.stride = {1, 2}, .padding = {2, 0, 1, 3}}, {3, 9, 10, 6}, {9, 4, 5, 6}},
      {{.padding = {2, 2, 2, 2}, .groups = 1}, {2, 10, 10, 2}, {4, 5, 5, 2}},
      {{.groups = 2}, {2, 8, 9, 4}, {6, 3, 3, 2}},
      {{.padding = {1, 1, 1, 1}, .groups = 8}, {3, 9, 8, 8}, {8, 3, 3, 1}},
      {{.stride = 2, .padding = {1, 0, 1, 0}, .groups = 4}, {2, 10, 12, 8}, {12, 2, 2, 2}},
      {{.padding = {1, 2, 1, 2}}, {2, 6, 7, 3}, {10, 4, 4, 3}},
      {{}, {17, 5, 5, 2}, {3, 5, 5, 2}},
      {{.stride = 4}, {2, 16, 20, 3}, {8, 4, 4, 3}},
      {{.padding = {0, 0, 3, 3}}, {2, 3, 12, 4}, {8, 1, 7, 4}},
      {{.padding = {3, 3, 0, 0}}, {2, 12, 3, 4}, {8, 7, 1, 4}},
      {{.padding = {1, 1, 1, 1}}, {33, 6, 6, 7}, {13, 3, 3, 7}},
      {{.stride = 3, .dilation = 2, .padding = {2, 1, 1, 2}}, {2, 19, 18, 5}, {6, 3, 3, 5}},
      {{.groups = 3}, {1, 6, 6, 9}, {3, 2, 2, 3}},
      {{.padding = {1, 1, 1, 1}}, {2, 16, 16, 32}, {24, 3, 3, 32}},
      {{}, {1, 4, 4, 64}, {20, 2, 3, 64}},
      {{.stride = {3, 1}}, {2, 13, 9, 8}, {40, 3, 2, 8}},
  };
  std::vector<ReferenceConv> references;
  for (const Case& c : cases) {
    references.push_back({c.g, c.x, c.w, kernels::conv2d_output_shape(c.g, c.x, c.w)});
  }
  return references;
}

/// What a float sum of `terms` products of numbers up to 1 may be off.
inline double sum_tolerance(std::int64_t terms) {
  return 1e-5 + 2e-7 * static_cast<double>(terms);
}

}  // namespace ravine::test
