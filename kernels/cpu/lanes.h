#pragma once

#include <algorithm>
#include <cstdint>

#include <ravine/core/stream.h>
#include <ravine/core/tensor.h>
#include <ravine/kernels/cpu/loops.h>

namespace ravine::kernels::cpu {

/// x [M,C] read as rows of `width` lanes, one channel period; the last row may be short.
struct Lanes {
  explicit Lanes(const Tensor& x)
      : elements(x.elements()),
        channels(std::max<std::int64_t>(1, x.shape().back())),
        width(channel_period(channels)),
        rows((elements + width - 1) / width),
        full_rows(elements / width) {}

  std::int64_t elements, channels, width, rows, full_rows;
};

/// A table of one value a lane in scratch memory, from one a channel.
class LaneTable {
 public:
  LaneTable(Stream& stream, const Lanes& lanes)
      : scratch_(stream, static_cast<std::size_t>(lanes.width) * sizeof(float)), lanes_(lanes) {}

  template <class Value>
  const float* fill(const Value& value) const {
    for (std::int64_t j = 0; j < lanes_.width; ++j) {
      data()[j] = static_cast<float>(value(j % lanes_.channels));
    }
    return data();
  }
  float* data() const { return scratch_.as<float>(); }

 private:
  Scratch scratch_;
  const Lanes& lanes_;
};

/// apply(i, j) for every element i, standing in lane j.
template <class Apply>
void for_each_element(const Lanes& lanes, const Apply& apply) {
  const std::int64_t grain = rows_grain(lanes.width);
  parallel_for(lanes.rows, grain, [&](std::int64_t begin, std::int64_t end) {
    vectorized([&]() RAVINE_INLINE {
      const Apply each = apply;
      for (std::int64_t row = begin; row < end; ++row) {
        const std::int64_t first = row * lanes.width;
        const std::int64_t count = std::min(lanes.width, lanes.elements - first);
        RAVINE_INDEPENDENT
        for (std::int64_t j = 0; j < count; ++j) each(first + j, j);
      }
    });
  });
}

struct Terms {
  float a, b;
};

/// Σ of both terms(i, j) over the rows [begin, end), lane by lane.
template <class Function>
RAVINE_INLINE inline void add_rows(std::int64_t begin, std::int64_t end, std::int64_t width,
                                   const Function& terms, float* sum_a, float* sum_b) {
  for (std::int64_t j = 0; j < width; ++j) sum_a[j] = sum_b[j] = 0;
  std::int64_t row = begin;
  // Four rows at once: the sums are loaded and stored once for four.
  for (; row + 4 <= end; row += 4) {
    const std::int64_t i = row * width;
    RAVINE_INDEPENDENT
    for (std::int64_t j = 0; j < width; ++j) {
      const Terms t0 = terms(i + j, j), t1 = terms(i + width + j, j);
      const Terms t2 = terms(i + 2 * width + j, j), t3 = terms(i + 3 * width + j, j);
      sum_a[j] += (t0.a + t1.a) + (t2.a + t3.a);
      sum_b[j] += (t0.b + t1.b) + (t2.b + t3.b);
    }
  }
  for (; row < end; ++row) {
    const std::int64_t i = row * width;
    RAVINE_INDEPENDENT
    for (std::int64_t j = 0; j < width; ++j) {
      const Terms t = terms(i + j, j);
      sum_a[j] += t.a;
      sum_b[j] += t.b;
    }
  }
}

/// a[c] and b[c] = Σ over the batch of both terms(i, j): float in a chunk, double over the chunks.
template <class Function>
void channel_sums(Stream& stream, const Lanes& lanes, const Function& terms, double* a, double* b) {
  const std::int64_t width = lanes.width;
  const std::int64_t grain = std::max<std::int64_t>(32, rows_grain(width));
  const std::int64_t chunks = (lanes.full_rows + grain - 1) / grain;
  const Scratch scratch(stream, static_cast<std::size_t>(2 * chunks * width) * sizeof(float));
  float* partial = scratch.as<float>();
  parallel_for(lanes.full_rows, grain, [&](std::int64_t begin, std::int64_t end) {
    vectorized([&]() RAVINE_INLINE {
      const Function each = terms;
      float* sums = partial + 2 * (begin / grain) * width;
      add_rows(begin, end, width, each, sums, sums + width);
    });
  });

  std::fill_n(a, lanes.channels, 0.0);
  std::fill_n(b, lanes.channels, 0.0);
  vectorized([&]() RAVINE_INLINE {
    for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
      for (std::int64_t lane = 0; lane < width; lane += lanes.channels) {
        const float* from = partial + 2 * chunk * width + lane;
        RAVINE_INDEPENDENT
        for (std::int64_t c = 0; c < lanes.channels; ++c) {
          a[c] += static_cast<double>(from[c]);
          b[c] += static_cast<double>(from[width + c]);
        }
      }
    }
  });
  const std::int64_t last = lanes.full_rows * width;
  for (std::int64_t i = last; i < lanes.elements; ++i) {
    const Terms t = terms(i, i - last);
    a[(i - last) % lanes.channels] += static_cast<double>(t.a);
    b[(i - last) % lanes.channels] += static_cast<double>(t.b);
  }
}

}  // namespace ravine::kernels::cpu
