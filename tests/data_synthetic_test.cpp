#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/core/parallel.h>
#include <ravine/data/synthetic.h>

#include "data_files.h"

using namespace ravine;
using data::Split;

namespace {

template <class T>
bool same(std::span<const T> a, std::span<const T> b) {
  return std::vector<T>(a.begin(), a.end()) == std::vector<T>(b.begin(), b.end());
}

// A sum that depends on every byte and its place.
std::uint64_t hash(std::span<const std::byte> bytes) {
  std::uint64_t result = 0xcbf29ce484222325;
  for (const std::byte byte : bytes) {
    result = (result ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3;
  }
  return result;
}

}  // namespace

TEST_CASE("synthetic images are the same bytes everywhere") {
  const Split split = data::synthetic_images(
      {.train = 20, .test = 10, .height = 11, .width = 9, .channels = 3, .classes = 4, .seed = 5});
  CHECK(hash(std::as_bytes(split.train.bytes())) == 10573724458724842805u);
  CHECK(hash(std::as_bytes(split.test.bytes())) == 4522568863318058900u);
}

TEST_CASE("synthetic regression data are the same floats everywhere") {
  const Split split =
      data::synthetic_regression({.train = 20, .test = 10, .targets = 2, .seed = 5});
  CHECK(hash(std::as_bytes(split.train.floats())) == 8396486830940685809u);
  CHECK(hash(std::as_bytes(split.train.targets())) == 14755032280772717667u);
}

TEST_CASE("a synthetic sample does not depend on the others, nor on the number of threads") {
  const Split few = data::synthetic_images({.train = 10, .test = 5});
  const int threads = thread_count();
  set_thread_count(3);
  const Split many = data::synthetic_images({.train = 500, .test = 300});
  set_thread_count(threads);
  CHECK(same(few.train.bytes(), many.train.take(10).bytes()));
  CHECK(same(few.train.labels(), many.train.take(10).labels()));
  CHECK(same(few.test.bytes(), many.test.take(5).bytes()));
}

TEST_CASE("train, test and seeds differ") {
  const Split a = data::synthetic_images({.train = 10, .test = 10});
  const Split b = data::synthetic_images({.train = 10, .test = 10, .seed = 1});
  CHECK_FALSE(same(a.train.bytes(), a.test.bytes()));
  CHECK_FALSE(same(a.train.bytes(), b.train.bytes()));
}

TEST_CASE("synthetic images are labelled with every class and told apart by the nearest mean") {
  const Split split = data::synthetic_images({.train = 1000, .test = 500});
  const auto each = static_cast<std::size_t>(split.train.sample_shape().elements());
  std::vector<std::vector<double>> means(10, std::vector<double>(each));
  std::vector<int> counts(10);
  for (std::size_t i = 0; i < 1000; ++i) {
    const auto label = static_cast<std::size_t>(split.train.labels()[i]);
    ++counts[label];
    for (std::size_t p = 0; p < each; ++p) means[label][p] += split.train.bytes()[i * each + p];
  }
  for (const int count : counts) CHECK(count > 50);
  int right = 0;
  for (std::size_t i = 0; i < 500; ++i) {
    std::size_t best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t label = 0; label < 10; ++label) {
      double distance = 0;
      for (std::size_t p = 0; p < each; ++p) {
        const double difference =
            split.test.bytes()[i * each + p] - means[label][p] / counts[label];
        distance += difference * difference;
      }
      if (distance < least) {
        least = distance;
        best = label;
      }
    }
    right += split.test.labels()[i] == static_cast<int>(best);
  }
  CHECK(right > 450);
}

TEST_CASE("synthetic targets are about 1 in size and noise adds what it says") {
  const Split quiet = data::synthetic_regression({.noise = 0});
  const Split noisy = data::synthetic_regression({.noise = 0.5});
  CHECK(same(quiet.train.floats(), noisy.train.floats()));
  double squares = 0, added = 0;
  const auto count = static_cast<double>(quiet.train.size());
  for (std::size_t i = 0; i < quiet.train.targets().size(); ++i) {
    const double target = quiet.train.targets()[i], difference = noisy.train.targets()[i] - target;
    squares += target * target / count;
    added += difference * difference / count;
  }
  CHECK(std::sqrt(squares) > 0.2);
  CHECK(std::sqrt(squares) < 5);
  CHECK(std::sqrt(added) == doctest::Approx(0.5).epsilon(0.02));
}

TEST_CASE("options out of range are refused with the range") {
  CHECK(error_of<Error>([] { data::synthetic_images({.train = 0}); }) ==
        "synthetic data: train is 0; expected 1 to 1073741824");
  CHECK_THROWS_AS(data::synthetic_images({.width = 5000}), Error);
  CHECK_THROWS_AS(data::synthetic_images({.classes = 0}), Error);
  CHECK_THROWS_AS(data::synthetic_images({.noise = std::nan("")}), Error);
  CHECK_THROWS_AS(data::synthetic_images({.train = 1 << 30, .height = 2048}), Error);
  CHECK_THROWS_AS(data::synthetic_regression({.features = 0}), Error);
  CHECK_THROWS_AS(data::synthetic_regression({.train = 1 << 30, .features = 1 << 20}), Error);
}
