#include <cctype>

#include <fmt/format.h>

#include "spec_internal.h"

namespace ravine::detail {
namespace {

struct NumberOption {
  std::string_view key;
  std::optional<double> OptimizerConfig::*value;
  double otherwise, max;
};
struct FlagOption {
  std::string_view key;
  std::optional<bool> OptimizerConfig::*value;
};
struct OptimizerClass {
  std::string_view name;  // in Keras
  double learning_rate;
  std::vector<NumberOption> numbers;
  std::vector<FlagOption> flags;
};

const std::vector<OptimizerClass>& optimizer_classes() {
  using C = OptimizerConfig;
  static const NumberOption beta_1{"beta_1", &C::beta_1, 0.9, 1},
      beta_2{"beta_2", &C::beta_2, 0.999, 1}, epsilon{"epsilon", &C::epsilon, 1e-7, infinity},
      momentum{"momentum", &C::momentum, 0, 1}, rho{"rho", &C::rho, 0.9, 1},
      decay{"weight_decay", &C::weight_decay, 0.004, infinity};
  static const std::vector<OptimizerClass> classes{
      {"SGD", 0.01, {momentum}, {{"nesterov", &C::nesterov}}},
      {"Adam", 1e-3, {beta_1, beta_2, epsilon}, {}},
      {"AdamW", 1e-3, {beta_1, beta_2, epsilon, decay}, {}},
      {"RMSprop", 1e-3, {rho, momentum, epsilon}, {{"centered", &C::centered}}},
  };
  return classes;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

const OptimizerClass& optimizer_class(const JsonView& view, std::string name) {
  // So Keras 2.11 and 2.12 call their own optimizers.
  constexpr std::string_view custom = "Custom>";
  if (name.starts_with(custom)) name.erase(0, custom.size());
  for (const OptimizerClass& known : optimizer_classes()) {
    if (lower(known.name) == lower(name)) return known;
  }
  view.fail(fmt::format("the optimizer {} is not supported; supported are: {}", quote(name),
                        listed(optimizer_classes())));
}

/// A rate is a float that was printed as a double: 0.009999999776482562 means 0.01.
double read_rate(const JsonView& view) {
  return shortest(static_cast<float>(read_number(view, 0)));
}

/// The rate that a schedule begins with.
double read_schedule(const JsonView& schedule, std::vector<std::string>& notes) {
  const std::string name = class_of(schedule);
  const JsonView config = schedule.at("config");
  const auto initial = config.find("initial_learning_rate");
  const auto values = config.find("values");  // of a piecewise constant one
  if (!initial && (!values || values->items().empty())) {
    schedule.fail(fmt::format("the schedule {} has no initial_learning_rate", quote(name)));
  }
  const double rate = read_rate(initial ? *initial : values->items()[0]);
  notes.push_back(
      fmt::format("{}: the schedule {} is not followed; the rate is the {} that it begins "
                  "with",
                  schedule.where(), name, rate));
  return rate;
}

}  // namespace

OptimizerConfig read_optimizer(const JsonView& view, std::vector<std::string>& notes) {
  const bool is_object = view.is_object();
  const OptimizerClass& known =
      optimizer_class(view, (is_object ? view.at("class_name") : view).string());
  Config config(is_object ? view.at("config") : JsonView(Json::object(), view.where()),
                std::string(known.name));
  OptimizerConfig optimizer{.name = lower(known.name), .learning_rate = known.learning_rate};
  if (const auto rate = config.take("learning_rate")) {
    optimizer.learning_rate = rate->is_object() ? read_schedule(*rate, notes) : read_rate(*rate);
  }
  for (const NumberOption& option : known.numbers) {
    optimizer.*option.value = config.number(option.key, option.otherwise, 0, option.max);
  }
  for (const FlagOption& option : known.flags) {
    optimizer.*option.value = config.boolean(option.key, false);
  }
  const auto limit = [&](const char* key, std::optional<double>& value) {
    if (const auto option = config.take(key)) {
      value = read_positive(*option);
    }
  };
  limit("clipnorm", optimizer.clipnorm);
  limit("clipvalue", optimizer.clipvalue);
  limit("global_clipnorm", optimizer.global_clipnorm);
  if (optimizer.clipnorm.has_value() + optimizer.clipvalue.has_value() +
          optimizer.global_clipnorm.has_value() >
      1) {
    config.view().fail("at most one of clipnorm, clipvalue and global_clipnorm may be set");
  }
  if (!optimizer.weight_decay) {
    if (const auto decay = config.take("weight_decay")) {
      optimizer.weight_decay = read_number(*decay, 0);
    }
  }
  config.only("amsgrad", false, "AMSGrad is not supported");
  config.only("use_ema", false, "moving averages of weights are not supported");
  config.only_null("loss_scale_factor", "the scaling of losses is not supported");
  config.only_null("gradient_accumulation_steps", "gradient accumulation is not supported");
  config.only("decay", 0, "use a schedule");
  for (const char* key :
       {"name", "ema_momentum", "ema_overwrite_frequency", "jit_compile", "is_legacy_optimizer"}) {
    config.ignore(key);
  }
  config.finish();
  return optimizer;
}

Json write_optimizer(const OptimizerConfig& optimizer) {
  const OptimizerClass& known =
      optimizer_class(JsonView(optimizer.name, "the optimizer to write"), optimizer.name);
  const auto or_null = [](const auto& value) { return value ? Json(*value) : Json(); };
  Json config = Json::object({{"name", optimizer.name},
                              {"learning_rate", optimizer.learning_rate},
                              {"weight_decay", or_null(optimizer.weight_decay)},
                              {"clipnorm", or_null(optimizer.clipnorm)},
                              {"global_clipnorm", or_null(optimizer.global_clipnorm)},
                              {"clipvalue", or_null(optimizer.clipvalue)}});
  for (const NumberOption& option : known.numbers) {
    config.set(std::string(option.key), (optimizer.*option.value).value_or(option.otherwise));
  }
  for (const FlagOption& option : known.flags) {
    config.set(std::string(option.key), (optimizer.*option.value).value_or(false));
  }
  return keras_object("keras.optimizers", known.name, std::move(config));
}

}  // namespace ravine::detail
