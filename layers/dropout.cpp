#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/layers/dropout.h>

namespace ravine {

Variable dropout(const Variable& x, const kernels::DropoutRandom& random, const Tensor& step) {
  if (!(random.rate >= 0 && random.rate < 1)) {
    throw Error(fmt::format("dropout: a rate of {} is not in [0, 1)", random.rate));
  }
  const Tensor y(x.stream(), x.shape());
  kernels::dropout(x.stream(), random, step, x.value(), y);
  return record("dropout", {x}, y, [random, step, x](Gradients& grad, const Tensor& dy) {
    if (const Tensor dx = grad.of(x)) kernels::dropout(grad.stream(), random, step, dy, dx);
  });
}

Variable Dropout::operator()(Scope& scope, const Variable& x) const {
  const auto named = scope.layer(kind_name, name);
  const kernels::DropoutRandom random = scope.random(rate, seed);
  const bool passes = rate == 0 || !scope.training();
  return passes && !scope.making() ? x : dropout(x, random, scope.random_step());
}

}  // namespace ravine
