#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/core/error.h>
#include <ravine/finder/smoothing.h>
#include <ravine/finder/sweep_options.h>
#include <ravine/finder/zero_lag.h>

#include "golden_curves.h"

using namespace ravine;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

std::vector<double> rates(int steps) {
  const SweepOptions options{.steps = steps};
  std::vector<double> lr;
  for (int k = 0; k <= steps; ++k) lr.push_back(rate_at(options, k));
  return lr;
}

// A valley in the log of the rate, lowest at `bottom`.
std::vector<double> valley_at(double bottom, const std::vector<double>& lr) {
  std::vector<double> loss;
  for (const double rate : lr) loss.push_back(1 + 0.1 * std::pow(std::log10(rate / bottom), 2));
  return loss;
}

double lr_of_least(const std::vector<double>& lr, const std::vector<double>& values) {
  return lr[static_cast<std::size_t>(std::min_element(values.begin(), values.end()) -
                                     values.begin())];
}

}  // namespace

TEST_CASE("Keras smoothing gives the callback's own numbers on both golden sweeps") {
  for (const char* const name : {"sweeps/seed_adam.json", "sweeps/bn_sgd.json"}) {
    const JsonView sweep = golden(name);
    const std::vector<double> expected = numbers(sweep.at("ema_0_9_debiased"));
    std::vector<double> lr = numbers(sweep.at("lr"));
    std::vector<double> loss = numbers(sweep.at("loss"));
    lr.resize(expected.size());
    loss.resize(expected.size());

    const std::vector<double> smoothed = Smoothing::keras()(lr, loss);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CAPTURE(i);
      CHECK(smoothed[i] == doctest::Approx(expected[i]).epsilon(1e-15));
    }
    CHECK(Smoothing::ema(0.9)(lr, loss) == smoothed);
  }
}

TEST_CASE("fastai smoothing is torch's float32 lerp and its debiasing") {
  // torch: val = lerp(loss, val, 0.98); smooth = val / (1 - 0.98 ** count), worked out by hand in
  // float32.
  const std::vector<double> lr{1e-3, 2e-3, 3e-3};
  const std::vector<double> smoothed = Smoothing::fastai()(lr, std::vector<double>{2.5, 1.5, 4.0});
  const float weight = 1.0F - 0.98F;
  float sum = 0.0F - (0.0F - 2.5F) * weight;
  CHECK(smoothed[0] == static_cast<double>(sum / static_cast<float>(1 - 0.98)));
  sum = sum - (sum - 1.5F) * weight;
  CHECK(smoothed[1] == static_cast<double>(sum / static_cast<float>(1 - std::pow(0.98, 2))));
  sum = sum - (sum - 4.0F) * weight;
  CHECK(smoothed[2] == static_cast<double>(sum / static_cast<float>(1 - std::pow(0.98, 3))));
}

TEST_CASE(
    "the default smoothing reads a valley's bottom where it is, and a causal average to its "
    "right") {
  const std::vector<double> lr = rates(100);
  const std::vector<double> loss = valley_at(1e-3, lr);
  CHECK(std::log10(lr_of_least(lr, Smoothing::ravine()(lr, loss)) / 1e-3) ==
        doctest::Approx(0).epsilon(0.01));
  CHECK(std::log10(lr_of_least(lr, Smoothing::keras()(lr, loss)) / 1e-3) > 0.6);
}

TEST_CASE("zero-lag smoothing keeps a straight line, at its ends too, whatever the spacing") {
  std::vector<double> lr, loss;
  for (int i = 0; i < 40; ++i) {
    lr.push_back(1e-6 * std::exp(0.2 * i + 0.1 * std::sin(3.0 * i)));
    loss.push_back(2 - 0.05 * std::log(lr.back()));
  }
  loss[0] = loss[1] = loss[2] = loss[3] = loss[3];
  const std::vector<double> line = zero_lag(lr, loss);
  for (std::size_t i = 10; i < 40; ++i) CHECK(line[i] == doctest::Approx(loss[i]).epsilon(1e-12));
}

