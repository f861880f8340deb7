#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ravine/finder/sweep_point.h>

namespace ravine {

/// A learning rate that a rule reads off a curve, or the reason in words why it reads none.
struct Suggestion {
  std::string rule;
  double lr = std::numeric_limits<double>::quiet_NaN();
  /// The point it was read from; `lr` may be a fraction of that point's rate.
  std::int64_t index = -1;
  std::string why_not;  ///< empty when there is a rate

  explicit operator bool() const { return why_not.empty(); }
  /// Throws  Error with the reason when there is no rate.
  double value() const;
};

/// Ours, those of fastai (valley, slide, minimum, steep), of torch-lr-finder, and of Lightning.
inline constexpr std::array<std::string_view, 7> rule_names{
    "ravine", "valley", "slide", "minimum", "steep", "steepest", "lightning"};

/// Throws  Error naming the rules when `rule` is none of them.
void check_rule(std::string_view rule);

/// What `rule` says of a finished curve where that means something; otherwise the reason, as for a
/// curve that falls by no more than its noise, or a rate at which the loss already rises again.
///
/// ravine: the rate of the zero-lag curve's minimum / 6, whatever the points' own smoothing is.
/// The others follow finder/formulas.h on `smoothed`, up to the first point that is not finite.
Suggestion suggest(std::string_view rule, std::span<const SweepPoint> points);

/// suggest() for every rule, in the order of rule_names.
std::vector<Suggestion> suggest_all(std::span<const SweepPoint> points);

/// What the original program suggests on this smoothed curve, skipping the points that it skips and
/// judging nothing; `why_not` where it fails itself. Not for "ravine".
Suggestion original_suggestion(std::string_view rule, std::span<const double> lr,
                               std::span<const double> smoothed);

}  // namespace ravine
