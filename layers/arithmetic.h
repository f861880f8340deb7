#pragma once

#include <ravine/core/tape.h>

namespace ravine {

/// Elementwise sum, difference and product of equal shapes.
///
/// Throws  Error naming both shapes when they differ: nothing is broadcast.
Variable operator+(const Variable& a, const Variable& b);
Variable operator-(const Variable& a, const Variable& b);
Variable operator*(const Variable& a, const Variable& b);

/// factor·x + offset with constants.
Variable scale_shift(const Variable& x, double factor, double offset);
inline Variable operator*(double factor, const Variable& x) {
  return scale_shift(x, factor, 0);
}
inline Variable operator*(const Variable& x, double factor) {
  return scale_shift(x, factor, 0);
}

/// The same elements, row-major, under another shape with the same batch.
Variable reshape(const Variable& x, const Shape& shape);

/// The sum of all elements, and their mean: a scalar [ ].
Variable sum(const Variable& x);
Variable mean(const Variable& x);

}  // namespace ravine
