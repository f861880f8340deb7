#pragma once

#include <string>

#include <ravine/core/tape.h>
#include <ravine/kernels/geometry.h>
#include <ravine/layers/scope.h>

namespace ravine {

/// Each pixel repeated factor.h × factor.w times.   Shapes  x [N,H,W,C]   result [N,H·fh,W·fw,C].
///
/// Throws  Error naming the shape when x is no image or a factor is below 1.
Variable upsample2d(const Variable& x, Extent2 factor);

/// Repeats rows and columns, as Keras's UpSampling2D with interpolation "nearest".
struct UpSampling2D {
  static constexpr const char* kind_name = "up_sampling2d";
  Extent2 size = 2;
  std::string name = {};
  Variable operator()(Scope& scope, const Variable& x) const;
};

}  // namespace ravine
