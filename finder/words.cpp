#include <fmt/format.h>

#include <ravine/finder/fall.h>
#include <ravine/finder/numbers_internal.h>
#include <ravine/finder/svg_text_internal.h>
#include <ravine/finder/words_internal.h>

namespace ravine {
namespace {

std::string with_separators(std::int64_t value) {
  std::string text = std::to_string(value);
  for (std::ptrdiff_t i = static_cast<std::ptrdiff_t>(text.size()) - 3; i > 0; i -= 3) {
    text.insert(static_cast<std::size_t>(i), ",");
  }
  return text;
}

}  // namespace

std::string headline(const Sweep& sweep) {
  const Suggestion& chosen = sweep.suggestion();
  return chosen ? "Suggested learning rate: " + rate_text(chosen.lr) : "No learning rate suggested";
}

std::string reason(const Sweep& sweep) {
  const Suggestion& chosen = sweep.suggestion();
  if (!chosen) return "Reason: " + chosen.why_not;
  if (chosen.rule != "ravine") {
    return fmt::format("The rate is that of the rule \"{}\"", chosen.rule);
  }
  const Fall fall = measure_fall(sweep.points);
  const double multiple = fall.drop() / fall.noise;
  const std::string noise =
      multiple < 100 ? fmt::format(", {} × the noise of a batch,", rounded(multiple, 2)) : "";
  return fmt::format("The loss falls by {}{} and is lowest at {}; the rate is a sixth of that",
                     rounded(fall.drop(), 3), noise, rate_text(sweep.points[fall.index].lr));
}

std::string stop_words(const Sweep& sweep) {
  if (sweep.points.empty()) return "The sweep has no points";
  const SweepPoint& last = sweep.points.back();
  const std::string where =
      fmt::format("at lr {}, step {} of {}", rate_text(last.lr), last.step, sweep.settings.steps);
  if (!sweep.stop) return fmt::format("The curve ends at lr {}", rate_text(last.lr));
  switch (*sweep.stop) {
    case StopReason::reached_end:
      return "The sweep reached its end " + where;
    case StopReason::diverged:
      return "The loss diverged " + where;
    case StopReason::non_finite:
      return "The loss or a gradient was not finite " + where;
    case StopReason::data_ran_out:
      return "The data ran out " + where;
    case StopReason::interrupted:
      break;
  }
  return "The sweep was interrupted " + where;
}

std::string stop_rule_words(const SweepOptions& options) {
  const std::string factor = shortest(options.resolved_stop_factor());
  switch (options.smoothing.kind()) {
    case Smoothing::Kind::keras:
      return fmt::format("the average exceeds {} × the lowest loss", factor);
    case Smoothing::Kind::fastai:
      return fmt::format("the average exceeds {} × its lowest", factor);
    default:
      return fmt::format("the average of the losses rises by more than {} × its fall", factor);
  }
}

std::string subject_words(const Sweep& sweep, int name_width) {
  const SweepSubject& subject = sweep.subject;
  std::string words;
  const auto add = [&](const std::string& part) {
    if (part.empty()) return;
    if (!words.empty()) words += " · ";
    words += part;
  };
  std::string model = shortened(subject.model.name, name_width);
  if (subject.model.parameters > 0) {
    model += fmt::format("{}{} parameters", model.empty() ? "" : ", ",
                         with_separators(subject.model.parameters));
  }
  add(model);
  add(subject.optimizer.name);
  add(subject.data.name);
  if (subject.data.batch_size > 0) add(fmt::format("batch {}", subject.data.batch_size));
  if (subject.seed) add(fmt::format("seed {}", *subject.seed));
  add(subject.device);
  add(fmt::format("{} {}", with_separators(static_cast<std::int64_t>(sweep.points.size())),
                  sweep.points.size() == 1 ? "point" : "points"));
  return words;
}

std::string next_words(const Sweep& sweep) {
  const Suggestion& chosen = sweep.suggestion();
  const Fall fall = measure_fall(sweep.points);
  if (chosen) {
    const std::string rate = rate_text(chosen.lr);
    std::string words = fmt::format(
        "Set it by trainer.learning_rate({0}) in Ravine, model.optimizer.learning_rate = {0} in "
        "Keras,\n"
        "or lr={0} in a PyTorch optimizer.",
        rate);
    if (fall.index + 1 == sweep.points.size()) {
      words += fmt::format(
          "\nThe loss was still falling at the last rate, {}: a sweep to higher rates may find a "
          "higher one.",
          rate_text(sweep.points.back().lr));
    }
    return words;
  }
  switch (fall.verdict) {
    case Fall::Verdict::too_few_points:
      if (sweep.stop == StopReason::non_finite) {
        return "Try lower rates, and look for NaN in the data and for a loss that does not fit the "
               "model.";
      }
      return "Try a sweep with more steps.";
    case Fall::Verdict::lowest_at_start:
      return "Try lower rates, and check that the labels and the loss fit the model.";
    case Fall::Verdict::within_noise:
      return "Try larger batches or more steps, whose noise is less, or a wider range of rates.";
    case Fall::Verdict::falls:
      break;
  }
  return "Try lower rates, or look at what the other rules suggest.";
}

}  // namespace ravine
