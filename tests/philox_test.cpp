#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/core/random.h>

using namespace ravine;

namespace {

using Words = std::array<std::uint32_t, 4>;

}  // namespace

// Source: the known answers of Random123's philox4x32 with 10 rounds.
TEST_CASE("Philox gives the published words") {
  CHECK(philox({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  constexpr std::uint32_t ones = 0xffffffff;
  CHECK(philox({ones, ones, ones, ones}, {ones, ones}) ==
        Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a random sequence is its counter's words in order") {
  const std::uint64_t seed = 0x0123456789abcdef;
  RandomSequence sequence(seed, RandomUse::shuffle, 7);
  for (std::uint32_t counter = 0; counter < 5; ++counter) {
    for (const std::uint32_t word : philox({counter, 0, 7, 2}, {0x89abcdef, 0x01234567})) {
      CHECK(sequence.next() == word);
    }
  }
}

TEST_CASE("sequences of other seeds, uses and streams share no word in a thousand") {
  std::set<std::uint32_t> seen;
  std::size_t drawn = 0;
  for (const std::uint64_t seed : {std::uint64_t{1}, std::uint64_t{1} << 32}) {
    for (const RandomUse use : {RandomUse::initialiser, RandomUse::data}) {
      for (const std::uint32_t stream : {0u, 1u}) {
        RandomSequence sequence(seed, use, stream);
        for (int i = 0; i < 1000; ++i, ++drawn) seen.insert(sequence.next());
      }
    }
  }
  // 8000 words of 2³² collide by chance 0.007 times; the seeds are fixed, so this is no lottery.
  CHECK(seen.size() == drawn);
}

TEST_CASE("uniform numbers lie in [0, 1) and fill it evenly") {
  RandomSequence sequence(3, RandomUse::data, 0);
  constexpr int count = 100000;
  std::array<int, 10> bins{};
  for (int i = 0; i < count; ++i) {
    const float value = sequence.uniform();
    REQUIRE(value >= 0);
    REQUIRE(value < 1);
    ++bins[static_cast<std::size_t>(value * 10)];
  }
  for (const int bin : bins) CHECK(std::abs(bin - count / 10) < 5 * 95);  // 5 standard deviations
}

TEST_CASE("numbers below a bound stay below it and favour none") {
  RandomSequence sequence(4, RandomUse::data, 0);
  for (const std::uint32_t bound : {1u, 2u, 3u, 7u, 3000000000u, 0xffffffffu}) {
    for (int i = 0; i < 100; ++i) CHECK(sequence.below(bound) < bound);
  }
  constexpr int count = 60000;
  std::array<int, 6> faces{};
  for (int i = 0; i < count; ++i) ++faces[sequence.below(6)];
  for (const int face : faces) CHECK(std::abs(face - count / 6) < 5 * 92);
}

TEST_CASE("normal numbers have the moments of the standard normal distribution") {
  RandomSequence sequence(5, RandomUse::initialiser, 0);
  constexpr int count = 100000;
  double sum = 0, squares = 0, fourths = 0;
  for (int i = 0; i < count; ++i) {
    const double value = sequence.normal();
    REQUIRE(std::isfinite(value));
    sum += value;
    squares += value * value;
    fourths += value * value * value * value;
  }
  CHECK(std::abs(sum / count) < 0.016);  // 5 standard deviations of each
  CHECK(std::abs(squares / count - 1) < 0.0224);
  CHECK(std::abs(fourths / count - 3) < 0.155);
}
