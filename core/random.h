#pragma once

#include <array>
#include <cstdint>

namespace ravine {

/// Philox4x32-10: four random words from a counter and a key, the same bits on every device.
///
/// Source  Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
constexpr std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                              std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(product0)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

/// What a stream of random numbers is for; part of the counter, so that no two uses share numbers.
enum class RandomUse : std::uint32_t { dropout = 0, initialiser = 1, shuffle = 2, data = 3 };

/// A host-side sequence of Philox words for one use of one seed.
///
/// `stream` separates sequences of the same use: the parameter's index, the epoch.
class RandomSequence {
 public:
  RandomSequence(std::uint64_t seed, RandomUse use, std::uint32_t stream);

  std::uint32_t next();
  /// Uniform in [0, 1) with 24 bits.
  float uniform();
  /// Uniform in [0, bound) without bias; bound ≥ 1.
  std::uint32_t below(std::uint32_t bound);
  /// Standard normal, by Box and Muller in double precision.
  double normal();

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> words_{};
  int used_ = 4;
};

}  // namespace ravine
