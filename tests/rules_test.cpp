#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/core/error.h>
#include <ravine/finder/formulas.h>
#include <ravine/finder/rules.h>
#include <ravine/finder/sweep_options.h>

#include "golden_curves.h"

using namespace ravine;

namespace {

// The member of a golden curve that holds what the original of `rule` suggested.
const std::vector<std::pair<std::string, std::string>> originals{
    {"valley", "fastai_valley"},
    {"slide", "fastai_slide"},
    {"minimum", "fastai_minimum"},
    {"steep", "fastai_steep"},
    {"steepest", "torch_lr_finder_steepest"},
    {"lightning", "lightning"}};

std::vector<SweepPoint> golden_points(const std::string& name) {
  const JsonView sweep = golden("sweeps/" + name + ".json");
  const std::vector<double> smoothed = numbers(sweep.at("ema_0_9_debiased"));
  std::vector<SweepPoint> points = points_of(numbers(sweep.at("lr")), numbers(sweep.at("loss")));
  points.resize(smoothed.size());
  for (std::size_t i = 0; i < points.size(); ++i) points[i].smoothed = smoothed[i];
  return points;
}

std::vector<SweepPoint> curve(int steps, double (*loss)(double decades_up)) {
  const SweepOptions options{.steps = steps};
  std::vector<double> lr, losses;
  for (int k = 0; k <= steps; ++k) {
    lr.push_back(rate_at(options, k));
    losses.push_back(loss(std::log10(lr.back()) + 7));
  }
  return points_of(lr, losses);
}

// Flat, then falling between 1e-4 and 1e-3, then diverging from 1e-1 on.
double typical(double decades) {
  return 2.3 - 1.5 / (1 + std::exp(-4 * (decades - 3.5))) +
         (decades > 6 ? std::expm1(4 * (decades - 6)) : 0);
}

std::uint32_t state = 1;
double noise() {  // nearly normal, deviation 1
  double sum = -2;
  for (int i = 0; i < 4; ++i) {
    sum += static_cast<double>((state = state * 1664525 + 1013904223) >> 8) / (1 << 24);
  }
  return sum * std::sqrt(3.0);
}

bool mentions(const Suggestion& suggestion, std::string_view words) {
  return suggestion.why_not.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE(
    "every rule of fastai, torch-lr-finder and Lightning gives the original's index on every "
    "golden curve") {
  int compared = 0;
  for (const JsonView& expected : golden("suggestions.json").at("curves").items()) {
    const std::vector<double> lr = numbers(expected.at("lr"));
    const std::vector<double> smoothed = numbers(expected.at("smoothed"));
    for (const auto& original : originals) {
      const std::string& rule = original.first;
      const std::string& member = original.second;
      CAPTURE(expected.at("name").string());
      CAPTURE(rule);
      const Suggestion found = original_suggestion(rule, lr, smoothed);
      if (expected.at(member).is_null()) {
        CHECK_FALSE(found);
        continue;
      }
      REQUIRE(found);
      const double rate = expected.at(member).number();
      const double factor = rule == "minimum" ? 10 : 1;
      std::size_t index = 0;
      while (index < lr.size() && lr[index] / factor != rate) ++index;
      REQUIRE(index < lr.size());
      CHECK(found.index == static_cast<std::int64_t>(index));
      CHECK(found.lr == rate);
      ++compared;
    }
  }
  CHECK(compared == 54);
}

TEST_CASE("a curve too short for a formula gives a reason where the original fails") {
  std::vector<double> lr, smoothed;
  for (int i = 0; i < 22; ++i) {
    lr.push_back(1e-5 * std::pow(1.5, i));
    smoothed.push_back(2 - 0.05 * i);
  }
  // 22 points: fastai keeps 15, one fewer than slide reaches over.
  CHECK(original_suggestion("slide", lr, smoothed).why_not ==
        "its formula fails on the 15 points left of 22 after skipping the first 2 and the last 5");
  CHECK_FALSE(
      original_suggestion("valley", std::vector<double>(5, 1.0), std::vector<double>(5, 1.0)));
  CHECK_FALSE(original_suggestion("steepest", std::vector(lr.begin(), lr.begin() + 16),
                                  std::vector(smoothed.begin(), smoothed.begin() + 16)));
  CHECK_FALSE(original_suggestion("lightning", {}, {}));
  CHECK_THROWS_WITH_AS(original_suggestion("valley", lr, {}),
                       "original_suggestion: 22 rates but 0 losses", Error);
}

TEST_CASE("valley has no index −1 when the fall is two points long and the first is one of them") {
  // The original reads lrs[-1], the highest rate of all.
  CHECK_FALSE(formulas::valley(std::vector<double>{2, 1}));
  CHECK(formulas::valley(std::vector<double>{2, 3, 4}) == 0);
  CHECK(formulas::valley(std::vector<double>{9, 5, 5, 5, 5, 4}) == 3);  // equal is not a fall
  CHECK(formulas::valley(std::vector<double>{9, 8, 7, 6, 5, 4, 3, 2}) == 2);
}

TEST_CASE(
    "formulas cut the curve at the first loss that is not finite, and Lightning's drops such "
    "points") {
  auto points = curve(100, typical);
  std::vector<double> lr, smoothed;
  for (const SweepPoint& point : points) {
    lr.push_back(point.lr);
    smoothed.push_back(point.smoothed);
  }
  smoothed[30] = std::numeric_limits<double>::quiet_NaN();
  CHECK(original_suggestion("minimum", lr, smoothed).index < 30);
  CHECK(original_suggestion("steepest", lr, smoothed).index < 30);
  CHECK(original_suggestion("lightning", lr, smoothed).index > 30);
}

TEST_CASE("our rule takes a sixth of the zero-lag minimum on the golden sweeps") {
  const Suggestion adam = suggest("ravine", golden_points("seed_adam"));
  CHECK(adam.index == 70);
  CHECK(adam.value() == doctest::Approx(0.0398107 / 6).epsilon(1e-5));
  const Suggestion sgd = suggest("ravine", golden_points("bn_sgd"));
  CHECK(sgd.index == 92);
  CHECK(sgd.value() == doctest::Approx(2.290868 / 6).epsilon(1e-5));
}

TEST_CASE("no rule suggests anything on a curve that does not fall, and each says why") {
  const auto rising = curve(100, [](double decades) { return 2.3 + decades; });
  const auto constant = curve(100, [](double) { return 0.7; });
  const auto flat = curve(100, [](double) { return 2.3 + 0.02 * noise(); });
  for (const auto& points : {rising, constant, flat}) {
    const std::vector<Suggestion> all = suggest_all(points);
    REQUIRE(all.size() == rule_names.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      CHECK(all[i].rule == rule_names[i]);
      CHECK_FALSE(all[i]);
      CHECK(std::isnan(all[i].lr));
      CHECK(all[i].index == -1);
    }
  }
  CHECK(mentions(suggest("ravine", rising), "the loss never falls below where it starts"));
}

TEST_CASE("a minimum among the first rates is no fall, since the curve before it is not known") {
  const auto points = curve(100, [](double decades) { return std::abs(decades - 0.4); });
  CHECK(mentions(suggest("ravine", points), "among the first 10 points"));
}

TEST_CASE(
    "flat noise is never taken for a fall, and a fall of five times the noise of a batch always is "
    "one") {
  int seen = 0;
  for (int repeat = 0; repeat < 300; ++repeat) {
    CAPTURE(repeat);
    CHECK_FALSE(suggest("ravine", curve(100, [](double) { return 2.3 + 0.1 * noise(); })));
    if (suggest("ravine", curve(100, [](double d) {
                  return 2.3 + (typical(d) - 2.3) / 3 + 0.1 * noise();
                }))) {
      ++seen;
    }
  }
  CHECK(seen == 300);
}

TEST_CASE("our rule suggests the same whatever is added to the losses or multiplies them") {
  const Suggestion plain = suggest("ravine", curve(100, typical));
  REQUIRE(plain);
  CHECK(suggest("ravine", curve(100, [](double d) { return typical(d) - 5; })).index ==
        plain.index);
  CHECK(suggest("ravine", curve(100, [](double d) { return typical(d) * 1e5; })).lr == plain.lr);
}

TEST_CASE("too few points are no sweep to judge") {
  CHECK(suggest("ravine", {}).why_not ==
        "the sweep has 0 finite losses, and a suggestion needs 10");
  auto points = curve(100, typical);
  points.resize(9);
  CHECK(suggest("valley", points).why_not ==
        "the sweep has 9 finite losses, and a suggestion needs 10");
  for (SweepPoint& point : points) {
    point.loss = point.smoothed = std::numeric_limits<double>::quiet_NaN();
  }
  points.resize(50);
  CHECK_FALSE(suggest("ravine", points));
}

TEST_CASE(
    "rates where the loss already rises, or long before it falls, are refused with both rates") {
  auto noisy = curve(100, typical);
  noisy[13].smoothed = 2.4;  // at the smallest rates a tiny step is a huge slope in the linear rate
  CHECK(suggest("lightning", noisy)
            .why_not.find("more than a decade before the loss begins to fall") !=
        std::string::npos);
  // A fall after the divergence.
  auto bumpy = curve(100, typical);
  bumpy[90].smoothed = bumpy[90].loss - 60;
  CHECK(mentions(suggest("steepest", bumpy), "where the loss already rises again"));
}

TEST_CASE("slide says when it stays where it begins and when it slides off the curve") {
  // Alike slopes over the last points that it sees.
  CHECK(mentions(suggest("slide", curve(100, [](double d) { return 2.3 - 0.3 * d; })),
                 "stays where it begins"));
  CHECK(mentions(suggest("slide", curve(100,
                                        [](double d) {
                                          return 23 - 10 * std::tanh(d - 4) + 4 * std::sin(27 * d);
                                        })),
                 "slides off the curve"));
}

TEST_CASE("our rule refuses a rate below the first one of the sweep") {
  const SweepOptions options{.min_lr = 1e-3, .max_lr = 1};
  std::vector<double> lr, loss;
  for (int k = 0; k <= 100; ++k) {
    lr.push_back(rate_at(options, k));
    loss.push_back(std::pow(std::log10(lr.back() / 4e-3), 2));
  }
  const Suggestion found = suggest("ravine", points_of(lr, loss));
  CHECK_FALSE(found);
  CHECK(mentions(found, "a sixth of that lies below the sweep's first rate, 1e-3"));
}

TEST_CASE("a curve with smoothed losses only is read as it is and tested with more caution") {
  for (const char* const name : {"seed_adam", "bn_sgd"}) {
    auto points = golden_points(name);
    std::size_t lowest = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
      points[i].loss = SweepPoint::not_recorded;
      if (points[i].smoothed < points[lowest].smoothed) lowest = i;
    }
    CHECK(suggest("ravine", points).index == static_cast<std::int64_t>(lowest));
  }
  auto flat = curve(100, [](double) { return SweepPoint::not_recorded; });
  double average = 0;
  for (std::size_t i = 0; i < flat.size(); ++i) {
    average = 0.9 * average + 0.1 * (2.3 + 0.1 * noise());
    flat[i].smoothed = average / (1 - std::pow(0.9, static_cast<double>(i + 1)));
  }
  CHECK_FALSE(suggest("ravine", flat));
}

TEST_CASE("a suggestion without a rate throws its reason when the rate is asked for") {
  const Suggestion none = suggest("valley", {});
  CHECK_THROWS_WITH_AS(none.value(),
                       "no learning rate from the rule valley: the sweep has 0 finite losses, and "
                       "a suggestion needs 10",
                       Error);
  CHECK_THROWS_WITH_AS(
      suggest("lowest", {}),
      "\"lowest\" is not a suggestion rule; the rules are ravine, valley, slide, minimum, steep, "
      "steepest, lightning",
      Error);
}
