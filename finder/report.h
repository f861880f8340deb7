#pragma once

#include <string>

#include <ravine/finder/sweep.h>

namespace ravine {

/// The sweep as JSON of schema "ravine.sweep/1", whose names do not change. Points stand on a line
/// each; numbers that are not finite or were not recorded are null.
///
/// Throws  Error when a text of `subject` is not UTF-8.
std::string to_json(const Sweep& sweep);

/// The points as `step,lr,loss,smoothed,gradient_norm,update_ratio,finite`; numbers that are not
/// finite or were not recorded are empty.
std::string to_csv(const Sweep& sweep);

/// The result for a terminal: how the sweep ended, each rule's rate or why it has none, the
/// learning rate with its reason, and what to do next. Plain text, lines ended by '\n'.
std::string to_table(const Sweep& sweep);

}  // namespace ravine
