#include <algorithm>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/kernels/geometry.h>

namespace ravine::kernels {
namespace {

struct Axis {
  const char* operation;
  const char* name;
  std::int64_t input, before, after, window, stride, dilation;
};

std::int64_t output_extent(const Axis& a) {
  if (a.window < 1 || a.stride < 1 || a.dilation < 1 || a.before < 0 || a.after < 0) {
    throw Error(fmt::format(
        "{}: {} has window {}, stride {}, dilation {}, padding {}+{}; all but padding must be at "
        "least 1 and padding at least 0",
        a.operation, a.name, a.window, a.stride, a.dilation, a.before, a.after));
  }
  const std::int64_t reach = (a.window - 1) * a.dilation + 1;
  const std::int64_t padded = a.input + a.before + a.after;
  if (reach > padded) {
    throw Error(
        fmt::format("{}: a window that reaches over {} does not fit into {} {} (padding {}+{})",
                    a.operation, reach, a.name, a.input, a.before, a.after));
  }
  return (padded - reach) / a.stride + 1;
}

}  // namespace

Padding2D same_padding(Extent2 input, Extent2 window, Extent2 stride, Extent2 dilation) {
  const auto total = [](std::int64_t in, std::int64_t win, std::int64_t step, std::int64_t dil) {
    const std::int64_t outputs = (in + step - 1) / step;
    return std::max<std::int64_t>(0, (outputs - 1) * step + (win - 1) * dil + 1 - in);
  };
  const std::int64_t rows = total(input.h, window.h, stride.h, dilation.h);
  const std::int64_t columns = total(input.w, window.w, stride.w, dilation.w);
  return {rows / 2, rows - rows / 2, columns / 2, columns - columns / 2};
}

Shape conv2d_output_shape(const Conv2DGeometry& g, const Shape& x, const Shape& w) {
  if (x.rank() != 4 || w.rank() != 4) {
    throw Error(fmt::format("conv2d: x {} and w {} must be [N,H,W,C] and [K,R,S,C/groups]", x.str(),
                            w.str()));
  }
  if (g.groups < 1 || w[0] % g.groups != 0 || x[3] % g.groups != 0) {
    throw Error(
        fmt::format("conv2d: {} groups do not divide the {} channels of x {} and the {} "
                    "filters of w {}",
                    g.groups, x[3], x.str(), w[0], w.str()));
  }
  if (x[3] != w[3] * g.groups) {
    throw Error(
        fmt::format("conv2d: x has {} channels but w {} needs {}", x[3], w.str(), w[3] * g.groups));
  }
  return {x[0],
          output_extent({"conv2d", "height", x[1], g.padding.top, g.padding.bottom, w[1],
                         g.stride.h, g.dilation.h}),
          output_extent({"conv2d", "width", x[2], g.padding.left, g.padding.right, w[2], g.stride.w,
                         g.dilation.w}),
          w[0]};
}

Shape pool2d_output_shape(const Pool2DGeometry& g, const Shape& x) {
  if (x.rank() != 4) throw Error(fmt::format("pool2d: x {} must be [N,H,W,C]", x.str()));
  const Padding2D& p = g.padding;
  if (p.top >= g.window.h || p.bottom >= g.window.h || p.left >= g.window.w ||
      p.right >= g.window.w) {
    throw Error(fmt::format("pool2d: padding {}+{} by {}+{} leaves windows of {}×{} empty", p.top,
                            p.bottom, p.left, p.right, g.window.h, g.window.w));
  }
  return {
      x[0], output_extent({"pool2d", "height", x[1], p.top, p.bottom, g.window.h, g.stride.h, 1}),
      output_extent({"pool2d", "width", x[2], p.left, p.right, g.window.w, g.stride.w, 1}), x[3]};
}

}  // namespace ravine::kernels
