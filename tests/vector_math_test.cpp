#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/core/isa.h>
#include <ravine/kernels/cpu/vector_math.h>

namespace math = ravine::kernels::cpu::math;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

/// Every 499th float in [low, high], of both signs where the range has both, and the ends.
std::vector<float> floats_between(float low, float high) {
  std::vector<float> all{low, high, 0.0f};
  for (std::uint64_t bits = 0; bits <= 0xFFFFFFFF; bits += 499) {
    const float x = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    if (std::fpclassify(x) == FP_NORMAL && low <= x && x <= high) all.push_back(x);
  }
  return all;
}

template <class Function>
std::vector<float> apply(const std::vector<float>& x, const Function& f) {
  std::vector<float> y(x.size());
  ravine::vectorized([&]() RAVINE_INLINE {
    for (std::size_t i = 0; i < x.size(); ++i) y[i] = f(x[i]);
  });
  return y;
}

/// Fails with the argument of the largest error relative to `exact(x)·(1 + growth·x²)`.
template <class Function, class Exact>
void check_error(const std::vector<float>& x, const Function& f, const Exact& exact, double bound,
                 double growth = 0) {
  const std::vector<float> y = apply(x, f);
  double worst = 0;
  float at = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double argument = static_cast<double>(x[i]);
    const double expected = exact(argument);
    const double scale = std::abs(expected) * (1 + growth * argument * argument);
    if (std::abs(expected) < static_cast<double>(std::numeric_limits<float>::min())) continue;
    const double error = std::abs(static_cast<double>(y[i]) - expected) / scale;
    if (!(error <= worst)) {
      worst = error;
      at = x[i];
    }
  }
  INFO("worst at ", at, ": relative error ", worst);
  CHECK(worst <= bound);
}

/// f(x), the same from the vectorised loop and from its scalar rest.
template <class Function>
float at(float x, const Function& f) {
  const std::vector<float> y = apply(std::vector<float>(37, x), f);
  for (const float value : y) CHECK((value == y[0] || std::isnan(value) == std::isnan(y[0])));
  return y[0];
}

}  // namespace

TEST_CASE("exp is right to 1.2e-7 over all its range, and at its ends") {
  const auto f = [](float x) RAVINE_INLINE { return math::exp(x); };
  check_error(
      floats_between(-87.3f, 88.72f), f, [](double x) { return std::exp(x); }, 1.2e-7);
  CHECK(at(0, f) == 1);
  CHECK(at(88.73f, f) == infinity);
  CHECK(at(infinity, f) == infinity);
  CHECK(at(-infinity, f) == 0);
  CHECK(at(-1e30f, f) == 0);
  CHECK(std::isnan(at(not_a_number, f)));
  CHECK(std::isnan(at(-not_a_number, f)));
}

TEST_CASE("expm1 is right to 1.5e-7, near 0 too") {
  const auto f = [](float x) RAVINE_INLINE { return math::expm1(x); };
  check_error(
      floats_between(-infinity, 88.72f), f, [](double x) { return std::expm1(x); }, 1.5e-7);
  CHECK(at(0, f) == 0);
  CHECK(at(infinity, f) == infinity);
  CHECK(at(-infinity, f) == -1);
  CHECK(std::isnan(at(not_a_number, f)));
}

TEST_CASE("log is right to 1.2e-7, and gives -inf, inf and NaN where it must") {
  const auto f = [](float x) RAVINE_INLINE { return math::log(x); };
  check_error(
      floats_between(std::numeric_limits<float>::min(), infinity), f,
      [](double x) { return std::log(x); }, 1.2e-7);
  CHECK(at(1, f) == 0);
  CHECK(at(0, f) == -infinity);
  CHECK(at(-0.0f, f) == -infinity);
  CHECK(at(infinity, f) == infinity);
  CHECK(std::isnan(at(-1, f)));
  CHECK(std::isnan(at(-infinity, f)));
  CHECK(std::isnan(at(not_a_number, f)));
}

TEST_CASE("log1p is right to 2e-7, near 0 too") {
  const auto f = [](float x) RAVINE_INLINE { return math::log1p(x); };
  check_error(
      floats_between(-0.9999f, std::numeric_limits<float>::max()), f,
      [](double x) { return std::log1p(x); }, 2e-7);
  CHECK(at(0, f) == 0);
  CHECK(std::isnan(at(not_a_number, f)));
}

TEST_CASE("sigmoid is right to 2e-7, and 0 and 1 at its ends") {
  const auto f = [](float x) RAVINE_INLINE { return math::sigmoid(x); };
  check_error(
      floats_between(-87, infinity), f, [](double x) { return 1 / (1 + std::exp(-x)); }, 2e-7);
  CHECK(at(0, f) == 0.5f);
  CHECK(at(-infinity, f) == 0);
  CHECK(std::isnan(at(not_a_number, f)));
}

TEST_CASE("tanh is right to 2.5e-7, near 0 too") {
  const auto f = [](float x) RAVINE_INLINE { return math::tanh(x); };
  check_error(
      floats_between(-infinity, infinity), f, [](double x) { return std::tanh(x); }, 2.5e-7);
  CHECK(at(infinity, f) == 1);
  CHECK(at(-infinity, f) == -1);
  CHECK(std::isnan(at(not_a_number, f)));
}

TEST_CASE("erf is right to 1.5e-7, near 0 too") {
  const auto f = [](float x) RAVINE_INLINE { return math::erf(x); };
  check_error(
      floats_between(-infinity, infinity), f, [](double x) { return std::erf(x); }, 1.5e-7);
  CHECK(at(infinity, f) == 1);
  CHECK(at(-infinity, f) == -1);
  CHECK(std::isnan(at(not_a_number, f)));
}

TEST_CASE("the normal distribution is right in its left tail") {
  const auto f = [](float x) RAVINE_INLINE { return math::normal_cdf(x); };
  check_error(
      floats_between(-12.5f, infinity), f,
      [](double x) { return std::erfc(-x * std::sqrt(0.5)) / 2; }, 2e-7, 1);
  CHECK(at(0, f) == 0.5f);
  CHECK(at(infinity, f) == 1);
  CHECK(at(-infinity, f) == 0);
  CHECK(std::isnan(at(not_a_number, f)));
}
