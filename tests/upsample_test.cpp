#include <ravine/core/error.h>
#include <ravine/core/parallel.h>
#include <ravine/kernels/upsample.h>
#include <ravine/layers/reshape.h>
#include <ravine/layers/sequential.h>
#include <ravine/layers/upsampling2d.h>

#include "lab.h"

namespace ravine::test {
namespace {

std::vector<double> reference_forward(const std::vector<double>& x, const Shape& s, Extent2 f) {
  std::vector<double> y;
  for (std::int64_t n = 0; n < s[0]; ++n)
    for (std::int64_t p = 0; p < s[1] * f.h; ++p)
      for (std::int64_t q = 0; q < s[2] * f.w; ++q)
        for (std::int64_t c = 0; c < s[3]; ++c)
          y.push_back(
              x[static_cast<std::size_t>(((n * s[1] + p / f.h) * s[2] + q / f.w) * s[3] + c)]);
  return y;
}

}  // namespace

TEST_CASE("upsample2d repeats each pixel, and its gradient is the transpose of that") {
  for (const Device device : devices()) {
    Lab lab(device);
    const Shape shape{2, 3, 5, 7};
    const Extent2 factor{2, 3};
    const Tensor x = lab.integers(shape), y = lab.poisoned({2, 6, 15, 7});
    kernels::upsample2d_forward(lab.stream, factor, x, y);
    check_equal(lab.host(y), reference_forward(lab.doubles(x), shape, factor));

    // ⟨U x, g⟩ = ⟨x, Uᵀ g⟩ for every x says that backward is the transpose; whole numbers are
    // exact.
    const Tensor g = lab.integers({2, 6, 15, 7}), dx = lab.poisoned(shape);
    kernels::upsample2d_backward(lab.stream, factor, g, dx);
    for (std::size_t i = 0; i < static_cast<std::size_t>(shape.elements()); ++i) {
      std::vector<double> unit(static_cast<std::size_t>(shape.elements()));
      unit[i] = 1;
      const std::vector<double> spread = reference_forward(unit, shape, factor);
      const std::vector<double> weights = lab.doubles(g);
      double expected = 0;
      for (std::size_t j = 0; j < spread.size(); ++j) expected += spread[j] * weights[j];
      REQUIRE(lab.doubles(dx)[i] == expected);
    }
  }
}

TEST_CASE("upsample2d gives the same bits for any number of threads") {
  Lab lab;
  const Tensor g = lab.random({3, 64, 66, 9});
  std::vector<float> first;
  for (const int threads : {1, 2, 3, 8}) {
    set_thread_count(threads);
    const Tensor dx = lab.poisoned({3, 32, 33, 9});
    kernels::upsample2d_backward(lab.stream, 2, g, dx);
    if (first.empty()) first = lab.host(dx);
    check_equal(lab.host(dx), first);
  }
  set_thread_count(2);
}

TEST_CASE("an upsampling layer has no parameters and says what it cannot do") {
  Sequential model{Input{2, 3, 1}, UpSampling2D{}};
  CHECK(model.output_shape() == Shape{4, 6, 1});
  CHECK(model.predict(std::vector<float>{1, 2, 3, 4, 5, 6}) ==
        std::vector<float>{1, 1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 4, 4, 5, 5, 6, 6});
  Sequential flat{Input{6}, UpSampling2D{}};
  CHECK_THROWS_WITH_AS(
      flat.build(Device::cpu()),
      "upsample2d: x [1, 6] by 2×2; x must be [N,H,W,C] and both factors at least 1", Error);
}

}  // namespace ravine::test
