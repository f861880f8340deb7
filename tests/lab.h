#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/core/device_backend.h>
#include <ravine/core/random.h>
#include <ravine/core/stream.h>
#include <ravine/core/tensor.h>

namespace ravine::test {

/// The devices that kernel tests run on here: the CPU, and a GPU where there is one.
inline std::vector<Device> devices() {
  std::vector<Device> all{Device::cpu()};
  if (cuda_backend() != nullptr && cuda_backend()->device_count() > 0)
    all.push_back(Device::cuda());
  return all;
}

/// A stream with makers of test tensors. What a kernel shall write is poisoned with NaN (all bits
/// set in integers) before, so that nothing left unwritten can look right.
class Lab {
 public:
  explicit Lab(Device device = Device::cpu(), std::uint64_t seed = 1)
      : stream(device), random_(seed, RandomUse::data, 0) {}

  Tensor poisoned(const Shape& shape, DType dtype = DType::f32) {
    const Tensor tensor = Tensor::persistent(stream, shape, dtype);
    backend_of(stream.device()).fill(stream, tensor.bytes(), 0xFF, tensor.size_bytes());
    return tensor;
  }
  template <class T>
  Tensor tensor(const Shape& shape, const std::vector<T>& values) {
    return Tensor::from<T>(stream, shape, values);
  }
  /// Uniform in [low, high).
  Tensor random(const Shape& shape, double low = -1, double high = 1) {
    std::vector<float> values(static_cast<std::size_t>(shape.elements()));
    for (float& value : values) value = static_cast<float>(low + (high - low) * random_.uniform());
    return tensor(shape, values);
  }
  /// Whole numbers in [low, high]: sums and products of them are exact in float.
  Tensor integers(const Shape& shape, int low = -4, int high = 4) {
    std::vector<float> values(static_cast<std::size_t>(shape.elements()));
    const auto span = static_cast<std::uint32_t>(high - low + 1);
    for (float& value : values)
      value = static_cast<float>(low + static_cast<int>(random_.below(span)));
    return tensor(shape, values);
  }
  template <class T = float>
  std::vector<T> host(const Tensor& tensor) {
    return tensor.to_host<T>(stream);
  }
  std::vector<double> doubles(const Tensor& tensor) {
    const std::vector<float> values = host(tensor);
    return {values.begin(), values.end()};
  }

  Stream stream;

 private:
  RandomSequence random_;
};

/// f32 elementwise: what one rounding of each of a few operations can do.
constexpr double relative_tolerance = 1.3e-6;
constexpr double absolute_tolerance = 1e-5;

/// Fails with the worst element, both values and its index when |a − e| > absolute + relative·|e|.
inline void check_close(std::span<const float> actual, std::span<const double> expected,
                        double relative = relative_tolerance,
                        double absolute = absolute_tolerance) {
  REQUIRE(actual.size() == expected.size());
  std::size_t worst = 0;
  double worst_excess = -1;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const double limit = absolute + relative * std::abs(expected[i]);
    const double error = std::abs(static_cast<double>(actual[i]) - expected[i]);
    const bool both_nan = std::isnan(actual[i]) && std::isnan(expected[i]);
    const double excess = both_nan            ? 0
                          : std::isnan(error) ? std::numeric_limits<double>::infinity()
                                              : error / limit;
    if (excess > worst_excess) {
      worst = i;
      worst_excess = excess;
    }
  }
  if (!actual.empty()) {
    INFO("element ", worst, " of ", actual.size(), ": ", actual[worst], ", expected ",
         expected[worst], ", error / tolerance ", worst_excess);
    CHECK(worst_excess <= 1);
  }
}

/// Fails with the first element that differs at all; for whole numbers and for equal bits.
template <class Actual, class Expected>
void check_equal(const Actual& actual, const Expected& expected) {
  REQUIRE(actual.size() == expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (!(static_cast<double>(actual[i]) == static_cast<double>(expected[i]))) {
      INFO("element ", i, " of ", actual.size());
      CHECK(static_cast<double>(actual[i]) == static_cast<double>(expected[i]));
      return;
    }
  }
  CHECK(true);
}

}  // namespace ravine::test
