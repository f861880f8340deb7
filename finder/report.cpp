#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <ravine/core/json.h>
#include <ravine/finder/numbers_internal.h>
#include <ravine/finder/report.h>
#include <ravine/finder/words_internal.h>

namespace ravine {
namespace {

Json number_or_null(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json seed_json(const std::optional<std::uint64_t>& seed) {
  if (!seed) return {};
  // Beyond what JSON readers keep as an integer.
  if (*seed > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return std::to_string(*seed);
  }
  return *seed;
}

Json settings_json(const SweepOptions& settings) {
  return Json::object({{"min_lr", settings.min_lr},
                       {"max_lr", settings.max_lr},
                       {"steps", settings.steps},
                       {"mode", to_string(settings.mode)},
                       {"smoothing", settings.smoothing.name()},
                       {"stop_factor", settings.resolved_stop_factor()},
                       {"rule", settings.rule}});
}

Json versions_json(const SweepSubject& subject) {
  Json versions = Json::object();
  for (const auto& [name, version] : subject.versions) versions.set(name, version);
  return versions;
}

Json point_json(const SweepPoint& point) {
  return Json::object({{"step", point.step},
                       {"lr", number_or_null(point.lr)},
                       {"loss", number_or_null(point.loss)},
                       {"smoothed", number_or_null(point.smoothed)},
                       {"gradient_norm", number_or_null(point.gradient_norm)},
                       {"update_ratio", number_or_null(point.update_ratio)},
                       {"finite", point.finite}});
}

Json suggestion_json(const Suggestion& suggestion) {
  return Json::object({{"rule", suggestion.rule},
                       {"lr", number_or_null(suggestion.lr)},
                       {"index", suggestion ? Json(suggestion.index) : Json()},
                       {"why_not", text_or_null(suggestion.why_not)}});
}

// An interval and verified rates come of several sweeps and of trainings, which one sweep has not.
Json chosen_json(const Suggestion& chosen) {
  if (!chosen) return {};
  return Json::object({{"lr", chosen.lr},
                       {"low", Json()},
                       {"high", Json()},
                       {"rule", chosen.rule},
                       {"verified", Json::array()}});
}

// A JSON array with each item on a line of its own.
template <class Items, class Text>
std::string lines(const Items& items, Text text) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "\n    " : ",\n    ") + text(item);
  return out.empty() ? "[]" : "[" + out + "\n  ]";
}

std::string points_text(const std::vector<SweepPoint>& points) {
  return lines(points, [](const SweepPoint& point) { return dump(point_json(point)); });
}

}  // namespace

std::string to_json(const Sweep& sweep) {
  const SweepSubject& subject = sweep.subject;
  const Suggestion& chosen = sweep.suggestion();
  std::string out = "{";
  const auto member = [&](const char* name, const std::string& text) {
    out += fmt::format("{}\n  \"{}\": {}", out.size() > 1 ? "," : "", name, text);
  };
  member("schema", dump(sweep_schema));
  member("stop", dump(sweep.stop ? Json(to_string(*sweep.stop)) : Json()));
  member("settings", dump(settings_json(sweep.settings)));
  member("model", dump(Json::object({{"name", subject.model.name},
                                     {"layers", subject.model.layers},
                                     {"parameters", subject.model.parameters}})));
  member("optimizer", dump(Json::object({{"name", subject.optimizer.name},
                                         {"options", subject.optimizer.options}})));
  member("data", dump(Json::object({{"name", subject.data.name},
                                    {"examples", subject.data.examples},
                                    {"batch_size", subject.data.batch_size}})));
  member("device", dump(subject.device));
  member("seed", dump(seed_json(subject.seed)));
  member("versions", dump(versions_json(subject)));
  member("points", points_text(sweep.points));
  member("repeats", lines(sweep.repeats, points_text));
  member("suggestions",
         lines(sweep.suggestions, [](const Suggestion& s) { return dump(suggestion_json(s)); }));
  member("suggestion", dump(chosen_json(chosen)));
  member("why_not", dump(text_or_null(chosen.why_not)));
  member("schedule", "null");
  return out + "\n}\n";
}

std::string to_csv(const Sweep& sweep) {
  const auto cell = [](double value) {
    return std::isfinite(value) ? shortest(value) : std::string();
  };
  std::string out = "step,lr,loss,smoothed,gradient_norm,update_ratio,finite\n";
  for (const SweepPoint& point : sweep.points) {
    out += fmt::format("{},{},{},{},{},{},{}\n", point.step, cell(point.lr), cell(point.loss),
                       cell(point.smoothed), cell(point.gradient_norm), cell(point.update_ratio),
                       point.finite);
  }
  return out;
}

std::string to_table(const Sweep& sweep) {
  const Suggestion& chosen = sweep.suggestion();
  std::string out = fmt::format("{}.\n\n", stop_words(sweep));
  for (const Suggestion& suggestion : sweep.suggestions) {
    const bool said_below = suggestion.why_not == chosen.why_not;
    out += fmt::format("{} {:<10} {:<9}{}", suggestion.rule == chosen.rule ? "*" : " ",
                       suggestion.rule, suggestion ? rate_text(suggestion.lr) : "-",
                       said_below ? "" : suggestion.why_not);
    out.erase(out.find_last_not_of(' ') + 1);
    out += "\n";
  }
  return out + fmt::format("\n{}\n{}.\n{}\n", headline(sweep), reason(sweep), next_words(sweep));
}

}  // namespace ravine
