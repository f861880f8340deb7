#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/finder/fall.h>
#include <ravine/finder/formulas.h>
#include <ravine/finder/numbers_internal.h>
#include <ravine/finder/rules.h>

namespace ravine {
namespace {

// Training at the sweep's minimum itself diverges. Over the seed model's batch sizes 32 to 512 a
// sixth of it lost the least, at most 0.014 of the whole fall.
constexpr double minimum_over_rate = 6;

// The part of a curve that a rule of others looks at.
struct Window {
  std::size_t first = 0;
  std::vector<double> lr;
  std::vector<double> smoothed;
  std::vector<std::size_t> index;  // into the curve
};

struct Skip {
  std::size_t begin, end;
};

Skip skip_of(std::string_view rule, std::size_t n) {
  if (rule == "steepest") return {10, 5};
  if (rule == "lightning") return {10, 1};
  return {n / 10, 5};
}

Window window_of(std::string_view rule, std::span<const double> lr,
                 std::span<const double> smoothed) {
  const auto [begin, end] = skip_of(rule, smoothed.size());
  Window window;
  for (std::size_t i = begin; i + end < smoothed.size(); ++i) {
    if (!std::isfinite(smoothed[i])) {
      if (rule == "lightning") continue;
      break;
    }
    window.index.push_back(i);
    window.lr.push_back(lr[i]);
    window.smoothed.push_back(smoothed[i]);
  }
  return window;
}

formulas::Index apply(std::string_view rule, const Window& window) {
  if (rule == "valley") return formulas::valley(window.smoothed);
  if (rule == "slide") return formulas::slide(window.smoothed);
  if (rule == "minimum") return formulas::minimum(window.smoothed);
  if (rule == "steep") return formulas::steep(window.lr, window.smoothed);
  if (rule == "steepest") return formulas::steepest(window.smoothed);
  return formulas::lightning(window.lr, window.smoothed);
}

Suggestion refusal(std::string_view rule, std::string why_not) {
  return {.rule = std::string(rule), .why_not = std::move(why_not)};
}

Suggestion ours(std::span<const SweepPoint> points, const Fall& fall) {
  const double lowest_at = points[fall.index].lr;
  const double lr = lowest_at / minimum_over_rate;
  if (lr < points.front().lr) {
    return refusal("ravine",
                   fmt::format("the loss is lowest at lr {}, and a sixth of that lies below the "
                               "sweep's first rate, {}",
                               rate_text(lowest_at), rate_text(points.front().lr)));
  }
  return {
      .rule = "ravine", .lr = lr, .index = static_cast<std::int64_t>(fall.index), .why_not = {}};
}

// Why a rate that a formula gave means nothing on this curve; empty when it may mean something.
std::string objection(const Suggestion& found, const Window& window,
                      std::span<const SweepPoint> points, const Fall& fall) {
  const double lowest_at = points[fall.index].lr;
  const double onset_at = points[fall.onset].lr;
  if (found.rule == "slide") {
    const auto place = static_cast<std::size_t>(found.index);
    if (place == window.index[window.index.size() - 16]) {
      return "the slopes at the end of the curve are too alike, so the rule stays where it begins";
    }
    if (place == window.index.front()) {
      return "the slopes never become alike, so the rule slides off the curve";
    }
  }
  if (found.lr > lowest_at) {
    return fmt::format("it points at {}, where the loss already rises again (lowest at {})",
                       rate_text(found.lr), rate_text(lowest_at));
  }
  if (found.lr < onset_at / 10) {
    return fmt::format("it points at {}, more than a decade before the loss begins to fall at {}",
                       rate_text(found.lr), rate_text(onset_at));
  }
  return {};
}

Suggestion of_others(std::string_view rule, std::span<const SweepPoint> points, const Fall& fall) {
  std::vector<double> lr, smoothed;
  for (const SweepPoint& point : points) {
    lr.push_back(point.lr);
    smoothed.push_back(point.smoothed);
  }
  Suggestion found = original_suggestion(rule, lr, smoothed);
  if (!found) return found;
  std::string why_not = objection(found, window_of(rule, lr, smoothed), points, fall);
  return why_not.empty() ? found : refusal(rule, std::move(why_not));
}

Suggestion suggest(std::string_view rule, std::span<const SweepPoint> points, const Fall& fall) {
  if (!fall.falls()) return refusal(rule, fall.why_not);
  return rule == "ravine" ? ours(points, fall) : of_others(rule, points, fall);
}

}  // namespace

double Suggestion::value() const {
  if (!why_not.empty()) {
    throw Error(fmt::format("no learning rate from the rule {}: {}", rule, why_not));
  }
  return lr;
}

void check_rule(std::string_view rule) {
  if (std::find(rule_names.begin(), rule_names.end(), rule) == rule_names.end()) {
    throw Error(fmt::format("\"{}\" is not a suggestion rule; the rules are {}", rule,
                            fmt::join(rule_names, ", ")));
  }
}

Suggestion original_suggestion(std::string_view rule, std::span<const double> lr,
                               std::span<const double> smoothed) {
  check_rule(rule);
  if (rule == "ravine") throw Error("original_suggestion: \"ravine\" is no rule of others");
  if (lr.size() != smoothed.size()) {
    throw Error(
        fmt::format("original_suggestion: {} rates but {} losses", lr.size(), smoothed.size()));
  }
  const Window window = window_of(rule, lr, smoothed);
  const formulas::Index place = apply(rule, window);
  if (!place) {
    const auto [begin, end] = skip_of(rule, smoothed.size());
    return refusal(
        rule,
        fmt::format("its formula fails on the {} points left of {} after skipping the first {} "
                    "and the last {}",
                    window.index.size(), smoothed.size(), begin, end));
  }
  const std::size_t index = window.index[*place];
  return {.rule = std::string(rule),
          .lr = rule == "minimum" ? lr[index] / 10 : lr[index],
          .index = static_cast<std::int64_t>(index),
          .why_not = {}};
}

Suggestion suggest(std::string_view rule, std::span<const SweepPoint> points) {
  check_rule(rule);
  return suggest(rule, points, measure_fall(points));
}

std::vector<Suggestion> suggest_all(std::span<const SweepPoint> points) {
  const Fall fall = measure_fall(points);
  std::vector<Suggestion> all;
  for (const std::string_view rule : rule_names) all.push_back(suggest(rule, points, fall));
  return all;
}

}  // namespace ravine