TEST_CASE("a divergence does not pull up the curve before it, and is not hidden where it is") {
  const std::vector<double> lr = rates(100);
  std::vector<double> loss = valley_at(1e-3, lr);
  for (std::size_t i = 80; i < loss.size(); ++i) loss[i] = 1e6;
  const double ceiling = loss_ceiling(lr, loss);
  CHECK(ceiling < 1.25 * loss[0]);
  const std::vector<double> smoothed = zero_lag(lr, loss);
  for (std::size_t i = 0; i < 80; ++i) CHECK(smoothed[i] <= ceiling);
  for (std::size_t i = 80; i < loss.size(); ++i) CHECK(smoothed[i] > 1e5);
}

TEST_CASE("the ceiling lies above the start of a curve of negative losses and of one around zero") {
  CHECK(loss_ceiling(rates(5), std::vector<double>{-3, -3, -3, -3, -3, -4}) ==
        doctest::Approx(-2.4));
  const std::vector<double> around_zero{0.5, -0.5, 0.5, -0.5, 0.5, -0.5};
  CHECK(loss_ceiling(rates(5), around_zero) > 1);
}

TEST_CASE("a loss that is not finite leaves a gap, and the other points as if it were not there") {
  for (const Smoothing& smoothing : {Smoothing::ravine(), Smoothing::keras(), Smoothing::none()}) {
    CAPTURE(smoothing.name());
    std::vector<double> lr = rates(30), loss = valley_at(1e-2, lr);
    const std::vector<double> whole = smoothing(lr, loss);
    lr.insert(lr.begin() + 15, 1.01 * lr[14]);
    loss.insert(loss.begin() + 15, not_a_number);
    const std::vector<double> gapped = smoothing(lr, loss);
    CHECK(std::isnan(gapped[15]));
    CHECK(gapped[14] == whole[14]);
    CHECK(gapped[16] == whole[15]);
  }
}

TEST_CASE("curves of no, one and two points are smoothed to themselves") {
  for (const Smoothing& smoothing : {Smoothing::ravine(), Smoothing::none(), Smoothing::ema(0)}) {
    CHECK(smoothing({}, {}).empty());
    CHECK(smoothing(std::vector{1e-3}, std::vector{2.0}) == std::vector{2.0});
    CHECK(smoothing(std::vector{1e-3, 1e-2}, std::vector{2.0, 1.0}) == std::vector{2.0, 1.0});
  }
}

TEST_CASE("the noise of one loss is measured about the curve") {
  const std::vector<double> lr = rates(400);
  std::vector<double> loss = valley_at(1e-3, lr);
  std::uint32_t state = 1;
  double squares = 0;
  for (double& value : loss) {  // sum of four uniforms: nearly normal, deviation 0.1
    double noise = -2;
    for (int i = 0; i < 4; ++i) {
      noise += static_cast<double>((state = state * 1664525 + 1013904223) >> 8) / (1 << 24);
    }
    noise *= 0.1 / std::sqrt(4.0 / 12);
    squares += noise * noise;
    value += noise;
  }
  REQUIRE(std::sqrt(squares / 401) == doctest::Approx(0.1).epsilon(0.1));
  CHECK(residual_noise(lr, loss, zero_lag(lr, loss)) == doctest::Approx(0.1).epsilon(0.1));
  // 49 neighbours, tricube: about 1/29 of the variance stays, and more at the end.
  CHECK(zero_lag_variance(lr, 200) == doctest::Approx(1.0 / 28).epsilon(0.2));
  CHECK(zero_lag_variance(lr, 400) > 3 * zero_lag_variance(lr, 200));
}

TEST_CASE("a smoothing is named so that its name makes it again") {
  for (const Smoothing& smoothing : {Smoothing::ravine(), Smoothing::keras(), Smoothing::fastai(),
                                     Smoothing::none(), Smoothing::ema(0.95), Smoothing::ema(0)}) {
    CAPTURE(smoothing.name());
    CHECK(Smoothing::named(smoothing.name()) == smoothing);
  }
  CHECK_THROWS_WITH_AS(
      Smoothing::named("0.9x"),
      "smoothing: \"0.9x\" is none of ravine, keras, fastai, none, nor a number such as 0.95",
      Error);
  CHECK_THROWS_WITH_AS(Smoothing::named("1"),
                       "smoothing: β is 1, and must be at least 0 and below 1", Error);
  CHECK_THROWS_AS(Smoothing::named("nan"), Error);
  CHECK_THROWS_AS(Smoothing::named(""), Error);
  CHECK_THROWS_WITH_AS(Smoothing::ravine()(std::vector{1.0}, {}), "smoothing: 1 rates but 0 losses",
                       Error);
}
