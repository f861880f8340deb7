#include <ravine/layers/pool2d.h>
#include <ravine/layers/upsampling2d.h>
#include <ravine/layers/zero_padding2d.h>

#include "spec_layer_class_internal.h"

namespace ravine::detail {
namespace {

Conv2D read_conv2d(Config& config, const Shape& input) {
  Conv2D conv{.filters = config.require("filters").integer(1, max_extent),
              .kernel_size = read_extent(config.require("kernel_size"))};
  if (const auto strides = config.take("strides")) conv.strides = read_extent(*strides);
  if (const auto padding = config.take("padding")) conv.padding = read_padding(*padding);
  if (const auto rate = config.take("dilation_rate")) conv.dilation_rate = read_extent(*rate);
  if (const auto groups = config.take("groups")) conv.groups = groups->integer(1, max_extent);
  take_data_format(config);
  read_weights(config, input, conv);
  return conv;
}

void write_conv2d(const Conv2D& conv, Json& config) {
  config.set("filters", conv.filters);
  config.set("kernel_size", write_extent(conv.kernel_size));
  config.set("strides", write_extent(conv.strides));
  config.set("padding", conv.padding == Padding::same ? "same" : "valid");
  config.set("dilation_rate", write_extent(conv.dilation_rate));
  config.set("groups", conv.groups);
  write_weights(conv, config);
}

template <class T>
T read_pool(Config& config, const Shape&) {
  T pool;
  if (const auto size = config.take("pool_size")) pool.pool_size = read_extent(*size);
  if (const auto strides = config.take("strides")) pool.strides = read_extent(*strides);
  if (const auto padding = config.take("padding")) pool.padding = read_padding(*padding);
  take_data_format(config);
  return pool;
}

template <class T>
void write_pool(const T& pool, Json& config) {
  config.set("pool_size", write_extent(pool.pool_size));
  config.set("strides", write_extent(pool.strides.value_or(pool.pool_size)));
  config.set("padding", pool.padding == Padding::same ? "same" : "valid");
}

template <class T>
T read_global_pool(Config& config, const Shape&) {
  take_data_format(config);
  return {.keepdims = config.boolean("keepdims", false)};
}

template <class T>
void write_global_pool(const T& pool, Json& config) {
  config.set("keepdims", pool.keepdims);
}

ZeroPadding2D read_zero_padding2d(Config& config, const Shape&) {
  ZeroPadding2D layer;
  take_data_format(config);
  const auto padding = config.take("padding");
  if (!padding) return layer;
  const auto count = [](const JsonView& view) { return view.integer(0, max_extent); };
  const auto sides = [&](const JsonView& view) -> std::pair<std::int64_t, std::int64_t> {
    if (!view.is_array()) return {count(view), count(view)};
    const std::vector<JsonView> both = view.items();
    if (both.size() != 2) view.fail_expected("an integer or two, for the sides");
    return {count(both[0]), count(both[1])};
  };
  std::vector<JsonView> axes{*padding, *padding};
  if (padding->is_array()) axes = padding->items();
  if (axes.size() != 2) padding->fail_expected("an integer or two values, for height and width");
  const auto [top, bottom] = sides(axes[0]);
  const auto [left, right] = sides(axes[1]);
  layer.padding = {top, bottom, left, right};
  return layer;
}

void write_zero_padding2d(const ZeroPadding2D& layer, Json& config) {
  const kernels::Padding2D& p = layer.padding;
  config.set("padding",
             Json::array({Json::array({p.top, p.bottom}), Json::array({p.left, p.right})}));
}

UpSampling2D read_upsampling2d(Config& config, const Shape&) {
  UpSampling2D layer;
  take_data_format(config);
  config.only("interpolation", "nearest", "no other interpolation is supported");
  if (const auto size = config.take("size")) layer.size = read_extent(*size);
  return layer;
}

void write_upsampling2d(const UpSampling2D& layer, Json& config) {
  config.set("size", write_extent(layer.size));
}

constexpr LayerClass classes[] = {
    layer_class<read_pool<AveragePool2D>, write_pool<AveragePool2D>>("AveragePooling2D"),
    layer_class<read_conv2d, write_conv2d>("Conv2D"),
    layer_class<read_global_pool<GlobalAveragePool2D>, write_global_pool<GlobalAveragePool2D>>(
        "GlobalAveragePooling2D"),
    layer_class<read_global_pool<GlobalMaxPool2D>, write_global_pool<GlobalMaxPool2D>>(
        "GlobalMaxPooling2D"),
    layer_class<read_pool<MaxPool2D>, write_pool<MaxPool2D>>("MaxPooling2D"),
    layer_class<read_upsampling2d, write_upsampling2d>("UpSampling2D"),
    layer_class<read_zero_padding2d, write_zero_padding2d>("ZeroPadding2D"),
};

}  // namespace

std::span<const LayerClass> image_layer_classes() {
  return classes;
}

}  // namespace ravine::detail
