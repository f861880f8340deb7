#include <optional>

#include <ravine/layers/conv2d_relu_max_pool.h>
#include <ravine/layers/fusion.h>

namespace ravine {
namespace {

std::optional<Layer> conv_relu_pool(const Layer& first, const Layer& second) {
  const auto* conv = first.get_if<Conv2D>();
  const auto* pool = second.get_if<MaxPool2D>();
  if (conv == nullptr || pool == nullptr || conv->activation != relu) return std::nullopt;
  const bool halves = pool->pool_size == Extent2(2) && pool->strides.value_or(2) == Extent2(2) &&
                      pool->padding == Padding::valid;
  if (!halves) return std::nullopt;
  return FusedConv2DReluMaxPool2D{.conv = *conv, .pool = *pool};
}

using Rule = std::optional<Layer> (*)(const Layer& first, const Layer& second);
constexpr Rule rules[] = {conv_relu_pool};

}  // namespace

std::vector<Layer> fuse_layers(const std::vector<Layer>& layers) {
  std::vector<Layer> fused;
  for (const Layer& layer : layers) {
    std::optional<Layer> joined;
    if (!fused.empty()) {
      for (const Rule rule : rules) {
        if (!joined) joined = rule(fused.back(), layer);
      }
    }
    if (joined) {
      fused.back() = *joined;
    } else {
      fused.push_back(layer);
    }
  }
  return fused;
}

std::string fusion_note(const Layer& layer) {
  const auto* fused = layer.get_if<FusedConv2DReluMaxPool2D>();
  return fused == nullptr ? "" : "fused with max_pooling2d";
}

}  // namespace ravine
