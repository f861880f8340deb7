#include <algorithm>
#include <cmath>

#include <ravine/layers/initializer.h>

namespace ravine {
namespace {

double fan_of(Initializer::Fan fan, Fans fans) {
  switch (fan) {
    case Initializer::Fan::in:
      return std::max(1.0, fans.in);
    case Initializer::Fan::out:
      return std::max(1.0, fans.out);
    case Initializer::Fan::average:
      return std::max(1.0, (fans.in + fans.out) / 2);
    case Initializer::Fan::none:
      break;
  }
  return 1;
}

double truncated(RandomSequence& random) {
  double value = random.normal();
  while (std::abs(value) > 2) value = random.normal();
  return value;
}

}  // namespace

void initialize(const Initializer& initializer, Fans fans, RandomSequence random,
                std::span<float> values) {
  using Distribution = Initializer::Distribution;
  double first = initializer.first, second = initializer.second;
  if (initializer.fan != Initializer::Fan::none) {
    const double variance = initializer.scale / fan_of(initializer.fan, fans);
    // The standard deviation of a normal cut at ±2 is 0.8796 of the uncut one: Keras makes up for
    // it.
    constexpr double truncation = 0.87962566103423978;
    const bool is_uniform = initializer.distribution == Distribution::uniform;
    second = is_uniform ? std::sqrt(3 * variance) : std::sqrt(variance);
    if (initializer.distribution == Distribution::truncated_normal) second /= truncation;
    first = is_uniform ? -second : 0;
  }
  switch (initializer.distribution) {
    case Distribution::constant:
      std::fill(values.begin(), values.end(), static_cast<float>(first));
      break;
    case Distribution::uniform:
      for (float& value : values) {
        value =
            static_cast<float>(first + (second - first) * static_cast<double>(random.uniform()));
      }
      break;
    case Distribution::normal:
      for (float& value : values) value = static_cast<float>(first + second * random.normal());
      break;
    case Distribution::truncated_normal:
      for (float& value : values) value = static_cast<float>(first + second * truncated(random));
      break;
  }
}

}  // namespace ravine
