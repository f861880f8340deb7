#include <cstring>

#include <ravine/kernels/cpu/channel_affine.h>
#include <ravine/kernels/gather.h>

namespace ravine::kernels::cpu {
namespace {

const std::int32_t* order_from(const Tensor& order, const Tensor& cursor) {
  return order.data<std::int32_t>() + *cursor.data<std::int64_t>();
}

/// Asks for memory that is needed soon: a data set is larger than the caches, and a shuffled order
/// jumps about in it, so the processor foresees the bytes of a row but not the next row.
RAVINE_INLINE inline void prefetch(const void* data, std::int64_t size) {
  constexpr std::int64_t line = 64, most = 4096;
  for (std::int64_t i = 0; i < std::min(size, most); i += line) {
    __builtin_prefetch(static_cast<const std::byte*>(data) + i);
  }
}

template <class T>
void gather_affine(const ChannelAffine& affine, const T* samples, const std::int32_t* order,
                   const Tensor& y) {
  const std::int64_t width = y.elements() / y.shape()[0];
  float* to = y.data();
  const std::int64_t rows = y.shape()[0];
  for_each_row(rows, rows_grain(width), [&](std::int64_t n) RAVINE_INLINE {
    if (n + 1 < rows) {
      prefetch(samples + std::int64_t{order[n + 1]} * width,
               width * static_cast<std::int64_t>(sizeof(T)));
    }
    affine.apply(samples + std::int64_t{order[n]} * width, to + n * width, width);
  });
}

}  // namespace

void gather_inputs(Stream& stream, const Tensor& samples, const Tensor& order, const Tensor& cursor,
                   const Tensor& factor, const Tensor& offset, const Tensor& y) {
  if (y.elements() == 0) return;
  const ChannelAffine affine(stream, factor, offset);
  const std::int32_t* from = order_from(order, cursor);
  if (samples.dtype() == DType::u8) {
    gather_affine(affine, samples.data<std::uint8_t>(), from, y);
  } else {
    gather_affine(affine, samples.data<float>(), from, y);
  }
}

void gather_rows(Stream&, const Tensor& rows, const Tensor& order, const Tensor& cursor,
                 const Tensor& y) {
  if (y.elements() == 0) return;
  const std::int32_t* from = order_from(order, cursor);
  const std::size_t size = y.size_bytes() / static_cast<std::size_t>(y.shape()[0]);
  if (size == sizeof(std::int32_t)) {  // labels and weights: a call of memcpy each would cost more
    const auto* source = static_cast<const std::int32_t*>(rows.bytes());
    auto* target = static_cast<std::int32_t*>(y.bytes());
    for_each_row(y.shape()[0], light_grain, [from, source, target](std::int64_t n) RAVINE_INLINE {
      target[n] = source[from[n]];
    });
    return;
  }
  const auto* source = static_cast<const std::byte*>(rows.bytes());
  auto* target = static_cast<std::byte*>(y.bytes());
  const auto grain = rows_grain(static_cast<std::int64_t>(size / sizeof(float)));
  for_each_row(y.shape()[0], grain, [&](std::int64_t n) RAVINE_INLINE {
    std::memcpy(target + static_cast<std::size_t>(n) * size,
                source + static_cast<std::size_t>(from[n]) * size, size);
  });
}

void advance(Stream&, std::int64_t by, const Tensor& counter) {
  *counter.data<std::int64_t>() += by;
}

}  // namespace ravine::kernels::cpu
