#include <fmt/format.h>

#include <cmath>

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
  if (!(std::isfinite(value) && value > 0)) {
    throw Error(fmt::format("optimizer: {} {} is not above 0", option, value));
  }
  return value;
}

}  // namespace ravine
