#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/core/file.h>
#include <ravine/finder/numbers_internal.h>
#include <ravine/finder/saved_sweep.h>

namespace ravine {
namespace {

// A hundred thousand points with their repeats; a sweep has about a hundred.
constexpr JsonLimits limits{.bytes = std::size_t{64} << 20, .nodes = 2'000'000};
constexpr std::int64_t most_steps = 1'000'000;

double number_or_nan(const JsonView& view) {
  return view.is_null() ? SweepPoint::not_recorded : view.number();
}

std::vector<SweepPoint> points_from(const JsonView& array) {
  std::vector<SweepPoint> points;
  for (const JsonView& item : array.items()) {
    SweepPoint point{.step = item.at("step").integer(0, most_steps),
                     .lr = item.at("lr").number(smallest_rate, largest_rate),
                     .loss = number_or_nan(item.at("loss")),
                     .smoothed = number_or_nan(item.at("smoothed")),
                     .gradient_norm = number_or_nan(item.at("gradient_norm")),
                     .update_ratio = number_or_nan(item.at("update_ratio")),
                     .finite = item.at("finite").boolean()};
    if (!points.empty() && point.lr <= points.back().lr) {
      item.at("lr").fail_expected(
          fmt::format("a rate above {}, that of the point before", shortest(points.back().lr)));
    }
    points.push_back(point);
  }
  return points;
}

SweepOptions settings_from(const JsonView& view) {
  SweepOptions settings;
  settings.min_lr = view.at("min_lr").number();
  settings.max_lr = view.at("max_lr").number();
  settings.steps = static_cast<int>(view.at("steps").integer(1, most_steps));
  settings.mode = view.at("mode").one_of({"exponential", "linear"}) == "linear"
                      ? SweepMode::even
                      : SweepMode::exponential;
  try {
    settings.smoothing = Smoothing::named(view.at("smoothing").string());
    settings.stop_factor = view.at("stop_factor").number();
    settings.rule = view.at("rule").string();
    check(settings);
  } catch (const DataError&) {
    throw;
  } catch (const Error& error) {
    view.fail(error.what());
  }
  return settings;
}

std::optional<StopReason> stop_from(const JsonView& view) {
  if (view.is_null()) return std::nullopt;
  const std::string name =
      view.one_of({"reached_end", "diverged", "non_finite", "data_ran_out", "interrupted"});
  for (const StopReason reason : {StopReason::reached_end, StopReason::diverged,
                                  StopReason::non_finite, StopReason::data_ran_out}) {
    if (name == to_string(reason)) return reason;
  }
  return StopReason::interrupted;
}

std::optional<std::uint64_t> seed_from(const JsonView& view) {
  if (view.is_null()) return std::nullopt;
  if (!view.is_string()) return static_cast<std::uint64_t>(view.integer(0));
  const std::string text = view.string();
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error != std::errc{} || end != text.data() + text.size()) {
    view.fail_expected("a seed below 2^64");
  }
  return seed;
}

SweepSubject subject_from(const JsonView& document) {
  SweepSubject subject;
  const JsonView model = document.at("model");
  const JsonView optimizer = document.at("optimizer");
  const JsonView data = document.at("data");
  subject.model = {model.at("name").string(), model.at("layers").string(),
                   model.at("parameters").integer(0)};
  subject.optimizer = {optimizer.at("name").string(), optimizer.at("options").string()};
  subject.data = {data.at("name").string(), data.at("examples").integer(0),
                  data.at("batch_size").integer(0)};
  subject.device = document.at("device").string();
  subject.seed = seed_from(document.at("seed"));
  for (const auto& [name, version] : document.at("versions").members()) {
    subject.versions.emplace_back(name, version.string());
  }
  return subject;
}

}  // namespace

bool is_saved_sweep(const JsonView& document) {
  if (!document.is_object()) return false;
  const auto schema = document.find("schema");
  return schema && schema->is_string() && schema->string().starts_with("ravine.sweep/");
}

Sweep sweep_from_json(const JsonView& document) {
  document.at("schema").one_of({sweep_schema});
  Sweep sweep;
  sweep.stop = stop_from(document.at("stop"));
  sweep.settings = settings_from(document.at("settings"));
  sweep.subject = subject_from(document);
  sweep.points = points_from(document.at("points"));
  for (const JsonView& repeat : document.at("repeats").items()) {
    sweep.repeats.push_back(points_from(repeat));
  }
  sweep.suggestions = suggest_all(sweep.points);
  return sweep;
}

Sweep read_sweep(const std::filesystem::path& path) {
  const std::string text = read_text_file(path, limits.bytes);
  const auto first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (first != std::string::npos && text[first] == '{') {
    return sweep_from_json(parse_json(text, path.string(), limits));
  }
  return sweep_from_csv(text, path.string());
}

}  // namespace ravine
