#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/kernels/pad.h>
#include <ravine/layers/zero_padding2d.h>

namespace ravine {

Variable pad2d(const Variable& x, const kernels::Padding2D& p) {
  const Shape& s = x.shape();
  if (s.rank() != 4 || p.top < 0 || p.bottom < 0 || p.left < 0 || p.right < 0) {
    throw Error(
        fmt::format("pad2d: x {} with padding {}+{} by {}+{}; x must be [N,H,W,C] and no "
                    "padding negative",
                    s.str(), p.top, p.bottom, p.left, p.right));
  }
  const Tensor y(x.stream(), {s[0], p.top + s[1] + p.bottom, p.left + s[2] + p.right, s[3]});
  kernels::pad2d(x.stream(), p, x.value(), y);
  return record("pad2d", {x}, y, [p, x](Gradients& grad, const Tensor& dy) {
    if (const Tensor dx = grad.of(x)) kernels::crop2d(grad.stream(), p, dy, dx);
  });
}

Variable ZeroPadding2D::operator()(Scope& scope, const Variable& x) const {
  const auto named = scope.layer(kind_name, name);
  return pad2d(x, padding);
}

}  // namespace ravine
