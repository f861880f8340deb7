#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/core/error.h>
#include <ravine/finder/stop_rule.h>

#include "golden_curves.h"

using namespace ravine;

namespace {

struct Stop {
  std::size_t points = 0;  // observed, the last one included
  std::optional<StopReason> reason;
};

Stop run(const SweepOptions& options, const std::vector<double>& losses) {
  StopRule rule(options);
  Stop stop;
  for (const double loss : losses) {
    ++stop.points;
    stop.reason = rule.observe(loss);
    if (stop.reason) break;
  }
  return stop;
}

// Falls from `level` by `drop` around step 55 of 100 and climbs steeply from step 75 on.
std::vector<double> typical(double level, double drop) {
  std::vector<double> loss;
  for (int k = 0; k <= 100; ++k) {
    const double rise = k > 75 ? std::exp(0.3 * (k - 75)) - 1 : 0;
    loss.push_back(level - drop / (1 + std::exp(-0.3 * (k - 55))) + 0.1 * drop * rise +
                   0.02 * drop * std::sin(7.0 * k));
  }
  return loss;
}

}  // namespace

TEST_CASE("rates are those of the golden sweeps to the last digit") {
  for (const char* const name : {"sweeps/seed_adam.json", "sweeps/bn_sgd.json"}) {
    const std::vector<double> lr = numbers(golden(name).at("lr"));
    REQUIRE(lr.size() == 101);
    for (int k = 0; k <= 100; ++k) CHECK(rate_at({}, k) == lr[static_cast<std::size_t>(k)]);
  }
}

TEST_CASE("a linear sweep steps evenly and ends at its last rate") {
  const SweepOptions options{.min_lr = 0.1, .max_lr = 0.5, .steps = 4, .mode = SweepMode::even};
  for (int k = 0; k <= 4; ++k) CHECK(rate_at(options, k) == doctest::Approx(0.1 + 0.1 * k));
}

TEST_CASE("the rule of Keras stops where the callback stopped on the golden sweeps") {
  for (const char* const name : {"sweeps/seed_adam.json", "sweeps/bn_sgd.json"}) {
    const JsonView sweep = golden(name);
    const Stop stop = run({.smoothing = Smoothing::keras()}, numbers(sweep.at("loss")));
    const auto expected = sweep.at("stop_step_of_the_seed_rule").integer();
    CHECK(static_cast<std::int64_t>(stop.points) == expected);
    CHECK(stop.reason == (expected < 101 ? StopReason::diverged : StopReason::reached_end));
  }
}

TEST_CASE(
    "the rule of fastai compares with the lowest smoothed loss, that of Keras with the lowest raw "
    "one") {
  // One lucky batch: 4 × its loss is below the average, 4 × the average's least is not.
  std::vector<double> losses(101, 2.0);
  losses[5] = 0.1;
  CHECK(run({.smoothing = Smoothing::keras()}, losses).reason == StopReason::diverged);
  CHECK(run({.smoothing = Smoothing::fastai()}, losses).reason == StopReason::reached_end);
  for (std::size_t i = 60; i < losses.size(); ++i) losses[i] = 1e4;
  CHECK(run({.smoothing = Smoothing::fastai()}, losses).points == 61);
}

TEST_CASE("the default rule stops a diverging sweep after its minimum and before it explodes") {
  const Stop stop = run({}, typical(2.3, 1.7));
  CHECK(stop.reason == StopReason::diverged);
  CHECK(stop.points > 80);
  CHECK(stop.points < 95);
}

TEST_CASE(
    "the default rule stops at the same step whatever is added to the losses or multiplies them") {
  const Stop plain = run({}, typical(2.3, 1.7));
  CHECK(run({}, typical(-5, 1.7)).points == plain.points);
  CHECK(run({}, typical(0, 1.7)).points == plain.points);
  CHECK(run({}, typical(2.3e6, 1.7e6)).points == plain.points);
}

TEST_CASE("a larger stop factor stops later") {
  const auto losses = typical(2.3, 1.7);
  CHECK(run({.stop_factor = 1.2}, losses).points < run({}, losses).points);
  CHECK(run({.stop_factor = 20}, losses).points > run({}, losses).points);
  CHECK(run({.smoothing = Smoothing::keras(), .stop_factor = 10}, losses).points >
        run({.smoothing = Smoothing::keras()}, losses).points);
}

