#pragma once

#include <string>

#include <ravine/finder/sweep.h>

namespace ravine {

// What a sweep found, in the words that the picture and the table share.

/// "Suggested learning rate: 6.64e-3" or "No learning rate suggested".
std::string headline(const Sweep& sweep);

/// Why the headline says what it says, one sentence without its full stop.
std::string reason(const Sweep& sweep);

/// "The loss diverged at lr 1.1, step 88 of 100".
std::string stop_words(const Sweep& sweep);

/// "the average of the losses rises by more than 2 × its fall".
std::string stop_rule_words(const SweepOptions& options);

/// "seed_cnn (225,034 parameters) · Adam · batch 32 · seed 42 · cpu · 89 points"; a longer model
/// name is cut to about `name_width` characters.
std::string subject_words(const Sweep& sweep, int name_width);

/// What to do with this outcome, one sentence or two.
std::string next_words(const Sweep& sweep);

}  // namespace ravine
