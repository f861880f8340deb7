// Max-pooling. Forward goes over output rows and backward over input rows, so that no two chunks
// write the same number; all inner loops run over channels, which lie side by side.
#include <bit>

#include <ravine/kernels/cpu/pool_window.h>
#include <ravine/kernels/pool.h>

namespace ravine::kernels::cpu {
namespace {

/// Whether windows of 2×2 tile the input without padding: the common case, with loops of its own.
bool is_2x2(const Pool2DGeometry& g) {
  return g.window == Extent2{2} && g.stride == Extent2{2} && g.padding == Padding2D{};
}

/// Whether a value takes the place of the best one behind it: windows are read from their end,
/// where "the first of equals" and "the first NaN" need no look at the best so far.
RAVINE_INLINE inline bool wins_over(float value, float best) {
  return (value >= best) | (value != value);
}

template <class Winner>
RAVINE_INLINE inline void max_of_window(const Pool2DGeometry& g, const PoolExtents& e,
                                        const float* image, std::int64_t p, std::int64_t q,
                                        float* y, Winner* winner) {
  const std::int64_t top = p * g.stride.h - g.padding.top;
  const std::int64_t left = q * g.stride.w - g.padding.left;
  const Range r_inside = places_inside(top, g.window.h, e.height);
  const Range s_inside = places_inside(left, g.window.w, e.width);
  const auto place_of = [&](std::int64_t r, std::int64_t s)
                            RAVINE_INLINE { return static_cast<std::int32_t>(r * g.window.w + s); };
  for (std::int64_t start = 0; start < e.channels; start += channel_tile) {
    const std::int64_t size = std::min(channel_tile, e.channels - start);
    float best[channel_tile];
    std::int32_t place[channel_tile];
    const auto at = [&](std::int64_t r, std::int64_t s) RAVINE_INLINE {
      return image + ((top + r) * e.width + left + s) * e.channels + start;
    };
    std::copy_n(at(r_inside.end - 1, s_inside.end - 1), size, best);
    std::fill_n(place, size, place_of(r_inside.end - 1, s_inside.end - 1));
    for (std::int64_t r = r_inside.end - 1; r >= r_inside.begin; --r) {
      for (std::int64_t s = s_inside.end - 1; s >= s_inside.begin; --s) {
        const float* x = at(r, s);
        const std::int32_t here = place_of(r, s);
        for (std::int64_t c = 0; c < size; ++c) {
          const float value = x[c];
          const bool wins = wins_over(value, best[c]);
          best[c] = wins ? value : best[c];
          place[c] = wins ? here : place[c];
        }
      }
    }
    std::copy_n(best, size, y + start);
    if (winner == nullptr) continue;
    for (std::int64_t c = 0; c < size; ++c) winner[start + c] = static_cast<Winner>(place[c]);
  }
}

/// One row of outputs of 2×2 windows from the two input rows below it.
template <bool with_winner>
RAVINE_INLINE inline void max_row_2x2(const PoolExtents& e, const float* x, float* y,
                                      std::uint8_t* winner) {
  const std::int64_t channels = e.channels, row = e.width * channels;
  for (std::int64_t q = 0; q < e.columns; ++q) {
    const float* x0 = x + 2 * q * channels;
    const float* x1 = x0 + channels;
    const float* x2 = x0 + row;
    const float* x3 = x1 + row;
    float* to = y + q * channels;
    std::uint8_t* place_to = with_winner ? winner + q * channels : nullptr;
    RAVINE_INDEPENDENT
    for (std::int64_t c = 0; c < channels; ++c) {
      const float v0 = x0[c], v1 = x1[c], v2 = x2[c], v3 = x3[c];
      const bool wins2 = wins_over(v2, v3);
      const float best2 = wins2 ? v2 : v3;
      const bool wins1 = wins_over(v1, best2);
      const float best1 = wins1 ? v1 : best2;
      const bool wins0 = wins_over(v0, best1);
      to[c] = wins0 ? v0 : best1;
      if constexpr (with_winner) {
        const std::int32_t place2 = wins2 ? 2 : 3;
        const std::int32_t place1 = wins1 ? 1 : place2;
        const std::int32_t place0 = wins0 ? 0 : place1;
        place_to[c] = static_cast<std::uint8_t>(place0);
      }
    }
  }
}

template <class Winner>
void forward_any(const Pool2DGeometry& g, const PoolExtents& e, const float* x, float* y,
                 Winner* winner) {
  const std::int64_t row_width = e.columns * e.channels;
  const std::int64_t grain = rows_grain(row_width * g.window.h * g.window.w);
  for_each_row(e.images * e.rows, grain, [&](std::int64_t row) RAVINE_INLINE {
    const float* image = x + row / e.rows * e.height * e.width * e.channels;
    for (std::int64_t q = 0; q < e.columns; ++q) {
      const std::int64_t offset = row * row_width + q * e.channels;
      max_of_window(g, e, image, row % e.rows, q, y + offset,
                    winner == nullptr ? nullptr : winner + offset);
    }
  });
}

void forward_2x2(const PoolExtents& e, const float* x, float* y, std::uint8_t* winner) {
  const std::int64_t row_width = e.columns * e.channels;
  for_each_row(e.images * e.rows, rows_grain(4 * row_width), [&](std::int64_t row) RAVINE_INLINE {
    const std::int64_t input_row = row / e.rows * e.height + 2 * (row % e.rows);
    const float* from = x + input_row * e.width * e.channels;
    if (winner == nullptr) {
      max_row_2x2<false>(e, from, y + row * row_width, nullptr);
    } else {
      max_row_2x2<true>(e, from, y + row * row_width, winner + row * row_width);
    }
  });
}

template <class Winner>
void backward_any(const Pool2DGeometry& g, const PoolExtents& e, const float* dy,
                  const Winner* winner, float* dx) {
  const std::int64_t row_width = e.width * e.channels;
  for_each_row(e.images * e.height, rows_grain(row_width), [&](std::int64_t row) RAVINE_INLINE {
    float* to = dx + row * row_width;
    std::fill_n(to, row_width, 0.0f);
    for_each_place_over(g, e, row, [&](const PlaceOver& place) RAVINE_INLINE {
      const auto here = static_cast<Winner>(place.r * g.window.w + place.s);
      const float* from = dy + place.output;
      const Winner* won = winner + place.output;
      float* target = to + place.input;
      RAVINE_INDEPENDENT
      for (std::int64_t c = 0; c < e.channels; ++c) {
        const float value = from[c];
        target[c] += won[c] == here ? value : 0;
      }
    });
  });
}

/// condition ? value : 0, by a mask: out of four choices the compiler makes four conditional
/// stores.
RAVINE_INLINE inline float kept_if(bool condition, float value) {
  const std::uint32_t mask = 0u - static_cast<std::uint32_t>(condition);
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) & mask);
}

