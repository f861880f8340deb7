#pragma once

#include <string>

#include <ravine/core/tape.h>
#include <ravine/layers/scope.h>

namespace ravine {

/// scale·x + offset, as a layer.
struct Rescaling {
  static constexpr const char* kind_name = "rescaling";
  double scale = 1;
  double offset = 0;
  std::string name = {};
  Variable operator()(Scope& scope, const Variable& x) const;
};

}  // namespace ravine
