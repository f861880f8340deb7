#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include <ravine/core/isa.h>

/// Elementary functions without a branch or a call, so that loops over them are vectorised.
///
/// For use inside `vectorized`. Stated errors are relative, against the exact value at the float
/// argument, wherever neither argument nor result is denormal; NaN gives NaN, ±∞ the limit.
/// Source  the polynomials are minimax (Remez) fits of this project, in 40-digit arithmetic.
namespace ravine::kernels::cpu::math {

namespace detail {

constexpr float log2_e = 1.44269504f;
constexpr float ln2_high = 0.693359375f;  // few bits: n·ln2_high is exact
constexpr float ln2_low = -2.12194440e-4f;
constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float largest = std::numeric_limits<float>::max();

/// x = n·ln 2 + r, |r| ≤ ln 2 / 2, and e^r − 1.
struct Reduced {
  std::int32_t n;
  float expm1_r;
};

RAVINE_INLINE inline Reduced reduce_exp(float x) {
  // Adding 1.5·2²³ rounds to a whole number and leaves it in the low bits: no conversion, which
  // would be undefined for NaN.
  constexpr float magic = 12582912.0f;
  const float shifted = x * log2_e + magic;
  const float n = shifted - magic;
  const float r = (x - n * ln2_high) - n * ln2_low;
  float p = 0.00139464485f;
  p = p * r + 0.00836657733f;
  p = p * r + 0.0416662805f;
  p = p * r + 0.166665435f;
  p = p * r + 0.5f;
  return {std::bit_cast<std::int32_t>(shifted) - std::bit_cast<std::int32_t>(magic), r + r * r * p};
}

/// 2ⁿ for n in [−126, 127].
RAVINE_INLINE inline float power_of_2(std::int32_t n) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(n + 127) << 23);
}

}  // namespace detail

/// eˣ, error ≤ 1.2e-7.
RAVINE_INLINE inline float exp(float x) {
  // Both limits lie beyond the floats: the product below overflows to ∞ or underflows to 0.
  const float below = x > 89.0f ? 89.0f : x;
  const float inside = below < -104.0f ? -104.0f : below;
  const auto [n, expm1_r] = detail::reduce_exp(inside);
  const std::int32_t half = n >> 1;
  return (1 + expm1_r) * detail::power_of_2(half) * detail::power_of_2(n - half);
}

/// eˣ − 1, error ≤ 1.5e-7, also near 0.
RAVINE_INLINE inline float expm1(float x) {
  const float below = x > 89.0f ? 89.0f : x;
  const float inside = below < -40.0f ? -40.0f : below;
  const auto [n, expm1_r] = detail::reduce_exp(inside);
  // Half of the result first: 2ⁿ alone is too large for n = 128.
  const float half = detail::power_of_2(n - 1);
  return 2 * (half * expm1_r + (half - 0.5f));
}

/// ln x, error ≤ 1.2e-7; −∞ at 0 and for denormals, NaN below.
RAVINE_INLINE inline float log(float x) {
  constexpr std::uint32_t sqrt_half = 0x3F3504F3;
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x) + (0x3F800000 - sqrt_half);
  const float e = static_cast<float>(static_cast<std::int32_t>(bits >> 23) - 127);
  const float f = std::bit_cast<float>((bits & 0x007FFFFF) + sqrt_half) - 1;
  const float s = f / (2 + f);
  const float z = s * s;
  float p = 0.23582153f;
  p = p * z + 0.285373092f;
  p = p * z + 0.400003344f;
  p = p * z + 0.666666627f;
  const float half_square = 0.5f * f * f;
  const float tail = s * (half_square + z * p) + e * detail::ln2_low;
  const float inside = e * detail::ln2_high - ((half_square - tail) - f);
  const float beyond = x <= detail::largest ? inside : x;
  const float at_zero = x < 0 ? std::numeric_limits<float>::quiet_NaN() : -detail::infinity;
  return x < std::numeric_limits<float>::min() ? at_zero : beyond;
}

/// ln(1 + x) for finite x > −1, error ≤ 2e-7, also near 0.
RAVINE_INLINE inline float log1p(float x) {
  const float sum = 1 + x;
  const float lost = x - (sum - 1);
  return log(sum) + lost / sum;
}

/// 1 / (1 + e⁻ˣ), error ≤ 2e-7.
RAVINE_INLINE inline float sigmoid(float x) {
  return 1 / (1 + exp(-x));
}

/// tanh x, error ≤ 2.5e-7, also near 0.
RAVINE_INLINE inline float tanh(float x) {
  const float t = expm1(-2 * std::fabs(x));
  return std::copysign(-t / (2 + t), x);
}

namespace detail {

/// erf x for |x| ≤ 1.
RAVINE_INLINE inline float erf_near_0(float x) {
  const float z = x * x;
  float p = 7.85386073e-5f;
  p = p * z - 0.000801019371f;
  p = p * z + 0.00518832775f;
  p = p * z - 0.0268538129f;
  p = p * z + 0.112835854f;
  p = p * z - 0.37612626f;
  p = p * z + 0.128379166f;
  return x + x * p;
}

/// 1 − erf x for x ≥ 1.
RAVINE_INLINE inline float erfc_from_1(float x) {
  const float inside = x > 11.0f ? 11.0f : x;
  const float t = 1 / (1 + 0.5f * inside);
  float p = -0.141983271f;
  p = p * t + 0.643531382f;
  p = p * t - 0.908430994f;
  p = p * t + 0.319396079f;
  p = p * t - 0.0410668924f;
  p = p * t + 0.397304237f;
  p = p * t + 0.997836173f;
  p = p * t - 1.26542461f;
  return t * math::exp(p - inside * inside);
}

}  // namespace detail

/// erf x, error ≤ 1.5e-7, also near 0.
RAVINE_INLINE inline float erf(float x) {
  const float size = std::fabs(x);
  const float near = detail::erf_near_0(x);
  const float far = std::copysign(1 - detail::erfc_from_1(size), x);
  return size > 1 ? far : near;
}

/// Φ(x), the share of a standard normal below x, error ≤ (1 + x²)·2e-7, in the left tail too.
RAVINE_INLINE inline float normal_cdf(float x) {
  constexpr float sqrt_half = 0.707106781f;
  const float z = x * sqrt_half;
  const float tail = 0.5f * detail::erfc_from_1(std::fabs(z));
  const float left = z < 0 ? tail : 1 - tail;
  const float middle = 0.5f + 0.5f * detail::erf_near_0(z);
  return std::fabs(z) > 1 ? left : middle;
}

}  // namespace ravine::kernels::cpu::math
