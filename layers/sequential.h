#pragma once

#include <utility>
#include <vector>

#include <ravine/layers/layer.h>
#include <ravine/layers/module.h>

namespace ravine {

/// A model that is a chain of layers, the first of them an Input.
///
/// Adjacent layers are fused into one operation where the table in fusion.h has a rule for them;
/// results are the same up to rounding.
class Sequential : public Module {
 public:
  Sequential() = default;
  template <LayerLike... L>
  requires(sizeof...(L) > 0)
      Sequential(L... layers) {  // NOLINT: Sequential model{Input{28, 28, 1}, …}
    (add(std::move(layers)), ...);
  }

  /// Throws  Error when the model is built already.
  Sequential& add(Layer layer);
  /// Whether the fusion table is applied; on unless switched off. Throws Error when built already.
  Sequential& fuse(bool on);

  const std::vector<Layer>& layers() const { return layers_; }

  Variable forward(Scope& scope, const Variable& x) const override;
  /// Throws  Error when the first layer is not an Input.
  Shape input_shape() const override;

 private:
  void require_unbuilt(const char* change) const;

  std::vector<Layer> layers_;
  std::vector<Layer> fused_;  // what runs
  bool fuse_ = true;
};

}  // namespace ravine
