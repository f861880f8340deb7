#include <cmath>

#include <ravine/core/random.h>
#include <ravine/kernels/cpu/loops.h>
#include <ravine/kernels/dropout.h>

namespace ravine::kernels::cpu {
namespace {

constexpr std::int64_t counters = 64;         // computed side by side, in vectors
constexpr std::int64_t block = 4 * counters;  // elements that they give words for

/// words[i] = the word of element 4·first + i.
RAVINE_INLINE inline void philox_block(std::array<std::uint32_t, 4> counter,
                                       std::array<std::uint32_t, 2> key, std::uint32_t* words) {
  for (std::uint32_t lane = 0; lane < counters; ++lane) {
    const auto four = philox({counter[0] + lane, counter[1], counter[2], counter[3]}, key);
    words[4 * lane] = four[0];
    words[4 * lane + 1] = four[1];
    words[4 * lane + 2] = four[2];
    words[4 * lane + 3] = four[3];
  }
}

}  // namespace

void dropout(Stream&, const DropoutRandom& random, const Tensor& step, const Tensor& x,
             const Tensor& y) {
  const auto threshold = static_cast<std::uint64_t>(std::ceil(random.rate * 0x1p32));
  const float* from = x.data();
  float* to = y.data();
  if (threshold == 0) {
    for_each_element(y.elements(), light_grain,
                     [from, to](std::int64_t i) RAVINE_INLINE { to[i] = from[i]; });
    return;
  }
  // ≥ 2³² would not fit into a word, > 2³² − 1 does.
  const auto last_dropped = static_cast<std::uint32_t>(threshold - 1);
  const auto scale = static_cast<float>(1 / (1 - random.rate));
  const std::array key{static_cast<std::uint32_t>(random.seed),
                       static_cast<std::uint32_t>(random.seed >> 32)};
  const auto now = static_cast<std::uint32_t>(*step.data<std::int64_t>());
  static_assert(heavy_grain % block == 0);
  parallel_for(y.elements(), heavy_grain, [&](std::int64_t begin, std::int64_t end) {
    vectorized([&]() RAVINE_INLINE {
      const std::uint32_t bound = last_dropped;
      const float factor = scale;
      for (std::int64_t first = begin; first < end; first += block) {
        std::uint32_t words[block];
        philox_block({static_cast<std::uint32_t>(first / 4), now, random.stream,
                      static_cast<std::uint32_t>(RandomUse::dropout)},
                     key, words);
        const float* source = from + first;
        float* target = to + first;
        const std::int64_t size = std::min(block, end - first);
        RAVINE_INDEPENDENT
        for (std::int64_t i = 0; i < size; ++i) {
          const float kept = source[i] * factor;
          target[i] = words[i] > bound ? kept : 0;
        }
      }
    });
  });
}

}  // namespace ravine::kernels::cpu
