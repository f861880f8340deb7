#include <algorithm>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/layers/batch_norm.h>
#include <ravine/layers/dense.h>
#include <ravine/layers/dropout.h>
#include <ravine/layers/rescaling.h>
#include <ravine/layers/reshape.h>

#include "spec_layer_class_internal.h"

// Each layer has a function that reads its own options, one that writes them, and an entry in the
// table. Those of images are in spec_layers_2d.cpp.

namespace ravine::detail {
namespace {

Input read_input(Config& config, const Shape& input) {
  config.only("sparse", false, "inputs are dense");
  config.only("ragged", false, "inputs are dense");
  config.only("optional", false, "a model has one input");
  return Input(input.without_batch());
}

void write_input(const Input& input, Json& config) {
  std::vector<Json> extents{nullptr};
  for (const std::int64_t extent : input.shape.extents()) extents.emplace_back(extent);
  config.set("batch_shape", Json::array(std::move(extents)));
}

Dense read_dense(Config& config, const Shape& input) {
  Dense dense{.units = config.require("units").integer(1, max_extent)};
  read_weights(config, input, dense);
  return dense;
}

void write_dense(const Dense& dense, Json& config) {
  config.set("units", dense.units);
  write_weights(dense, config);
}

Flatten read_flatten(Config& config, const Shape&) {
  take_data_format(config);
  return {};
}

Reshape read_reshape(Config& config, const Shape&) {
  Reshape reshape;
  for (const JsonView& extent : config.require("target_shape").items()) {
    reshape.target_shape.push_back(extent.integer(-1, max_extent));
  }
  return reshape;
}

void write_reshape(const Reshape& reshape, Json& config) {
  config.set("target_shape", Json::array(reshape.target_shape));
}

Dropout read_dropout(Config& config, const Shape&) {
  const JsonView rate = config.require("rate");
  Dropout dropout{.rate = rate.number(0, 1)};
  if (dropout.rate == 1) rate.fail_expected("a number in [0, 1)");
  if (const auto seed = config.take("seed")) {
    dropout.seed = static_cast<std::uint64_t>(seed->integer());
  }
  config.only_null("noise_shape", "every element is dropped or kept on its own");
  return dropout;
}

void write_dropout(const Dropout& dropout, Json& config) {
  config.set("rate", dropout.rate);
  config.set("seed", dropout.seed ? Json(static_cast<std::int64_t>(*dropout.seed)) : Json());
}

ActivationLayer read_activation_layer(Config& config, const Shape& input) {
  return {read_activation(config.require("activation"), input)};
}

void write_activation_layer(const ActivationLayer& layer, Json& config) {
  config.set("activation", write_activation(layer.activation));
}

ReLU read_relu(Config& config, const Shape&) {
  config.only_null("max_value", "a ReLU with a ceiling is not supported");
  config.only("negative_slope", 0, "use LeakyReLU for a slope");
  config.only("threshold", 0, "a ReLU with another threshold is not supported");
  return {};
}

LeakyReLU read_leaky_relu(Config& config, const Shape&) {
  // Keras 2 calls it alpha, and prints it as the double of a float.
  const auto alpha = config.take("alpha");
  const double slope = config.number("negative_slope", 0.3, -infinity, infinity);
  return {alpha ? shortest(static_cast<float>(read_number(*alpha))) : slope};
}

void write_leaky_relu(const LeakyReLU& layer, Json& config) {
  config.set("negative_slope", layer.negative_slope);
}

ELU read_elu(Config& config, const Shape&) {
  return {config.number("alpha", 1, -infinity, infinity)};
}

void write_elu(const ELU& layer, Json& config) {
  config.set("alpha", layer.alpha);
}

Softmax read_softmax(Config& config, const Shape& input) {
  take_last_axis(config, input.rank());
  return {};
}

BatchNormalization read_batch_normalization(Config& config, const Shape& input) {
  take_last_axis(config, input.rank());
  BatchNormalization norm{.momentum = config.number("momentum", 0.99, 0, 1),
                          .epsilon = config.number("epsilon", 1e-3, 0, infinity),
                          .center = config.boolean("center", true),
                          .scale = config.boolean("scale", true)};
  const auto initializer = [&](const char* key, Initializer& value) {
    if (const auto option = config.take(key)) value = read_initializer(*option);
  };
  initializer("beta_initializer", norm.beta_initializer);
  initializer("gamma_initializer", norm.gamma_initializer);
  initializer("moving_mean_initializer", norm.moving_mean_initializer);
  initializer("moving_variance_initializer", norm.moving_variance_initializer);
  for (const char* key : {"beta_regularizer", "gamma_regularizer"}) {
    config.only_null(key, "regularisers are not supported");
  }
  for (const char* key : {"beta_constraint", "gamma_constraint"}) {
    config.only_null(key, "constraints are not supported");
  }
  config.only("synchronized", false, "there is one device");
  config.only("renorm", false, "renormalisation is not supported");
  config.ignore("renorm_clipping");
  config.ignore("renorm_momentum");
  config.only_null("virtual_batch_size", "statistics are of the whole batch");
  config.ignore("fused");
  return norm;
}

void write_batch_normalization(const BatchNormalization& norm, Json& config) {
  config.set("axis", -1);
  config.set("momentum", norm.momentum);
  config.set("epsilon", norm.epsilon);
  config.set("center", norm.center);
  config.set("scale", norm.scale);
  config.set("beta_initializer", write_initializer(norm.beta_initializer));
  config.set("gamma_initializer", write_initializer(norm.gamma_initializer));
  config.set("moving_mean_initializer", write_initializer(norm.moving_mean_initializer));
  config.set("moving_variance_initializer", write_initializer(norm.moving_variance_initializer));
}

Rescaling read_rescaling(Config& config, const Shape&) {
  return {read_number(config.require("scale")), config.number("offset", 0, -infinity, infinity)};
}

void write_rescaling(const Rescaling& layer, Json& config) {
  config.set("scale", layer.scale);
  config.set("offset", layer.offset);
}

constexpr LayerClass classes[] = {
    layer_class<read_activation_layer, write_activation_layer>("Activation"),
    layer_class<read_batch_normalization, write_batch_normalization>("BatchNormalization"),
    layer_class<read_dense, write_dense>("Dense"),
    layer_class<read_dropout, write_dropout>("Dropout"),
    layer_class<read_elu, write_elu>("ELU"),
    layer_class<read_flatten, write_nothing<Flatten>>("Flatten"),
    layer_class<read_input, write_input>("InputLayer"),
    layer_class<read_leaky_relu, write_leaky_relu>("LeakyReLU"),
    layer_class<read_relu, write_nothing<ReLU>>("ReLU"),
    layer_class<read_rescaling, write_rescaling>("Rescaling"),
    layer_class<read_reshape, write_reshape>("Reshape"),
    layer_class<read_softmax, write_nothing<Softmax>>("Softmax"),
};

const std::vector<LayerClass>& layer_classes() {
  static const std::vector<LayerClass> all = [] {
    std::vector<LayerClass> both(std::begin(classes), std::end(classes));
    const std::span<const LayerClass> image = image_layer_classes();
    both.insert(both.end(), image.begin(), image.end());
    std::ranges::sort(both, {}, &LayerClass::name);
    return both;
  }();
  return all;
}

}  // namespace

Layer read_layer(const JsonView& object, const LayerPlace& place) {
  const std::string name = class_of(object);
  for (const LayerClass& known : layer_classes()) {
    if (known.name != name) continue;
    Config config(object.at("config"), name);
    Layer layer = known.read(config, place);
    take_dtype(config);
    config.only_null("activity_regularizer", "regularisers are not supported");
    // The input's shape, which was read before any layer.
    for (const char* key : {"batch_shape", "batch_input_shape", "input_shape"}) config.ignore(key);
    config.finish();
    return layer;
  }
  object.at("class_name")
      .fail(fmt::format("the layer {} is not supported; supported are: {}", quote(name),
                        listed(layer_classes())));
}

Json write_layer(const Layer& layer, const std::string& name) {
  if (const auto* bare = layer.get_if<Activation>())
    return write_layer(ActivationLayer{*bare}, name);
  for (const LayerClass& known : layer_classes()) {
    if (std::optional<Json> config = known.write(layer, name)) {
      return keras_object("keras.layers", known.name, std::move(*config));
    }
  }
  throw Error(fmt::format("the layer '{}', a {}, cannot be written: Keras has no such layer", name,
                          layer.kind()));
}

}  // namespace ravine::detail
