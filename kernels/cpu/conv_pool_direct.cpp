#include <algorithm>
#include <cstring>

#include <ravine/core/isa.h>
#include <ravine/core/parallel.h>
#include <ravine/kernels/cpu/conv_pool_direct.h>

namespace ravine::kernels::cpu {
namespace {

/// W floats and W integers in a register, and the same at any address.
template <int W>
struct Vector {
  // typedef: g++ drops the attribute of a `using` whose size depends on a parameter.
  typedef float F __attribute__((vector_size(W * 4)));
  typedef std::int32_t I __attribute__((vector_size(W * 4)));
  typedef float FloatsAt __attribute__((vector_size(W * 4), aligned(4), may_alias));
  typedef std::uint8_t BytesAt __attribute__((vector_size(W), aligned(1), may_alias));

  // By reference: a vector as parameter or result would need the instruction set at every call.
  static RAVINE_INLINE const FloatsAt& at(const float* from) {
    return *reinterpret_cast<const FloatsAt*>(from);
  }
  static RAVINE_INLINE FloatsAt& at(float* to) { return *reinterpret_cast<FloatsAt*>(to); }
};

constexpr std::int64_t lanes = 16;  // filters are padded to whole vectors of the widest set

std::int64_t padded_filters(std::int64_t filters) {
  return (filters + lanes - 1) / lanes * lanes;
}

/// One image; weights [taps][padded filters], bias [padded filters], V vectors of filters at a
/// time.
template <int W, int V>
RAVINE_INLINE inline void forward_image(const DirectConvPool::Image& im, const float* x,
                                        const float* w, const float* b, float* y,
                                        std::uint8_t* winner) {
  using F = typename Vector<W>::F;
  using I = typename Vector<W>::I;
  const std::int64_t row_stride = padded_filters(im.filters);
  for (std::int64_t p = 0; p < im.pooled_rows; ++p) {
    for (std::int64_t k = 0; k < im.filters; k += W * V) {
      const float* corner = x + 2 * p * im.down;
      for (std::int64_t q = 0; q < im.pooled_columns; ++q, corner += 2 * im.right) {
        F sum[4][V];
        for (int v = 0; v < V; ++v) {
          const F bias = Vector<W>::at(b + k + v * W);
          for (int place = 0; place < 4; ++place) sum[place][v] = bias;
        }
        const float* weight = w + k;
        for (std::int64_t tap = 0; tap < im.taps; ++tap, weight += row_stride) {
          const float* at = corner + im.offsets[tap];
          const float x0 = at[0], x1 = at[im.right], x2 = at[im.down], x3 = at[im.right + im.down];
          for (int v = 0; v < V; ++v) {
            const F factor = Vector<W>::at(weight + v * W);
            sum[0][v] += x0 * factor;
            sum[1][v] += x1 * factor;
            sum[2][v] += x2 * factor;
            sum[3][v] += x3 * factor;
          }
        }
        const std::int64_t out = (p * im.pooled_columns + q) * im.filters + k;
        for (int v = 0; v < V; ++v) {
          F best = sum[0][v];
          I place{};
          for (int next = 1; next < 4; ++next) {
            // Larger, or NaN where the best so far is none: the first NaN wins, then the first of
            // equals.
            const I larger = ~(sum[next][v] <= best) & (best == best);
            best = larger ? sum[next][v] : best;
            place = larger ? I{} + next : place;
          }
          const I dead = best <= 0;
          best = dead ? F{} : best;
          place = dead ? I{} + 4 : place;
          const auto bytes = __builtin_convertvector(place, typename Vector<W>::BytesAt);
          const std::int64_t left = im.filters - k - v * W;
          if (left >= W) {
            Vector<W>::at(y + out + v * W) = best;
            *reinterpret_cast<typename Vector<W>::BytesAt*>(winner + out + v * W) = bytes;
          } else {
            for (std::int64_t lane = 0; lane < left; ++lane) {
              y[out + v * W + lane] = best[lane];
              winner[out + v * W + lane] = bytes[lane];
            }
          }
        }
      }
    }
  }
}

/// Adds one image to dw [taps][padded filters], T taps at a time, and to db [padded filters].
template <int W, int T>
RAVINE_INLINE inline void backward_image(const DirectConvPool::Image& im, const float* dy,
                                         const std::uint8_t* winner, const float* x, float* dw,
                                         float* db) {
  using F = typename Vector<W>::F;
  using I = typename Vector<W>::I;
  const std::int64_t row_stride = padded_filters(im.filters);
  for (std::int64_t k = 0; k + W <= im.filters; k += W) {
    for (std::int64_t first = 0; first < im.taps; first += T) {
      F sum[T], bias_sum{};
      std::ptrdiff_t offset[T];
      for (int t = 0; t < T; ++t) {
        const std::int64_t tap = std::min(first + t, im.taps - 1);
        sum[t] = Vector<W>::at(dw + tap * row_stride + k);
        offset[t] = im.offsets[tap];
      }
      const float* slope = dy + k;
      const std::uint8_t* place = winner + k;
      for (std::int64_t p = 0; p < im.pooled_rows; ++p) {
        const float* corner = x + 2 * p * im.down;
        for (std::int64_t q = 0; q < im.pooled_columns; ++q) {
          const I won = __builtin_convertvector(
              *reinterpret_cast<const typename Vector<W>::BytesAt*>(place), I);
          const F g = Vector<W>::at(slope);
          const F g0 = won == 0 ? g : F{}, g1 = won == 1 ? g : F{};
          const F g2 = won == 2 ? g : F{}, g3 = won == 3 ? g : F{};
          if (first == 0) bias_sum += won != 4 ? g : F{};
          for (int t = 0; t < T; ++t) {
            const float* at = corner + offset[t];
            sum[t] += at[0] * g0;
            sum[t] += at[im.right] * g1;
            sum[t] += at[im.down] * g2;
            sum[t] += at[im.right + im.down] * g3;
          }
          corner += 2 * im.right;
          slope += im.filters;
          place += im.filters;
        }
      }
      for (int t = 0; t < T && first + t < im.taps; ++t) {
        Vector<W>::at(dw + (first + t) * row_stride + k) = sum[t];
      }
      if (first == 0) Vector<W>::at(db + k) += bias_sum;
    }
  }
}

/// The same for the filters from `k` on that do not fill a vector.
void backward_rest(const DirectConvPool::Image& im, const float* dy, const std::uint8_t* winner,
                   const float* x, float* dw, float* db, std::int64_t k) {
  const std::int64_t row_stride = padded_filters(im.filters);
  for (std::int64_t p = 0; p < im.pooled_rows; ++p) {
    for (std::int64_t q = 0; q < im.pooled_columns; ++q) {
      const std::int64_t in = (p * im.pooled_columns + q) * im.filters;
      for (std::int64_t filter = k; filter < im.filters; ++filter) {
        const std::uint8_t place = winner[in + filter];
        if (place == 4) continue;
        const float g = dy[in + filter];
        const float* at = x + (2 * p + place / 2) * im.down + (2 * q + place % 2) * im.right;
        for (std::int64_t tap = 0; tap < im.taps; ++tap) {
          dw[tap * row_stride + filter] += at[im.offsets[tap]] * g;
        }
        db[filter] += g;
      }
    }
  }
}

template <int W>
RAVINE_INLINE inline void forward_any(const DirectConvPool::Image& im, const float* x,
                                      const float* w, const float* b, float* y,
                                      std::uint8_t* winner) {
  if (im.filters % (2 * W) == 0) {
    forward_image<W, 2>(im, x, w, b, y, winner);
  } else {
    forward_image<W, 1>(im, x, w, b, y, winner);
  }
}

template <int W>
RAVINE_INLINE inline void backward_any(const DirectConvPool::Image& im, const float* dy,
                                       const std::uint8_t* winner, const float* x, float* dw,
                                       float* db) {
  if (im.taps % 9 == 0) {
    backward_image<W, 9>(im, dy, winner, x, dw, db);
  } else {
    backward_image<W, 8>(im, dy, winner, x, dw, db);
  }
  if (im.filters % W != 0) {
    backward_rest(im, dy, winner, x, dw, db, im.filters / W * W);
  }
}

}  // namespace

DirectConvPool::DirectConvPool(const Conv2DGeometry& geometry, const Shape& x, const Shape& w,
                               const Shape& y)
    : geometry_(geometry),
      x_(x),
      w_(w),
      y_(y),
      height_(x[1] + geometry.padding.top + geometry.padding.bottom),
      width_(x[2] + geometry.padding.left + geometry.padding.right) {
  for (std::int64_t r = 0; r < w[1]; ++r) {
    for (std::int64_t s = 0; s < w[2]; ++s) {
      for (std::int64_t c = 0; c < w[3]; ++c) {
        offsets_.push_back((r * geometry.dilation.h * width_ + s * geometry.dilation.w) * w[3] + c);
      }
    }
  }
}

DirectConvPool::Image DirectConvPool::image() const {
  return {.pooled_rows = y_[1],
          .pooled_columns = y_[2],
          .filters = y_[3],
          .taps = static_cast<std::int64_t>(offsets_.size()),
          .right = geometry_.stride.w * x_[3],
          .down = geometry_.stride.h * width_ * x_[3],
          .offsets = offsets_.data()};
}

std::int64_t DirectConvPool::images_per_chunk() const {
  return (x_[0] + 15) / 16;
}

const float* DirectConvPool::padded(const float* image, float* buffer) const {
  if (geometry_.padding == Padding2D{}) return image;
  const std::int64_t row = x_[2] * x_[3], padded_row = width_ * x_[3];
  std::fill_n(buffer, height_ * padded_row, 0.0f);
  for (std::int64_t h = 0; h < x_[1]; ++h) {
    std::copy_n(image + h * row, row,
                buffer + (h + geometry_.padding.top) * padded_row + geometry_.padding.left * x_[3]);
  }
  return buffer;
}

void DirectConvPool::forward(Stream& stream, const float* x, const float* w, const float* b,
                             float* y, std::uint8_t* winner) const {
  const Image im = image();
  const std::int64_t filters = padded_filters(im.filters);
  const std::int64_t grain = images_per_chunk(), chunks = (x_[0] + grain - 1) / grain;
  const std::int64_t buffer_size = height_ * width_ * x_[3];
  const Scratch scratch(
      stream,
      static_cast<std::size_t>((im.taps + 1) * filters + chunks * buffer_size) * sizeof(float));
  // [K][taps] → [taps][filters], so that a vector of filters is one load.
  float* packed = scratch.as<float>();
  float* bias = packed + im.taps * filters;
  std::fill_n(packed, (im.taps + 1) * filters, 0.0f);
  for (std::int64_t k = 0; k < im.filters; ++k) {
    for (std::int64_t tap = 0; tap < im.taps; ++tap)
      packed[tap * filters + k] = w[k * im.taps + tap];
    if (b != nullptr) bias[k] = b[k];
  }
  float* buffers = bias + filters;
  const std::int64_t in = x_.without_batch().elements(), out = y_.without_batch().elements();
  parallel_for(x_[0], grain, [&](std::int64_t begin, std::int64_t end) {
    float* buffer = buffers + begin / grain * buffer_size;
    for (std::int64_t n = begin; n < end; ++n) {
      const float* pixels = padded(x + n * in, buffer);
      if (isa() == Isa::avx512) {
        vectorized([&]() RAVINE_INLINE {
          forward_any<16>(im, pixels, packed, bias, y + n * out, winner + n * out);
        });
      } else {
        vectorized([&]() RAVINE_INLINE {
          forward_any<8>(im, pixels, packed, bias, y + n * out, winner + n * out);
        });
      }
    }
  });
}

void DirectConvPool::backward_weight(Stream& stream, const float* dy, const std::uint8_t* winner,
                                     const float* x, float* dw, float* db) const {
  const Image im = image();
  const std::int64_t filters = padded_filters(im.filters);
  const std::int64_t grain = images_per_chunk(), chunks = (x_[0] + grain - 1) / grain;
  const std::int64_t buffer_size = height_ * width_ * x_[3], sums_size = (im.taps + 1) * filters;
  const Scratch scratch(
      stream, static_cast<std::size_t>(chunks * (buffer_size + sums_size)) * sizeof(float));
  float* sums = scratch.as<float>();
  float* buffers = sums + chunks * sums_size;
  const std::int64_t in = x_.without_batch().elements(), out = y_.without_batch().elements();
  parallel_for(x_[0], grain, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t chunk = begin / grain;
    float* sum = sums + chunk * sums_size;
    float* bias_sum = sum + im.taps * filters;
    std::fill_n(sum, sums_size, 0.0f);
    for (std::int64_t n = begin; n < end; ++n) {
      const float* pixels = padded(x + n * in, buffers + chunk * buffer_size);
      if (isa() == Isa::avx512) {
        vectorized([&]() RAVINE_INLINE {
          backward_any<16>(im, dy + n * out, winner + n * out, pixels, sum, bias_sum);
        });
      } else {
        vectorized([&]() RAVINE_INLINE {
          backward_any<8>(im, dy + n * out, winner + n * out, pixels, sum, bias_sum);
        });
      }
    }
  });
  for (std::int64_t chunk = 1; chunk < chunks; ++chunk) {
    for (std::int64_t i = 0; i < sums_size; ++i) sums[i] += sums[chunk * sums_size + i];
  }
  for (std::int64_t k = 0; k < im.filters; ++k) {
    if (dw != nullptr) {
      for (std::int64_t tap = 0; tap < im.taps; ++tap)
        dw[k * im.taps + tap] = sums[tap * filters + k];
    }
    if (db != nullptr) db[k] = sums[im.taps * filters + k];
  }
}

}  // namespace ravine::kernels::cpu
