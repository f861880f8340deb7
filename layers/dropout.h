#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <ravine/core/tape.h>
#include <ravine/kernels/dropout.h>
#include <ravine/layers/scope.h>

namespace ravine {

/// x with a random share of its elements set to zero and the rest scaled up; see kernels/dropout.h.
///
/// Throws  Error when the rate is not in [0, 1).
Variable dropout(const Variable& x, const kernels::DropoutRandom& random, const Tensor& step);

/// Dropout in training; in use, x itself. `seed` is its own in place of the model's.
struct Dropout {
  static constexpr const char* kind_name = "dropout";
  double rate = 0;
  std::optional<std::uint64_t> seed = {};
  std::string name = {};
  Variable operator()(Scope& scope, const Variable& x) const;
};

}  // namespace ravine
