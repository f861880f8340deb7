#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include <ravine/core/error.h>

#include "spec_internal.h"

namespace ravine::detail {
namespace {

bool equal(const JsonView& view, const Json& value) {
  if (view.value() == value) return true;
  // Keras writes a number that it was given as 0 as 0 and as 0.0.
  const auto is_number = [](Json::Kind kind) {
    return kind == Json::Kind::integer || kind == Json::Kind::number;
  };
  return is_number(view.kind()) && is_number(value.kind()) &&
         view.number() == JsonView(value, "").number();
}

}  // namespace

std::optional<JsonView> Config::take(std::string_view key) {
  taken_.push_back(key);
  std::optional<JsonView> option = view_.find(key);
  if (option && option->is_null()) option.reset();
  return option;
}

JsonView Config::require(std::string_view key) {
  taken_.push_back(key);
  return view_.at(key);
}

bool Config::boolean(std::string_view key, bool otherwise) {
  const auto option = take(key);
  return option ? option->boolean() : otherwise;
}

double Config::number(std::string_view key, double otherwise, double min, double max) {
  const auto option = take(key);
  return option ? read_number(*option, min, max) : otherwise;
}

void Config::only(std::string_view key, const Json& value, std::string_view why) {
  const auto option = take(key);
  if (option && !equal(*option, value)) {
    option->fail_expected(fmt::format("{} ({})", dump(value), why));
  }
}

void Config::finish() const {
  for (const auto& [key, value] : view_.members()) {
    if (value.is_null() || std::ranges::find(taken_, key) != taken_.end()) continue;
    value.fail(fmt::format("{} has no option {}, or none that is supported", owner_, quote(key)));
  }
}

std::string class_of(const JsonView& object) {
  const std::string name = object.at("class_name").string();
  const auto registered = object.find("registered_name");
  const bool is_users_own =
      registered && registered->is_string() && registered->string().find('>') != std::string::npos;
  constexpr std::array code{"Lambda",     "TFSMLayer",          "TFOpLambda", "SlicingOpLambda",
                            "__lambda__", "TorchModuleWrapper", "JaxLayer",   "FlaxLayer"};
  if (is_users_own || std::ranges::find(code, name) != code.end()) {
    object.fail(
        fmt::format("{} stands for code, which is not taken from a model file; replace it by "
                    "layers, or build the model in C++ with a layer of your own",
                    quote(is_users_own ? registered->string() : name)));
  }
  return name;
}

Json keras_object(const char* module, std::string_view class_name, Json config) {
  return Json::object({{"module", module},
                       {"class_name", class_name},
                       {"config", std::move(config)},
                       {"registered_name", nullptr}});
}

double shortest(float value) {
  std::array<char, 32> text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
  double result = 0;
  std::from_chars(text.data(), written.ptr, result);
  return result;
}

double read_number(const JsonView& view, double min, double max) {
  const double value = view.number(min, max);
  if (std::abs(value) > static_cast<double>(std::numeric_limits<float>::max())) {
    view.fail_expected("a number that fits a float");
  }
  return value;
}

double read_positive(const JsonView& view) {
  const double value = read_number(view);
  if (value < static_cast<double>(std::numeric_limits<float>::min())) {
    view.fail_expected("a number above 0");
  }
  return value;
}

void take_dtype(Config& config) {
  const auto dtype = config.take("dtype");
  if (!dtype) return;
  const JsonView name = dtype->is_object() ? dtype->at("config").at("name") : *dtype;
  if (name.string() != "float32") name.fail_expected("\"float32\" (no other type is supported)");
}

void take_data_format(Config& config) {
  config.only("data_format", "channels_last",
              "convert the model: images are [height, width, channels] here");
}

void take_last_axis(Config& config, int rank) {
  const auto axis = config.take("axis");
  if (!axis) return;
  // Keras 2 writes the axis of a batch normalisation as a list of one.
  const bool is_list = axis->is_array() && axis->items().size() == 1;
  const std::int64_t number = (is_list ? axis->items()[0] : *axis).integer();
  if (number != -1 && number != rank - 1) {
    axis->fail_expected(fmt::format("-1 or {} (the last axis; no other is supported)", rank - 1));
  }
}

Extent2 read_extent(const JsonView& view) {
  if (!view.is_array()) return view.integer(1, max_extent);
  const std::vector<JsonView> both = view.items();
  if (both.size() != 2) view.fail_expected("an integer or two, for height and width");
  return {both[0].integer(1, max_extent), both[1].integer(1, max_extent)};
}

Json write_extent(Extent2 extent) {
  return Json::array({extent.h, extent.w});
}

Padding read_padding(const JsonView& view) {
  return view.one_of({"valid", "same"}) == "same" ? Padding::same : Padding::valid;
}

}  // namespace ravine::detail
