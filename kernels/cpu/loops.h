#pragma once

#include <algorithm>
#include <cstdint>

#include <ravine/core/isa.h>
#include <ravine/core/parallel.h>

/// Put before a loop whose pointers are equal or apart: its iterations do not depend on each other.
///
/// Without it the vectorised loop is left as soon as a kernel works in place.
#if defined(__clang__)
#define RAVINE_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define RAVINE_INDEPENDENT _Pragma("GCC ivdep")
#endif

namespace ravine::kernels::cpu {

/// Elements of a chunk where an element costs a few instructions, and where it costs dozens: a
/// chunk is worth about what entering a parallel region costs, so smaller tensors stay on one core.
constexpr std::int64_t light_grain = 16384;
constexpr std::int64_t heavy_grain = 4096;

/// Rows of a chunk where a row holds `width` elements.
constexpr std::int64_t rows_grain(std::int64_t width, std::int64_t grain = light_grain) {
  return std::max<std::int64_t>(1, grain / std::max<std::int64_t>(1, width));
}

/// body(i) for all i of [0, count), vectorised; the lambda is marked RAVINE_INLINE.
///
/// What the body writes may be what it reads at the same i, but must not be what it reads
/// elsewhere.
template <class Body>
void for_each_element(std::int64_t count, std::int64_t grain, const Body& body) {
  parallel_for(count, grain, [&](std::int64_t begin, std::int64_t end) {
    vectorized([&]() RAVINE_INLINE {
      const Body local = body;
      RAVINE_INDEPENDENT
      for (std::int64_t i = begin; i < end; ++i) local(i);
    });
  });
}

/// body(row) for all rows of [0, count), `grain` of them a chunk; the lambda is marked
/// RAVINE_INLINE.
///
/// The body holds loops of its own, which are vectorised, and writes nothing that another row does.
template <class Body>
void for_each_row(std::int64_t count, std::int64_t grain, const Body& body) {
  parallel_for(count, grain, [&](std::int64_t begin, std::int64_t end) {
    vectorized([&]() RAVINE_INLINE {
      for (std::int64_t row = begin; row < end; ++row) body(row);
    });
  });
}

/// The shortest whole number of rows of `channels` that fills vectors, in elements.
///
/// A loop over that many elements is vectorised for 3 channels as well as for 300.
constexpr std::int64_t channel_period(std::int64_t channels) {
  constexpr std::int64_t enough = 64;
  return channels >= enough ? channels : channels * ((enough + channels - 1) / channels);
}

}  // namespace ravine::kernels::cpu