TEST_CASE("flat noise and a constant loss run to the end") {
  CHECK(run({}, std::vector<double>(101, 0.7)).reason == StopReason::reached_end);
  std::uint32_t state = 7;
  for (int repeat = 0; repeat < 50; ++repeat) {
    std::vector<double> losses;
    for (int k = 0; k <= 100; ++k) {
      state = state * 1664525 + 1013904223;
      losses.push_back(2.3 + 0.2 * static_cast<double>(state >> 8) / (1 << 24));
    }
    losses[0] = 2.3;  // the luckiest possible first batch
    CAPTURE(repeat);
    const Stop stop = run({}, losses);
    CHECK(stop.reason == StopReason::reached_end);
    CHECK(stop.points == 101);
  }
}

TEST_CASE("a loss or gradient that is not finite stops at once and is told apart from divergence") {
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
        -std::numeric_limits<double>::infinity()}) {
    for (const Smoothing& smoothing :
         {Smoothing::ravine(), Smoothing::keras(), Smoothing::fastai()}) {
      StopRule rule({.smoothing = smoothing});
      CHECK_FALSE(rule.observe(2.0));
      CHECK(rule.observe(bad) == StopReason::non_finite);
      StopRule by_gradient({.smoothing = smoothing});
      CHECK_FALSE(by_gradient.observe(2.0, 1.0));
      CHECK(by_gradient.observe(2.0, bad) == StopReason::non_finite);
    }
  }
}

TEST_CASE("a sweep of N steps has N + 1 points") {
  CHECK(run({.steps = 1}, {2.0, 2.0, 2.0}).points == 2);
  CHECK(run({.steps = 7}, std::vector<double>(20, 1.0)).points == 8);
}

TEST_CASE("the stop reasons have the names that sweeps store") {
  CHECK(std::string(to_string(StopReason::reached_end)) == "reached_end");
  CHECK(std::string(to_string(StopReason::diverged)) == "diverged");
  CHECK(std::string(to_string(StopReason::non_finite)) == "non_finite");
  CHECK(std::string(to_string(StopReason::data_ran_out)) == "data_ran_out");
  CHECK(std::string(to_string(StopReason::interrupted)) == "interrupted");
}

TEST_CASE("options that make no sweep are refused with their value") {
  CHECK_NOTHROW(check(SweepOptions{}));
  CHECK_THROWS_WITH_AS(check({.min_lr = 0.1, .max_lr = 0.1}),
                       "sweep: min_lr 0.1 must be below max_lr 0.1", Error);
  CHECK_THROWS_WITH_AS(check({.min_lr = 1, .max_lr = 1e-7}),
                       "sweep: min_lr 1 must be below max_lr 1e-7", Error);
  CHECK_THROWS_WITH_AS(check({.min_lr = 0}),
                       "sweep: min_lr is 0, and must be a rate between 1e-36 and 1e36", Error);
  CHECK_THROWS_WITH_AS(check({.min_lr = -1e-3}),
                       "sweep: min_lr is -0.001, and must be a rate between 1e-36 and 1e36", Error);
  CHECK_THROWS_WITH_AS(check({.max_lr = std::numeric_limits<double>::infinity()}),
                       "sweep: max_lr is inf, and must be a rate between 1e-36 and 1e36", Error);
  CHECK_THROWS_AS(check({.max_lr = std::numeric_limits<double>::quiet_NaN()}), Error);
  CHECK_THROWS_WITH_AS(check({.steps = 0}), "sweep: steps is 0, and must be between 1 and 1000000",
                       Error);
  CHECK_THROWS_AS(check({.steps = -5}), Error);
  CHECK_THROWS_WITH_AS(check({.stop_factor = 0}),
                       "sweep: stop_factor is 0, and must be above 0 with ravine smoothing", Error);
  CHECK_THROWS_WITH_AS(check({.smoothing = Smoothing::keras(), .stop_factor = 1}),
                       "sweep: stop_factor is 1, and must be above 1 with keras smoothing", Error);
  CHECK_THROWS_AS(check({.stop_factor = std::numeric_limits<double>::infinity()}), Error);
  CHECK_THROWS_AS(check({.rule = "lowest"}), Error);
  CHECK_THROWS_AS(StopRule({.steps = 0}), Error);
}
