#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/layers/initializer.h>

using namespace ravine;

namespace {

using Distribution = Initializer::Distribution;
using Fan = Initializer::Fan;

struct Moments {
  double mean, deviation, least, most;
};

/// Of 40000 numbers, whose mean is right to a hundredth of their deviation and that to a percent.
Moments moments_of(const Initializer& initializer, Fans fans = {}) {
  std::vector<float> values(40000);
  initialize(initializer, fans, RandomSequence(3, RandomUse::initialiser, 1), values);
  double sum = 0, squares = 0;
  for (const float value : values) sum += static_cast<double>(value);
  const double mean = sum / static_cast<double>(values.size());
  for (const float value : values) squares += std::pow(static_cast<double>(value) - mean, 2);
  const auto [least, most] = std::ranges::minmax(values);
  return {mean, std::sqrt(squares / static_cast<double>(values.size())), static_cast<double>(least),
          static_cast<double>(most)};
}

}  // namespace

TEST_CASE("an initialiser fills with the distribution that Keras says") {
  struct Case {
    const char* name;
    Initializer initializer;
    double mean, deviation, least, most;
  };
  const Fans fans{50, 150};
  const double infinity = std::numeric_limits<double>::infinity();
  const double uniform = 1 / std::sqrt(3.0);  // the deviation of one on [−1, 1]
  const double cut = 0.87962566103423978;     // of a normal one that is cut at ±2
  const double glorot = std::sqrt(6.0 / 200), he = std::sqrt(6.0 / 50);
  const double spread = std::sqrt(2.0 / 150);
  const std::vector<Case> cases{
      {"constant", Initializer::constant(0.5), 0.5, 0, 0.5, 0.5},
      {"uniform", Initializer::uniform(-1, 3), 1, 2 * uniform, -1, 3},
      {"normal", Initializer::normal(2, 0.5), 2, 0.5, -infinity, infinity},
      {"truncated", Initializer::truncated_normal(2, 0.5), 2, 0.5 * cut, 1, 3},
      {"glorot", Initializer::glorot_uniform(), 0, glorot * uniform, -glorot, glorot},
      {"he", Initializer::he_uniform(), 0, he * uniform, -he, he},
      {"scaled, truncated",
       Initializer::variance_scaling(2, Fan::out, Distribution::truncated_normal), 0, spread,
       -2 * spread / cut, 2 * spread / cut},
      {"scaled, normal", Initializer::variance_scaling(2, Fan::out, Distribution::normal), 0,
       spread, -infinity, infinity},
  };
  for (const Case& test : cases) {
    CAPTURE(test.name);
    const Moments found = moments_of(test.initializer, fans);
    CHECK(std::abs(found.mean - test.mean) <= 0.02 * test.deviation);
    CHECK(std::abs(found.deviation - test.deviation) <= 0.02 * test.deviation);
    CHECK(found.least >= test.least - 1e-6);
    CHECK(found.most <= test.most + 1e-6);
  }
}

TEST_CASE("the numbers of an initialiser follow from seed and place alone") {
  const auto fill = [](std::uint64_t seed, std::uint32_t place) {
    std::vector<float> values(100);
    initialize(Initializer::normal(0, 1), {}, RandomSequence(seed, RandomUse::initialiser, place),
               values);
    return values;
  };
  CHECK(fill(1, 2) == fill(1, 2));
  CHECK(fill(1, 2) != fill(2, 2));
  CHECK(fill(1, 2) != fill(1, 3));
}
