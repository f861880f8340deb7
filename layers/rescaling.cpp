#include <ravine/layers/arithmetic.h>
#include <ravine/layers/rescaling.h>

namespace ravine {

Variable Rescaling::operator()(Scope& scope, const Variable& x) const {
  const auto named = scope.layer(kind_name, name);
  return scale_shift(x, scale, offset);
}

}  // namespace ravine
