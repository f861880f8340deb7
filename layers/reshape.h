#pragma once

#include <string>
#include <vector>

#include <ravine/core/tape.h>
#include <ravine/layers/scope.h>

namespace ravine {

/// Where a Sequential learns the shape of one sample: `Input{28, 28, 1}`.
struct Input {
  static constexpr const char* kind_name = "input_layer";

  Input(std::initializer_list<std::int64_t> extents) : shape(extents) {}
  explicit Input(const Shape& sample, std::string layer_name = {})
      : shape(sample), name(std::move(layer_name)) {}
  Shape shape;
  std::string name = {};

  Variable operator()(Scope& scope, const Variable& x) const;
};

/// [N, ...] → [N, product of the rest], in h,w,c order.
struct Flatten {
  static constexpr const char* kind_name = "flatten";
  std::string name = {};
  Variable operator()(Scope& scope, const Variable& x) const;
};

/// [N, ...] → [N, target...]; one extent may be −1 and is inferred.
struct Reshape {
  static constexpr const char* kind_name = "reshape";
  std::vector<std::int64_t> target_shape;
  std::string name = {};
  Variable operator()(Scope& scope, const Variable& x) const;
};

}  // namespace ravine
