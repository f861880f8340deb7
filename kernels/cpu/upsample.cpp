#include <ravine/kernels/cpu/loops.h>
#include <ravine/kernels/upsample.h>

namespace ravine::kernels::cpu {

void upsample2d_forward(Stream&, Extent2 factor, const Tensor& x, const Tensor& y) {
  const std::int64_t width = x.shape()[2], channels = x.shape()[3];
  const std::int64_t row_width = y.shape()[2] * channels;
  const float* from = x.data();
  float* to = y.data();
  parallel_for(y.shape()[0] * y.shape()[1], rows_grain(row_width),
               [=](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t row = begin; row < end; ++row) {
                   const float* source = from + row / factor.h * width * channels;
                   float* target = to + row * row_width;
                   for (std::int64_t w = 0; w < width; ++w, source += channels) {
                     for (std::int64_t j = 0; j < factor.w; ++j, target += channels) {
                       std::copy_n(source, channels, target);
                     }
                   }
                 }
               });
}

void upsample2d_backward(Stream&, Extent2 factor, const Tensor& dy, const Tensor& dx) {
  const std::int64_t width = dx.shape()[2], channels = dx.shape()[3];
  const std::int64_t wide_row = dy.shape()[2] * channels;
  const float* from = dy.data();
  float* to = dx.data();
  parallel_for(dx.shape()[0] * dx.shape()[1], rows_grain(factor.h * wide_row),
               [=](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t row = begin; row < end; ++row) {
                   float* target = to + row * width * channels;
                   std::fill_n(target, width * channels, 0.0f);
                   for (std::int64_t i = 0; i < factor.h; ++i) {
                     const float* source = from + (row * factor.h + i) * wide_row;
                     for (std::int64_t w = 0; w < width * factor.w; ++w) {
                       float* sum = target + w / factor.w * channels;
                       vectorized([&]() RAVINE_INLINE {
                         for (std::int64_t c = 0; c < channels; ++c) {
                           sum[c] += source[w * channels + c];
                         }
                       });
                     }
                   }
                 }
               });
}

}  // namespace ravine::kernels::cpu
