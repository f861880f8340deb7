#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include <ravine/core/error.h>

#include "spec_internal.h"

namespace ravine::detail {
namespace {

using Distribution = Initializer::Distribution;
using Fan = Initializer::Fan;

struct NamedActivation {
  std::string_view name;
  Activation activation;
};
// gelu_new is TensorFlow.js's alone.
constexpr NamedActivation activations[] = {
    {"linear", Activation{}}, {"relu", relu},          {"leaky_relu", leaky_relu}, {"elu", elu},
    {"gelu", gelu},           {"gelu_new", gelu_tanh}, {"sigmoid", sigmoid},       {"tanh", tanh},
    {"softmax", softmax},
};

Activation activation_called(const JsonView& view) {
  const std::string name = view.string();
  const auto* found = std::ranges::find(activations, name, &NamedActivation::name);
  if (found == std::end(activations)) {
    view.fail(fmt::format("the activation {} is not supported; supported are: {}", quote(name),
                          listed(activations)));
  }
  return found->activation;
}

/// What a layer does if it is an activation.
std::optional<Activation> activation_of(const Layer& layer) {
  using Kind = Activation::Kind;
  if (const auto* own = layer.get_if<ActivationLayer>()) return own->activation;
  if (layer.get_if<ReLU>() != nullptr) return relu;
  if (layer.get_if<Softmax>() != nullptr) return softmax;
  if (const auto* own = layer.get_if<LeakyReLU>()) {
    return Activation{Kind::leaky_relu, static_cast<float>(own->negative_slope)};
  }
  if (const auto* own = layer.get_if<ELU>()) {
    return Activation{Kind::elu, static_cast<float>(own->alpha)};
  }
  return std::nullopt;
}

struct NamedScaling {
  std::string_view name;
  double scale;
  Fan fan;
  Distribution distribution;
};
constexpr NamedScaling scalings[] = {
    {"GlorotUniform", 1, Fan::average, Distribution::uniform},
    {"GlorotNormal", 1, Fan::average, Distribution::truncated_normal},
    {"HeUniform", 2, Fan::in, Distribution::uniform},
    {"HeNormal", 2, Fan::in, Distribution::truncated_normal},
    {"LecunUniform", 1, Fan::in, Distribution::uniform},
    {"LecunNormal", 1, Fan::in, Distribution::truncated_normal},
};

/// "glorot_uniform" and "GlorotUniform" are the same initialiser.
std::string folded(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c != '_') text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return text;
}

Initializer read_variance_scaling(Config& config) {
  const auto scale = config.take("scale"), mode = config.take("mode"),
             shape = config.take("distribution");
  const std::string fan = mode ? mode->one_of({"fan_in", "fan_out", "fan_avg"}) : "fan_in";
  const std::string distribution =
      shape ? shape->one_of({"truncated_normal", "untruncated_normal", "normal", "uniform"})
            : "truncated_normal";
  return Initializer::variance_scaling(scale ? read_positive(*scale) : 1,
                                       fan == "fan_in"    ? Fan::in
                                       : fan == "fan_out" ? Fan::out
                                                          : Fan::average,
                                       distribution == "uniform" ? Distribution::uniform
                                       : distribution == "untruncated_normal"
                                           ? Distribution::normal
                                           : Distribution::truncated_normal);
}

/// The options that are its own; `config.owner()` is the initialiser's name.
Initializer read_by_name(const JsonView& view, Config& config) {
  const std::string key = folded(config.owner());
  for (const NamedScaling& scaling : scalings) {
    if (folded(scaling.name) == key) {
      return Initializer::variance_scaling(scaling.scale, scaling.fan, scaling.distribution);
    }
  }
  const auto deviation = [&] { return config.number("stddev", 0.05, 0, infinity); };
  const auto any = [&](const char* option, double otherwise) {
    return config.number(option, otherwise, -infinity, infinity);
  };
  if (key == "zeros" || key == "zero") return Initializer::zeros();
  if (key == "ones" || key == "one") return Initializer::ones();
  if (key == "constant") return Initializer::constant(any("value", 0));
  if (key == "randomnormal" || key == "normal") {
    return Initializer::normal(any("mean", 0), deviation());
  }
  if (key == "truncatednormal") return Initializer::truncated_normal(any("mean", 0), deviation());
  if (key == "randomuniform" || key == "uniform") {
    return Initializer::uniform(any("minval", -0.05), any("maxval", 0.05));
  }
  if (key == "variancescaling") return read_variance_scaling(config);
  view.fail(
      fmt::format("the initialiser {} is not supported; supported are: Zeros, Ones, "
                  "Constant, RandomNormal, TruncatedNormal, RandomUniform, {}, "
                  "VarianceScaling",
                  quote(config.owner()), listed(scalings)));
}

}  // namespace

