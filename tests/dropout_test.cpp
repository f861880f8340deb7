#include <ravine/kernels/dropout.h>

#include "lab.h"
#include "reference_dropout.h"
#include "threads.h"

using namespace ravine;
using namespace ravine::test;
using kernels::DropoutRandom;

namespace {

Tensor dropped(Lab& lab, const DropoutRandom& random, std::int64_t step, const Tensor& x) {
  const Tensor counter = lab.tensor({}, std::vector<std::int64_t>{step});
  const Tensor y = lab.poisoned(x.shape());
  kernels::dropout(lab.stream, random, counter, x, y);
  return y;
}

std::size_t zeros(const std::vector<float>& values) {
  return static_cast<std::size_t>(std::count(values.begin(), values.end(), 0.0f));
}

constexpr std::uint64_t seed = 0x0123456789abcdef;

}  // namespace

TEST_CASE("dropout keeps what its Philox words say, for lengths that fill no block") {
  for (const Device device : devices()) {
    for (const Shape& shape : {Shape{}, Shape{0}, Shape{3}, Shape{5, 51}, Shape{256}, Shape{257},
                               Shape{32, 128}, Shape{3, 4097}}) {
      INFO(device.str(), ", ", shape.str());
      Lab lab(device);
      const Tensor x = lab.integers(shape, 1, 9);
      const DropoutRandom random{.rate = 0.5, .seed = seed, .stream = 3};
      check_equal(lab.host(dropped(lab, random, 17, x)),
                  reference::dropout(random, 17, lab.doubles(x)));
      const Tensor z = lab.random(shape);
      const DropoutRandom tenth{.rate = 0.1, .seed = seed, .stream = 4};
      check_close(lab.host(dropped(lab, tenth, 18, z)),
                  reference::dropout(tenth, 18, lab.doubles(z)));
    }
  }
}

TEST_CASE("dropout drops its share, whatever the rate") {
  for (const Device device : devices()) {
    Lab lab(device);
    const Tensor x = lab.integers({100000}, 1, 9);
    for (const double rate : {0.1, 0.25, 0.9}) {
      const auto values = lab.host(dropped(lab, {.rate = rate, .seed = seed, .stream = 0}, 1, x));
      const double share = static_cast<double>(zeros(values)) / 1e5;
      CHECK(std::abs(share - rate) < 5 * std::sqrt(rate * (1 - rate) / 1e5));
    }
  }
}

TEST_CASE("dropout of rate 0 keeps all, and of a rate a hair below 1 nothing") {
  for (const Device device : devices()) {
    Lab lab(device);
    const Tensor x = lab.integers({1000}, 1, 9);
    check_equal(lab.host(dropped(lab, {.rate = 0, .seed = seed, .stream = 0}, 1, x)), lab.host(x));
    // ⌈rate·2³²⌉ is 2³² here: more than any word.
    const auto none = lab.host(dropped(lab, {.rate = 1 - 1e-12, .seed = seed, .stream = 0}, 1, x));
    CHECK(zeros(none) == 1000);
  }
}

TEST_CASE("an element whose word is the threshold itself is kept, one below it dropped") {
  for (const Device device : devices()) {
    Lab lab(device);
    const auto words = philox(
        {0, 1, 0, 0}, {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
    const Tensor x = lab.integers({4}, 1, 9);
    for (std::size_t i = 0; i < words.size(); ++i) {
      const DropoutRandom keeps{.rate = words[i] * 0x1p-32, .seed = seed, .stream = 0};
      const DropoutRandom drops{.rate = (words[i] + 1.0) * 0x1p-32, .seed = seed, .stream = 0};
      CHECK(lab.host(dropped(lab, keeps, 1, x))[i] != 0);
      CHECK(lab.host(dropped(lab, drops, 1, x))[i] == 0);
    }
  }
}

TEST_CASE("a dropped NaN is zero, a kept one stays") {
  for (const Device device : devices()) {
    Lab lab(device);
    const DropoutRandom random{.rate = 0.5, .seed = seed, .stream = 0};
    const auto of_ones = lab.host(dropped(lab, random, 1, lab.integers({999}, 1, 1)));
    const auto of_nans = lab.host(dropped(lab, random, 1, lab.poisoned({999})));
    for (std::size_t i = 0; i < of_ones.size(); ++i) {
      CHECK((of_ones[i] == 0 ? of_nans[i] == 0 : std::isnan(of_nans[i])));
    }
  }
}

TEST_CASE("another step, seed or stream drops others; the same drops the same, in place too") {
  for (const Device device : devices()) {
    Lab lab(device);
    const Tensor x = lab.integers({4096}, 1, 9);
    const DropoutRandom random{.rate = 0.5, .seed = seed, .stream = 3};
    const std::vector<float> first = lab.host(dropped(lab, random, 17, x));
    const auto differs = [&](const DropoutRandom& other, std::int64_t step) {
      const std::vector<float> second = lab.host(dropped(lab, other, step, x));
      std::size_t count = 0;
      for (std::size_t i = 0; i < first.size(); ++i) count += first[i] != second[i] ? 1 : 0;
      return count;
    };
    CHECK(differs(random, 17) == 0);
    const std::size_t about_half = 1800;
    CHECK(differs(random, 18) > about_half);
    CHECK(differs({.rate = 0.5, .seed = seed + 1, .stream = 3}, 17) > about_half);
    CHECK(differs({.rate = 0.5, .seed = seed + (std::uint64_t{1} << 32), .stream = 3}, 17) >
          about_half);
    CHECK(differs({.rate = 0.5, .seed = seed, .stream = 4}, 17) > about_half);

    const Tensor step = lab.tensor({}, std::vector<std::int64_t>{17});
    kernels::dropout(lab.stream, random, step, x, x);
    check_equal(lab.host(x), first);
  }
}

TEST_CASE("dropout gives the same bits for any number of threads") {
  check_same_bits_for_any_thread_count([] {
    Lab lab;
    return lab.host(
        dropped(lab, {.rate = 0.3, .seed = seed, .stream = 1}, 5, lab.random({37, 1001})));
  });
}
