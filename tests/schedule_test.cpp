#include <cmath>

#include <doctest/doctest.h>

#include <ravine/core/error.h>
#include <ravine/optim/schedule.h>

namespace ravine {
namespace {

doctest::Approx close_to(double value) {
  return doctest::Approx(value).epsilon(1e-12);
}

TEST_CASE("exponential decay is smooth, or stays for a stretch when staircase") {
  const ExponentialDecay smooth{.rate = 0.5, .decay = 0.25, .steps = 10};
  CHECK(smooth(0) == 0.5);
  CHECK(smooth(5) == close_to(0.25));
  CHECK(smooth(20) == close_to(0.03125));
  const ExponentialDecay stairs{.rate = 0.5, .decay = 0.25, .steps = 10, .staircase = true};
  CHECK(stairs(9) == 0.5);
  CHECK(stairs(10) == 0.125);
  CHECK(stairs(19) == 0.125);
}

TEST_CASE("cosine decay warms up in a line, falls along half a cosine, and stays at its end") {
  const CosineDecay schedule{.rate = 1, .steps = 100, .end = 0.2, .warmup = 4, .warmup_from = 0.5};
  CHECK(schedule(0) == 0.5);
  CHECK(schedule(2) == close_to(0.75));
  CHECK(schedule(4) == close_to(1));
  CHECK(schedule(54) == close_to(0.6));
  CHECK(schedule(104) == close_to(0.2));
  CHECK(schedule(100000) == close_to(0.2));
}

TEST_CASE("piecewise rates hold up to and with their boundary, as Keras has it") {
  const PiecewiseConstant schedule{.boundaries = {10, 20}, .rates = {1, 0.5, 0.1}};
  CHECK(schedule(0) == 1);
  CHECK(schedule(10) == 1);
  CHECK(schedule(11) == 0.5);
  CHECK(schedule(20) == 0.5);
  CHECK(schedule(21) == 0.1);
  const PiecewiseConstant uneven{.boundaries = {10, 20}, .rates = {1, 0.5}};
  CHECK_THROWS_AS(uneven(0), Error);
}

// torch.optim.lr_scheduler.OneCycleLR(max_lr=1, total_steps=100): pct_start .3, div 25, final_div
// 1e4.
TEST_CASE("one cycle starts, peaks and ends where PyTorch's does") {
  const OneCycle schedule{.max_rate = 1, .steps = 100};
  CHECK(schedule(0) == close_to(0.04));
  CHECK(schedule(29) == close_to(1));
  CHECK(schedule(64) == close_to((1 + 4e-6) / 2));
  CHECK(schedule(99) == close_to(4e-6));
}

TEST_CASE("one cycle is a rate at every step, however short it is and however it rises") {
  for (const std::int64_t steps : {1, 2, 3, 4, 5, 10}) {
    for (const double rise : {0.0, 0.1, 0.2, 0.25, 0.3, 0.5, 1.0}) {
      const OneCycle schedule{.max_rate = 1, .steps = steps, .rise = rise};
      for (std::int64_t step = 0; step < 2 * steps; ++step) {
        CAPTURE(steps);
        CAPTURE(rise);
        CAPTURE(step);
        const double rate = schedule(step);
        CHECK((rate > 0 && rate <= 1));
      }
    }
  }
}

TEST_CASE("the triangle goes up and down in straight lines, again and again") {
  const CyclicalTriangle schedule{.base_rate = 0.1, .max_rate = 0.5, .half_cycle = 4};
  for (const std::int64_t start : {0, 8, 800}) {
    CHECK(schedule(start) == close_to(0.1));
    CHECK(schedule(start + 1) == close_to(0.2));
    CHECK(schedule(start + 4) == close_to(0.5));
    CHECK(schedule(start + 7) == close_to(0.2));
  }
}

TEST_CASE("every schedule, and any function of the step, is a Schedule") {
  const Schedule cosine = CosineDecay{.rate = 0.5, .steps = 10};
  const Schedule own = [](std::int64_t step) { return 1.0 / static_cast<double>(step + 1); };
  CHECK(cosine(0) == 0.5);
  CHECK(own(3) == 0.25);
}

}  // namespace
}  // namespace ravine
