#pragma once

#include <array>
#include <cstdint>

#include <ravine/core/isa.h>

/// Sums over one row, in double and in an order that the length alone fixes. For use inside
/// `vectorized`.
namespace ravine::kernels::cpu {

/// Σ term(i) over [0, count), in double.
template <class Term>
RAVINE_INLINE inline double row_sum(std::int64_t count, const Term& term) {
  constexpr std::int64_t lanes = 8;
  std::array<double, lanes> sums{};
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
      sums[static_cast<std::size_t>(lane)] += term(i + lane);
    }
  }
  for (std::int64_t lane = 0; i + lane < count; ++lane) {
    sums[static_cast<std::size_t>(lane)] += term(i + lane);
  }
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

/// Σ x[i] over [0, count), in double.
RAVINE_INLINE inline double row_total(const float* x, std::int64_t count) {
  return row_sum(count, [=](std::int64_t i) RAVINE_INLINE { return static_cast<double>(x[i]); });
}

}  // namespace ravine::kernels::cpu