Activation read_activation(const JsonView& view, const Shape& input) {
  if (view.is_null()) return {};
  if (!view.is_object()) return activation_called(view);
  // A function of Keras's own, which older versions write as an object.
  if (class_of(view) == "function") return activation_called(view.at("config"));
  const auto activation = activation_of(read_layer(view, {.input = input}));
  if (!activation) view.fail(fmt::format("{} is no activation", quote(class_of(view))));
  return *activation;
}

Json write_activation(const Activation& activation) {
  if (activation == gelu_tanh) throw Error("gelu_tanh cannot be written: Keras has no name for it");
  const auto* found = std::ranges::find(activations, activation, &NamedActivation::activation);
  if (found != std::end(activations)) return found->name;
  const double slope = shortest(activation.slope);
  const bool is_elu = activation.kind == Activation::Kind::elu;
  return is_elu
             ? keras_object("keras.layers", "ELU", Json::object({{"alpha", slope}}))
             : keras_object("keras.layers", "LeakyReLU", Json::object({{"negative_slope", slope}}));
}

Initializer read_initializer(const JsonView& view) {
  const bool is_object = view.is_object();
  Config config(is_object ? view.at("config") : JsonView(Json::object(), view.where()),
                is_object ? class_of(view) : view.string());
  Initializer initializer = read_by_name(view, config);
  if (const auto seed = config.take("seed")) {
    initializer.seed = static_cast<std::uint64_t>(seed->integer());
  }
  take_dtype(config);
  config.only_null("input_axes", "which axes are inputs follows from the layer");
  config.only_null("output_axes", "which axes are outputs follows from the layer");
  config.finish();
  return initializer;
}

Json write_initializer(const Initializer& initializer) {
  const Json seed = initializer.seed ? Json(static_cast<std::int64_t>(*initializer.seed)) : Json();
  const auto object = [&](std::string_view name, std::vector<JsonMember> members) {
    if (initializer.distribution != Distribution::constant) members.emplace_back("seed", seed);
    return keras_object("keras.initializers", name, Json::object(std::move(members)));
  };
  const double first = initializer.first, second = initializer.second;
  if (initializer.fan != Fan::none) {
    for (const NamedScaling& scaling : scalings) {
      if (scaling.scale == initializer.scale && scaling.fan == initializer.fan &&
          scaling.distribution == initializer.distribution) {
        return object(scaling.name, {});
      }
    }
    const bool is_in = initializer.fan == Fan::in, is_out = initializer.fan == Fan::out;
    const bool is_uniform = initializer.distribution == Distribution::uniform;
    const bool is_normal = initializer.distribution == Distribution::normal;
    return object("VarianceScaling", {{"scale", initializer.scale},
                                      {"mode", is_in    ? "fan_in"
                                               : is_out ? "fan_out"
                                                        : "fan_avg"},
                                      {"distribution", is_uniform  ? "uniform"
                                                       : is_normal ? "untruncated_normal"
                                                                   : "truncated_normal"}});
  }
  switch (initializer.distribution) {
    case Distribution::constant:
      break;
    case Distribution::uniform:
      return object("RandomUniform", {{"minval", first}, {"maxval", second}});
    case Distribution::normal:
      return object("RandomNormal", {{"mean", first}, {"stddev", second}});
    case Distribution::truncated_normal:
      return object("TruncatedNormal", {{"mean", first}, {"stddev", second}});
  }
  if (first == 0) return object("Zeros", {});
  if (first == 1) return object("Ones", {});
  return object("Constant", {{"value", first}});
}

}  // namespace ravine::detail
