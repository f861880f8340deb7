#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/optim/option_checks_internal.h>

namespace ravine {

double checked_share(const char* option, double value) {
  if (!(value >= 0 && value < 1)) {
    throw Error(fmt::format("optimizer: {} {} is not in [0, 1)", option, value));
  }
  return value;
}

double checked_positive(const char* option, double value) {
  // Kernels compute with the float, and with denormals as zero: there 0/0 would be NaN.
  const auto as_float = static_cast<float>(value);
  if (!(as_float >= std::numeric_limits<float>::min() && std::isfinite(as_float))) {
    throw Error(fmt::format("optimizer: {} {} is not above 0 as a float", option, value));
  }
  return value;
}

}  // namespace ravine
