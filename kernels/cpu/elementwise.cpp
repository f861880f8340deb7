#include <ravine/kernels/cpu/channel_affine.h>
#include <ravine/kernels/elementwise.h>

namespace ravine::kernels::cpu {

void add(Stream&, const Tensor& a, const Tensor& b, const Tensor& y) {
  for_each_element(y.elements(), light_grain,
                   [a = a.data(), b = b.data(), y = y.data()](std::int64_t i)
                       RAVINE_INLINE { y[i] = a[i] + b[i]; });
}

void subtract(Stream&, const Tensor& a, const Tensor& b, const Tensor& y) {
  for_each_element(y.elements(), light_grain,
                   [a = a.data(), b = b.data(), y = y.data()](std::int64_t i)
                       RAVINE_INLINE { y[i] = a[i] - b[i]; });
}

void multiply(Stream&, const Tensor& a, const Tensor& b, const Tensor& y) {
  for_each_element(y.elements(), light_grain,
                   [a = a.data(), b = b.data(), y = y.data()](std::int64_t i)
                       RAVINE_INLINE { y[i] = a[i] * b[i]; });
}

void scale_shift(Stream&, float factor, float offset, const Tensor& x, const Tensor& y) {
  for_each_element(y.elements(), light_grain,
                   [factor, offset, x = x.data(), y = y.data()](std::int64_t i)
                       RAVINE_INLINE { y[i] = factor * x[i] + offset; });
}

void scale_by(Stream&, const Tensor& s, const Tensor& x, const Tensor& y) {
  for_each_element(y.elements(), light_grain,
                   [factor = *s.data(), x = x.data(), y = y.data()](std::int64_t i)
                       RAVINE_INLINE { y[i] = factor * x[i]; });
}

void broadcast(Stream&, float factor, const Tensor& s, const Tensor& y) {
  for_each_element(y.elements(), light_grain,
                   [value = factor * *s.data(), y = y.data()](std::int64_t i)
                       RAVINE_INLINE { y[i] = value; });
}

void channel_scale_shift(Stream& stream, const Tensor& factor, const Tensor& offset,
                         const Tensor& x, const Tensor& y) {
  if (y.elements() == 0) return;
  const ChannelAffine affine(stream, factor, offset);
  const float* from = x.data();
  float* to = y.data();
  const std::int64_t grain = affine.period() * rows_grain(affine.period());
  parallel_for(y.elements(), grain, [&](std::int64_t begin, std::int64_t end) {
    vectorized([&]() RAVINE_INLINE { affine.apply(from + begin, to + begin, end - begin); });
  });
}

}  // namespace ravine::kernels::cpu
