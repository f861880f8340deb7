#include <ravine/kernels/pad.h>

#include "lab.h"
#include "threads.h"

using namespace ravine;
using namespace ravine::test;
using kernels::Padding2D;

namespace {

const Padding2D paddings[] = {{},          {.top = 1, .bottom = 2, .left = 3, .right = 4},
                              {.top = 5},  {.bottom = 1},
                              {.left = 2}, {.right = 1}};
const Shape shapes[] = {{2, 3, 5, 7}, {1, 1, 1, 1}, {3, 4, 2, 33}, {0, 3, 5, 2}};

Shape padded(const Padding2D& p, const Shape& x) {
  return {x[0], p.top + x[1] + p.bottom, p.left + x[2] + p.right, x[3]};
}

/// The element of x that stands at each place of the padded image; −1 in the border.
std::vector<std::int64_t> sources(const Padding2D& padding, const Shape& x) {
  const Shape y = padded(padding, x);
  std::vector<std::int64_t> all;
  for (std::int64_t n = 0; n < y[0]; ++n) {
    for (std::int64_t h = -padding.top; h < y[1] - padding.top; ++h) {
      for (std::int64_t w = -padding.left; w < y[2] - padding.left; ++w) {
        for (std::int64_t c = 0; c < y[3]; ++c) {
          const bool inside = h >= 0 && h < x[1] && w >= 0 && w < x[2];
          all.push_back(inside ? ((n * x[1] + h) * x[2] + w) * x[3] + c : -1);
        }
      }
    }
  }
  return all;
}

template <class Run>
void for_all_cases(const Run& run) {
  for (const Device device : devices()) {
    for (const Padding2D& padding : paddings) {
      for (const Shape& shape : shapes) {
        INFO(device.str(), ", ", shape.str(), " padded by ", padding.top, "+", padding.bottom,
             " and ", padding.left, "+", padding.right);
        Lab lab(device);
        run(lab, padding, shape);
      }
    }
  }
}

}  // namespace

TEST_CASE("pad2d puts zeros around the image, as many on each side as asked for") {
  for_all_cases([](Lab& lab, const Padding2D& padding, const Shape& shape) {
    const Tensor x = lab.integers(shape, 1, 99);
    const Tensor y = lab.poisoned(padded(padding, shape));
    kernels::pad2d(lab.stream, padding, x, y);
    const std::vector<float> values = lab.host(x);
    std::vector<float> expected;
    for (const std::int64_t source : sources(padding, shape)) {
      expected.push_back(source < 0 ? 0 : values[static_cast<std::size_t>(source)]);
    }
    check_equal(lab.host(y), expected);
  });
}

TEST_CASE("crop2d takes off what pad2d put on") {
  for_all_cases([](Lab& lab, const Padding2D& padding, const Shape& shape) {
    const Tensor dy = lab.integers(padded(padding, shape), 1, 99);
    const Tensor dx = lab.poisoned(shape);
    kernels::crop2d(lab.stream, padding, dy, dx);
    const std::vector<float> values = lab.host(dy);
    const std::vector<std::int64_t> from = sources(padding, shape);
    std::vector<float> expected(static_cast<std::size_t>(shape.elements()));
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (from[i] >= 0) expected[static_cast<std::size_t>(from[i])] = values[i];
    }
    check_equal(lab.host(dx), expected);
  });
}

TEST_CASE("padding gives the same bits for any number of threads") {
  check_same_bits_for_any_thread_count([] {
    Lab lab;
    const Padding2D padding{.top = 1, .bottom = 2, .left = 3, .right = 4};
    const Tensor x = lab.random({16, 20, 21, 13});
    const Tensor y = lab.poisoned(padded(padding, x.shape()));
    kernels::pad2d(lab.stream, padding, x, y);
    kernels::crop2d(lab.stream, padding, y, x);
    std::vector<float> all = lab.host(x);
    const std::vector<float> values = lab.host(y);
    all.insert(all.end(), values.begin(), values.end());
    return all;
  });
}