/// One row of outputs of 2×2 windows back to the two input rows below it, all of both.
RAVINE_INLINE inline void backward_row_2x2(const PoolExtents& e, const float* dy,
                                           const std::uint8_t* winner, float* upper, float* lower) {
  const std::int64_t channels = e.channels;
  for (std::int64_t q = 0; q < e.columns; ++q) {
    const float* from = dy + q * channels;
    const std::uint8_t* won = winner + q * channels;
    float* to0 = upper + 2 * q * channels;
    float* to1 = to0 + channels;
    float* to2 = lower + 2 * q * channels;
    float* to3 = to2 + channels;
    RAVINE_INDEPENDENT
    for (std::int64_t c = 0; c < channels; ++c) {
      const float value = from[c];
      const std::int32_t place = won[c];
      to0[c] = kept_if(place == 0, value);
      to1[c] = kept_if(place == 1, value);
      to2[c] = kept_if(place == 2, value);
      to3[c] = kept_if(place == 3, value);
    }
  }
  const std::int64_t reached = 2 * e.columns * channels, width = e.width * channels;
  std::fill(upper + reached, upper + width, 0.0f);
  std::fill(lower + reached, lower + width, 0.0f);
}

void backward_2x2(const PoolExtents& e, const float* dy, const std::uint8_t* winner, float* dx) {
  const std::int64_t input_width = e.width * e.channels, row_width = e.columns * e.channels;
  for_each_row(e.images * e.rows, rows_grain(4 * row_width), [&](std::int64_t row) RAVINE_INLINE {
    const std::int64_t p = row % e.rows;
    float* upper = dx + (row / e.rows * e.height + 2 * p) * input_width;
    float* lower = upper + input_width;
    backward_row_2x2(e, dy + row * row_width, winner + row * row_width, upper, lower);
    // No window reaches the last row of an odd height.
    const bool row_left_over = p == e.rows - 1 && e.height > 2 * e.rows;
    if (row_left_over) std::fill_n(lower + input_width, input_width, 0.0f);
  });
}

}  // namespace

void max_pool2d_forward(Stream&, const Pool2DGeometry& g, const Tensor& x, const Tensor& y,
                        const Tensor& winner) {
  const PoolExtents e(x.shape(), y.shape());
  if (is_2x2(g)) {
    forward_2x2(e, x.data(), y.data(), winner ? winner.data<std::uint8_t>() : nullptr);
  } else if (winner && winner.dtype() == DType::i32) {
    forward_any(g, e, x.data(), y.data(), winner.data<std::int32_t>());
  } else {
    forward_any(g, e, x.data(), y.data(), winner ? winner.data<std::uint8_t>() : nullptr);
  }
}

void max_pool2d_backward(Stream&, const Pool2DGeometry& g, const Tensor& dy, const Tensor& winner,
                         const Tensor& dx) {
  const PoolExtents e(dx.shape(), dy.shape());
  if (is_2x2(g)) {
    backward_2x2(e, dy.data(), winner.data<std::uint8_t>(), dx.data());
  } else if (winner.dtype() == DType::i32) {
    backward_any(g, e, dy.data(), winner.data<std::int32_t>(), dx.data());
  } else {
    backward_any(g, e, dy.data(), winner.data<std::uint8_t>(), dx.data());
  }
}

}  // namespace ravine::kernels::cpu
