#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include <ravine/core/random.h>
#include <ravine/core/shape.h>

namespace ravine {

/// How a parameter is filled before training; the names and formulas of Keras.
///
/// With a fan the spread follows the layer's size: variance scale/fan for the normal kinds, limits
/// ±√(3·scale/fan) for uniform.
/// Source  Glorot & Bengio 2010; He et al. 2015, arXiv:1502.01852; Keras `VarianceScaling`.
struct Initializer {
  enum class Distribution : std::uint8_t { constant, uniform, normal, truncated_normal };
  enum class Fan : std::uint8_t { none, in, out, average };

  Distribution distribution = Distribution::constant;
  double first = 0;   // the constant, the lower limit, or the mean
  double second = 0;  // the upper limit or the standard deviation; unused with a fan
  Fan fan = Fan::none;
  double scale = 1;
  std::optional<std::uint64_t> seed = {};  // of its own, in place of the model's

  static Initializer zeros() { return {}; }
  static Initializer ones() { return constant(1); }
  static Initializer constant(double value) { return {.first = value}; }
  static Initializer uniform(double low, double high) {
    return {.distribution = Distribution::uniform, .first = low, .second = high};
  }
  static Initializer normal(double mean, double deviation) {
    return {.distribution = Distribution::normal, .first = mean, .second = deviation};
  }
  static Initializer truncated_normal(double mean, double deviation) {
    return {.distribution = Distribution::truncated_normal, .first = mean, .second = deviation};
  }
  static Initializer variance_scaling(double scale, Fan fan, Distribution distribution) {
    return {.distribution = distribution, .fan = fan, .scale = scale};
  }
  static Initializer glorot_uniform() {
    return variance_scaling(1, Fan::average, Distribution::uniform);
  }
  static Initializer he_uniform() { return variance_scaling(2, Fan::in, Distribution::uniform); }

  friend bool operator==(const Initializer&, const Initializer&) = default;
};

/// The inputs and outputs that one weight of a layer connects, in number.
struct Fans {
  double in = 1;
  double out = 1;
};

/// Fills `values` by `initializer` with numbers of `random`.
void initialize(const Initializer& initializer, Fans fans, RandomSequence random,
                std::span<float> values);

}  // namespace ravine
