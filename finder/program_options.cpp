#include <charconv>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/finder/program_options.h>

namespace ravine {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return parts;
    begin = end + 1;
  }
}

template <class T>
T parse_number(const std::string& text, const std::string& what) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value);
  if (code != std::errc() || stop != end) {
    throw Error(fmt::format("{}: '{}' is not a number", what, text));
  }
  return value;
}

bool parse_boolean(const std::string& text, const std::string& what) {
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  throw Error(fmt::format("{}: '{}' is neither true nor false", what, text));
}

struct NumberOption {
  std::string_view name;
  std::optional<double> OptimizerConfig::*place;
};
constexpr NumberOption number_options[] = {{"momentum", &OptimizerConfig::momentum},
                                           {"rho", &OptimizerConfig::rho},
                                           {"beta_1", &OptimizerConfig::beta_1},
                                           {"beta_2", &OptimizerConfig::beta_2},
                                           {"epsilon", &OptimizerConfig::epsilon},
                                           {"weight_decay", &OptimizerConfig::weight_decay},
                                           {"clipnorm", &OptimizerConfig::clipnorm},
                                           {"clipvalue", &OptimizerConfig::clipvalue},
                                           {"global_clipnorm", &OptimizerConfig::global_clipnorm}};

/// The options that an optimizer has beside those that all have.
std::string_view own_options(const std::string& name) {
  if (name == "sgd") return "momentum nesterov";
  if (name == "adam" || name == "adamw") return "beta_1 beta_2 epsilon";
  if (name == "rmsprop") return "rho momentum epsilon centered";
  throw Error(fmt::format("--optimizer {}: expected sgd, adam, adamw or rmsprop", name));
}

bool has_option(const std::string& optimizer, const std::string& option) {
  constexpr std::string_view common = " weight_decay clipnorm clipvalue global_clipnorm ";
  const std::string own = fmt::format(" {} ", own_options(optimizer));
  const std::string word = fmt::format(" {} ", option);
  return own.find(word) != std::string::npos || common.find(word) != std::string_view::npos;
}

}  // namespace

Shape parse_shape(const std::string& text) {
  std::vector<std::int64_t> extents;
  for (const std::string& part : split(text, ',')) {
    extents.push_back(parse_number<std::int64_t>(part, "--input-shape " + text));
    if (extents.back() < 1) throw Error(fmt::format("--input-shape {}: {} is below 1", text, part));
  }
  return Shape(extents);
}

OptimizerConfig parse_optimizer(const std::string& text) {
  const std::size_t colon = text.find(':');
  OptimizerConfig config{.name = text.substr(0, colon), .learning_rate = 1e-3};
  own_options(config.name);
  if (colon == std::string::npos) return config;
  for (const std::string& part : split(text.substr(colon + 1), ',')) {
    const std::size_t equals = part.find('=');
    const std::string key = part.substr(0, equals);
    const std::string what = fmt::format("--optimizer {}", text);
    if (equals == std::string::npos || !has_option(config.name, key)) {
      throw Error(
          fmt::format("{}: '{}'; {} takes {} weight_decay clipnorm clipvalue global_clipnorm, "
                      "each as key=value",
                      what, part, config.name, own_options(config.name)));
    }
    const std::string value = part.substr(equals + 1);
    if (key == "nesterov") config.nesterov = parse_boolean(value, what);
    if (key == "centered") config.centered = parse_boolean(value, what);
    for (const NumberOption& option : number_options) {
      if (option.name == key) config.*option.place = parse_number<double>(value, what);
    }
  }
  return config;
}

LossConfig parse_loss(const std::string& text) {
  constexpr std::pair<std::string_view, std::string_view> short_names[] = {
      {"mse", "mean_squared_error"}, {"mae", "mean_absolute_error"}};
  for (const auto& [name, full] : short_names) {
    if (text == name) return {.name = std::string(full)};
  }
  for (const std::string_view name :
       {"sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy",
        "mean_squared_error", "mean_absolute_error", "huber"}) {
    if (text == name) return {.name = text};
  }
  throw Error(
      fmt::format("--loss {}: expected sparse_categorical_crossentropy, "
                  "categorical_crossentropy, binary_crossentropy, mse, mae or huber",
                  text));
}

}  // namespace ravine
