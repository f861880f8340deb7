#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ravine/finder/rules.h>
#include <ravine/finder/stop_rule.h>
#include <ravine/finder/sweep_options.h>
#include <ravine/finder/sweep_point.h>

namespace ravine {

/// What a sweep was run on, for reports. Empty texts and zeros mean unknown.
struct SweepSubject {
  struct Model {
    std::string name = {};
    std::string layers = {};  ///< "Conv2D 32, MaxPool2D, Flatten, Dense 10"
    std::int64_t parameters = 0;
  };
  struct Optimizer {
    std::string name = {};     ///< "Adam"
    std::string options = {};  ///< "beta_1 0.9, beta_2 0.999, epsilon 1e-7"
  };
  struct Data {
    std::string name = {};
    std::int64_t examples = 0;
    std::int64_t batch_size = 0;
  };
  Model model = {};
  Optimizer optimizer = {};
  Data data = {};
  std::string device = {};
  std::optional<std::uint64_t> seed = {};
  std::vector<std::pair<std::string, std::string>> versions = {};  ///< {{"ravine", "0.1.0"}, …}
};

/// What saved sweeps say they are; a change of its names is a new number.
inline constexpr const char* sweep_schema = "ravine.sweep/1";

/// A finished learning-rate sweep: what was measured, how, and what follows from it.
struct Sweep {
  std::vector<SweepPoint> points = {};
  std::vector<std::vector<SweepPoint>> repeats = {};  ///< further sweeps from the same start
  std::optional<StopReason> stop = {};                ///< unknown for a curve read from CSV
  SweepOptions settings = {};
  SweepSubject subject = {};
  std::vector<Suggestion> suggestions = {};  ///< of every rule, in the order of rule_names

  /// Smooths the points and repeats that have losses as `settings` says, and asks every rule.
  void analyse();

  /// That of settings.rule: `sweep.suggestion().value()` is the rate, or throws the reason.
  const Suggestion& suggestion() const { return suggestion(settings.rule); }
  /// Throws  Error when there is no such rule, or analyse() was not called.
  const Suggestion& suggestion(std::string_view rule) const;

  /// Write the picture, the JSON of schema ravine.sweep/1, the table `step,lr,loss,smoothed,…`.
  /// The file appears whole or not at all. Throws  IoError.
  void write_svg(const std::filesystem::path& path) const;
  void write_json(const std::filesystem::path& path) const;
  void write_csv(const std::filesystem::path& path) const;
};

}  // namespace ravine
