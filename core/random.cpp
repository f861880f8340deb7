#include <cmath>
#include <numbers>

#include <ravine/core/random.h>

namespace ravine {

RandomSequence::RandomSequence(std::uint64_t seed, RandomUse use, std::uint32_t stream)
    : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
      counter_{0, 0, stream, static_cast<std::uint32_t>(use)} {}

std::uint32_t RandomSequence::next() {
  if (used_ == 4) {
    words_ = philox(counter_, key_);
    if (++counter_[0] == 0) ++counter_[1];
    used_ = 0;
  }
  return words_[static_cast<std::size_t>(used_++)];
}

float RandomSequence::uniform() {
  return static_cast<float>(next() >> 8) * 0x1p-24f;
}

std::uint32_t RandomSequence::below(std::uint32_t bound) {
  // Lemire 2019: multiply and shift, rejecting the few words that would favour small results.
  std::uint64_t product = std::uint64_t{next()} * bound;
  const std::uint32_t threshold = (0u - bound) % bound;
  while (static_cast<std::uint32_t>(product) < threshold) product = std::uint64_t{next()} * bound;
  return static_cast<std::uint32_t>(product >> 32);
}

double RandomSequence::normal() {
  const double radius = std::sqrt(-2 * std::log((next() + 0.5) * 0x1p-32));
  return radius * std::cos(2 * std::numbers::pi * (next() + 0.5) * 0x1p-32);
}

}  // namespace ravine
