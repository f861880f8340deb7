#include <fmt/format.h>
#include <fmt/ranges.h>

#include <ravine/core/error.h>
#include <ravine/layers/arithmetic.h>
#include <ravine/layers/reshape.h>

namespace ravine {

Variable Input::operator()(Scope& scope, const Variable& x) const {
  const auto named = scope.layer(kind_name, name);
  return x;
}

Variable Flatten::operator()(Scope& scope, const Variable& x) const {
  const auto named = scope.layer(kind_name, name);
  const Shape& shape = x.shape();
  if (shape.rank() == 2) return x;
  return reshape(x, {shape[0], shape.without_batch().elements()});
}

Variable Reshape::operator()(Scope& scope, const Variable& x) const {
  const auto named = scope.layer(kind_name, name);
  const std::int64_t elements = x.shape().without_batch().elements();
  std::vector<std::int64_t> extents{x.shape()[0]};
  std::int64_t known = 1, inferred = 0;
  for (const std::int64_t extent : target_shape) {
    if (extent == -1) {
      inferred = static_cast<std::int64_t>(extents.size());
    } else if (extent < 1 || __builtin_mul_overflow(known, extent, &known)) {
      known = -1;
      break;
    }
    extents.push_back(extent);
  }
  const bool one_unknown = std::count(target_shape.begin(), target_shape.end(), -1) <= 1;
  const bool fits =
      known > 0 && one_unknown && (inferred > 0 ? elements % known == 0 : elements == known);
  if (!fits) {
    throw Error(fmt::format("reshape '{}': x {} cannot become [N, {}]", name, x.shape().str(),
                            fmt::join(target_shape, ", ")));
  }
  if (inferred > 0) extents[static_cast<std::size_t>(inferred)] = elements / known;
  return reshape(x, Shape(extents));
}

}  // namespace ravine
