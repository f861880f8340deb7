#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/kernels/upsample.h>
#include <ravine/layers/upsampling2d.h>

namespace ravine {

Variable upsample2d(const Variable& x, Extent2 factor) {
  const Shape& s = x.shape();
  if (s.rank() != 4 || factor.h < 1 || factor.w < 1) {
    throw Error(
        fmt::format("upsample2d: x {} by {}×{}; x must be [N,H,W,C] and both factors at least 1",
                    s.str(), factor.h, factor.w));
  }
  const Tensor y(x.stream(), {s[0], s[1] * factor.h, s[2] * factor.w, s[3]});
  kernels::upsample2d_forward(x.stream(), factor, x.value(), y);
  return record("upsample2d", {x}, y, [factor, x](Gradients& grad, const Tensor& dy) {
    if (const Tensor dx = grad.of(x)) kernels::upsample2d_backward(grad.stream(), factor, dy, dx);
  });
}

Variable UpSampling2D::operator()(Scope& scope, const Variable& x) const {
  const auto named = scope.layer(kind_name, name);
  return upsample2d(x, size);
}

}  // namespace ravine
