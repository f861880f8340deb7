#include <ravine/kernels/cpu/loops.h>
#include <ravine/kernels/pad.h>

namespace ravine::kernels::cpu {

void pad2d(Stream&, const Padding2D& padding, const Tensor& x, const Tensor& y) {
  const std::int64_t height = x.shape()[1], channels = x.shape()[3];
  const std::int64_t width = x.shape()[2] * channels;
  const std::int64_t rows = y.shape()[1], row_width = y.shape()[2] * channels;
  const std::int64_t left = padding.left * channels;
  const float* from = x.data();
  float* to = y.data();
  for_each_row(y.shape()[0] * rows, rows_grain(row_width), [&](std::int64_t row) RAVINE_INLINE {
    float* target = to + row * row_width;
    const std::int64_t source = row % rows - padding.top;
    if (source < 0 || source >= height) {
      std::fill_n(target, row_width, 0.0f);
      return;
    }
    std::fill_n(target, left, 0.0f);
    std::copy_n(from + (row / rows * height + source) * width, width, target + left);
    std::fill_n(target + left + width, row_width - left - width, 0.0f);
  });
}

void crop2d(Stream&, const Padding2D& padding, const Tensor& x, const Tensor& y) {
  const std::int64_t height = x.shape()[1], channels = x.shape()[3];
  const std::int64_t width = x.shape()[2] * channels;
  const std::int64_t rows = y.shape()[1], row_width = y.shape()[2] * channels;
  const float* from = x.data() + padding.top * width + padding.left * channels;
  float* to = y.data();
  for_each_row(y.shape()[0] * rows, rows_grain(row_width), [&](std::int64_t row) RAVINE_INLINE {
    const std::int64_t source = row / rows * height + row % rows;
    std::copy_n(from + source * width, row_width, to + row * row_width);
  });
}

}  // namespace ravine::kernels::cpu
