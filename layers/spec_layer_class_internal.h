#pragma once

#include <span>
#include <utility>

#include "spec_internal.h"

namespace ravine::detail {

/// A layer class of Keras.
struct LayerClass {
  std::string_view name;
  Layer (*read)(Config& config, const LayerPlace& place);
  /// Empty when the layer is of another class.
  std::optional<Json> (*write)(const Layer& layer, const std::string& name);
};

/// The class of the struct that `read(Config&, const Shape& input)` makes from its own options and
/// `write(const T&, Json& config)` turns back; name, trainable and dtype are dealt with here.
template <auto read, auto write>
constexpr LayerClass layer_class(std::string_view class_name) {
  using T = decltype(read(std::declval<Config&>(), Shape()));
  return {class_name,
          [](Config& config, const LayerPlace& place) -> Layer {
            T layer = read(config, place.input);
            if (const auto name = config.take("name")) {
              layer.name = name->string();
              if (layer.name.empty()) name->fail_expected("a name");
            }
            const bool trainable = config.boolean("trainable", true) && place.trainable;
            if constexpr (requires { layer.trainable; }) layer.trainable = trainable;
            return layer;
          },
          [](const Layer& layer, const std::string& name) -> std::optional<Json> {
            const T* own = layer.get_if<T>();
            if (own == nullptr) return std::nullopt;
            Json config = Json::object({{"name", name}, {"dtype", "float32"}});
            if constexpr (requires { own->trainable; }) config.set("trainable", own->trainable);
            write(*own, config);
            return config;
          }};
}

/// For `write` where a layer has no options of its own.
template <class T>
void write_nothing(const T&, Json&) {}

/// What Dense and Conv2D have in common.
template <class T>
void read_weights(Config& config, const Shape& input, T& layer) {
  if (const auto activation = config.take("activation")) {
    layer.activation = read_activation(*activation, input);
  }
  layer.use_bias = config.boolean("use_bias", true);
  if (const auto kernel = config.take("kernel_initializer")) {
    layer.kernel_initializer = read_initializer(*kernel);
  }
  if (const auto bias = config.take("bias_initializer")) {
    layer.bias_initializer = read_initializer(*bias);
  }
  for (const char* key : {"kernel_regularizer", "bias_regularizer"}) {
    config.only_null(key, "regularisers are not supported");
  }
  for (const char* key : {"kernel_constraint", "bias_constraint"}) {
    config.only_null(key, "constraints are not supported");
  }
}

/// What read_weights reads.
template <class T>
void write_weights(const T& layer, Json& config) {
  config.set("activation", write_activation(layer.activation));
  config.set("use_bias", layer.use_bias);
  config.set("kernel_initializer", write_initializer(layer.kernel_initializer));
  config.set("bias_initializer", write_initializer(layer.bias_initializer));
}

/// Convolution, pooling, padding and upsampling.
std::span<const LayerClass> image_layer_classes();

}  // namespace ravine::detail
