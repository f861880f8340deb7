#include <array>
#include <cmath>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <ravine/core/random.h>
#include <ravine/kernels/cpu/loops.h>
#include <ravine/kernels/dropout.h>

namespace ravine::kernels::cpu {
namespace {

constexpr std::int64_t counters = 64;         // whose words are drawn at once
constexpr std::int64_t block = 4 * counters;  // elements that they give words for

using Counter = std::array<std::uint32_t, 4>;
using Key = std::array<std::uint32_t, 2>;

#if defined(__x86_64__)
/// `philox` for four counters in the 64-bit lanes of a register, whose multiplication takes their
/// low halves as they lie: a loop that the compiler vectorises spends more time moving halves
/// about.
///
/// By value: `words` could be part of what references name, and constants would be read anew.
RAVINE_TARGET_AVX2 void draw_block_avx2(Counter counter, Key key, std::uint32_t* words) {
  const __m256i multiplier0 = _mm256_set1_epi64x(0xD2511F53);
  const __m256i multiplier2 = _mm256_set1_epi64x(0xCD9E8D57);
  for (std::uint32_t first = 0; first < counters; first += 4) {
    __m256i c0 =
        _mm256_add_epi64(_mm256_set1_epi64x(counter[0] + first), _mm256_set_epi64x(3, 2, 1, 0));
    __m256i c1 = _mm256_set1_epi64x(counter[1]);
    __m256i c2 = _mm256_set1_epi64x(counter[2]);
    __m256i c3 = _mm256_set1_epi64x(counter[3]);
    std::uint32_t key0 = key[0], key1 = key[1];
    for (int round = 0; round < 10; ++round) {
      const __m256i product0 = _mm256_mul_epu32(c0, multiplier0);
      const __m256i product2 = _mm256_mul_epu32(c2, multiplier2);
      c0 = _mm256_xor_si256(_mm256_srli_epi64(product2, 32),
                            _mm256_xor_si256(c1, _mm256_set1_epi64x(key0)));
      c2 = _mm256_xor_si256(_mm256_srli_epi64(product0, 32),
                            _mm256_xor_si256(c3, _mm256_set1_epi64x(key1)));
      c1 = product2;
      c3 = product0;
      key0 += 0x9E3779B9;
      key1 += 0xBB67AE85;
    }
    constexpr int high_halves = 0b10101010;
    const __m256i words01 = _mm256_blend_epi32(c0, _mm256_slli_epi64(c1, 32), high_halves);
    const __m256i words23 = _mm256_blend_epi32(c2, _mm256_slli_epi64(c3, 32), high_halves);
    const __m256i even = _mm256_unpacklo_epi64(words01, words23);
    const __m256i odd = _mm256_unpackhi_epi64(words01, words23);
    auto* to = reinterpret_cast<__m256i*>(words + 4 * first);
    _mm256_storeu_si256(to, _mm256_permute2x128_si256(even, odd, 0x20));
    _mm256_storeu_si256(to + 1, _mm256_permute2x128_si256(even, odd, 0x31));
  }
}
#endif

/// words[i] = word i mod 4 of counter[0] + i/4, for a block of elements.
void draw_block(Counter counter, Key key, std::uint32_t* words) {
#if defined(__x86_64__)
  if (isa() != Isa::generic) return draw_block_avx2(counter, key, words);
#endif
  for (std::uint32_t i = 0; i < counters; ++i) {
    const Counter four = philox({counter[0] + i, counter[1], counter[2], counter[3]}, key);
    std::copy(four.begin(), four.end(), words + 4 * i);
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
  // The threshold itself, up to 2³², may not fit into a word.
  const auto last_dropped = static_cast<std::uint32_t>(threshold - 1);
  const auto scale = static_cast<float>(1 / (1 - random.rate));
  const Key key{static_cast<std::uint32_t>(random.seed),
                static_cast<std::uint32_t>(random.seed >> 32)};
  const auto now = static_cast<std::uint32_t>(*step.data<std::int64_t>());
  static_assert(heavy_grain % block == 0);
  parallel_for(y.elements(), heavy_grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t first = begin; first < end; first += block) {
      std::uint32_t words[block];
      draw_block({static_cast<std::uint32_t>(first / 4), now, random.stream,
                  static_cast<std::uint32_t>(RandomUse::dropout)},
                 key, words);
      const std::int64_t size = std::min(block, end - first);
      vectorized([&, x0 = from + first, y0 = to + first]() RAVINE_INLINE {
        const std::uint32_t bound = last_dropped;
        const float factor = scale;
        RAVINE_INDEPENDENT
        for (std::int64_t i = 0; i < size; ++i) {
          const float kept = x0[i] * factor;
          y0[i] = words[i] > bound ? kept : 0;
        }
      });
    }
  });
}

}  // namespace ravine::kernels::cpu
