#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/layers/fusion.h>
#include <ravine/layers/reshape.h>
#include <ravine/layers/sequential.h>

namespace ravine {

void Sequential::require_unbuilt(const char* change) const {
  if (built()) throw Error(fmt::format("sequential: {} after the model was built", change));
}

Sequential& Sequential::add(Layer layer) {
  require_unbuilt("a layer was added");
  layers_.push_back(std::move(layer));
  fused_ = fuse_ ? fuse_layers(layers_) : layers_;
  return *this;
}

Sequential& Sequential::fuse(bool on) {
  require_unbuilt("fusion was switched");
  fuse_ = on;
  fused_ = fuse_ ? fuse_layers(layers_) : layers_;
  return *this;
}

Shape Sequential::input_shape() const {
  const Input* input = layers_.empty() ? nullptr : layers_.front().get_if<Input>();
  if (input == nullptr) {
    throw Error("sequential: the first layer must be an Input, such as Input{28, 28, 1}");
  }
  return input->shape;
}

Variable Sequential::forward(Scope& scope, const Variable& x) const {
  Variable y = x;
  for (const Layer& layer : fused_) {
    y = layer(scope, y);
    if (scope.making()) scope.note_output(y.shape(), fusion_note(layer));
  }
  return y;
}

}  // namespace ravine
