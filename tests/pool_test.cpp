#include <ravine/kernels/pool.h>

#include "central_differences.h"
#include "lab.h"
#include "reference_pool.h"
#include "threads.h"

using namespace ravine;
using namespace ravine::test;
using kernels::Pool2DGeometry;

namespace {

struct Case {
  const char* name;
  Pool2DGeometry geometry;
  Shape x;
};

// H ≠ W, odd rests, asymmetric padding, overlapping and gaping windows, channels beside and across
// the widths of vectors and of the tiles that loops work on.
const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"2x2, even", {}, {3, 6, 8, 5}},
      {"2x2, odd height and width", {}, {2, 7, 9, 37}},
      {"2x2, one channel", {}, {2, 4, 5, 1}},
      {"2x2, 300 channels", {}, {1, 3, 4, 300}},
      {"3x2 in steps of 2x1", {.window = {3, 2}, .stride = {2, 1}}, {2, 8, 5, 3}},
      {"3x3 in steps of 1, all padding different",
       {.window = 3, .stride = 1, .padding = {.top = 2, .bottom = 1, .left = 1, .right = 2}},
       {2, 5, 4, 17}},
      {"3x3 in steps of 2, same padding",
       {.window = 3, .stride = 2, .padding = kernels::same_padding({8, 7}, 3, 2, 1)},
       {2, 8, 7, 33}},
      {"2x2 in steps of 3: gaps", {.window = 2, .stride = 3}, {2, 9, 8, 4}},
      {"2x2 with padding", {.padding = {.right = 1}}, {1, 4, 5, 6}},
      {"the whole image", {.window = {6, 5}, .stride = {6, 5}}, {2, 6, 5, 7}},
      {"17x16 places: wide winners", {.window = {17, 16}, .stride = {5, 7}}, {1, 24, 23, 3}},
      {"no images", {}, {0, 4, 4, 3}},
  };
  return all;
}

/// The backward cases need winners of the right type: those of the forward function.
Tensor winners(Lab& lab, const Case& c, const Tensor& x) {
  const Shape shape = kernels::pool2d_output_shape(c.geometry, c.x);
  const Tensor y = lab.poisoned(shape);
  const Tensor winner = lab.poisoned(shape, winner_dtype(c.geometry));
  kernels::max_pool2d_forward(lab.stream, c.geometry, x, y, winner);
  return winner;
}

std::vector<std::int64_t> host_winners(Lab& lab, const Tensor& winner) {
  if (winner.dtype() == DType::i32) {
    const auto values = lab.host<std::int32_t>(winner);
    return {values.begin(), values.end()};
  }
  const auto values = lab.host<std::uint8_t>(winner);
  return {values.begin(), values.end()};
}

template <class Run>
void for_all_cases(const Run& run) {
  for (const Device device : devices()) {
    for (const Case& c : cases()) {
      INFO(device.str(), ": ", c.name);
      Lab lab(device);
      run(lab, c);
    }
  }
}

}  // namespace

TEST_CASE("max-pool finds the maximum and its place, the first of equals") {
  for_all_cases([](Lab& lab, const Case& c) {
    const Shape shape = kernels::pool2d_output_shape(c.geometry, c.x);
    const Tensor x = lab.integers(c.x, -2, 2);  // few values: many windows hold equal ones
    const Tensor y = lab.poisoned(shape);
    const Tensor winner = lab.poisoned(shape, winner_dtype(c.geometry));
    kernels::max_pool2d_forward(lab.stream, c.geometry, x, y, winner);
    const auto expected = reference::max_pool2d(c.geometry, c.x, lab.doubles(x));
    check_equal(lab.host(y), expected.y);
    check_equal(host_winners(lab, winner), expected.winner);
  });
}

TEST_CASE("max-pool without winners gives the same maxima") {
  for_all_cases([](Lab& lab, const Case& c) {
    const Tensor x = lab.random(c.x);
    const Tensor y = lab.poisoned(kernels::pool2d_output_shape(c.geometry, c.x));
    kernels::max_pool2d_forward(lab.stream, c.geometry, x, y, {});
    check_equal(lab.host(y), reference::max_pool2d(c.geometry, c.x, lab.doubles(x)).y);
  });
}

TEST_CASE("a NaN in the window wins, the first of several") {
  for_all_cases([](Lab& lab, const Case& c) {
    std::vector<float> values = lab.host(lab.integers(c.x, -2, 2));
    for (std::size_t i = 0; i < values.size(); i += 3) {
      values[i] = i % 2 == 0 ? std::numeric_limits<float>::quiet_NaN()
                             : std::numeric_limits<float>::infinity() * (i % 4 == 1 ? 1.0f : -1.0f);
    }
    const Tensor x = lab.tensor(c.x, values);
    const Shape shape = kernels::pool2d_output_shape(c.geometry, c.x);
    const Tensor y = lab.poisoned(shape);
    const Tensor winner = lab.poisoned(shape, winner_dtype(c.geometry));
    kernels::max_pool2d_forward(lab.stream, c.geometry, x, y, winner);
    const auto expected = reference::max_pool2d(c.geometry, c.x, lab.doubles(x));
    check_equal(host_winners(lab, winner), expected.winner);
    const std::vector<float> actual = lab.host(y);
    for (std::size_t i = 0; i < actual.size(); ++i) {
      CHECK((std::isnan(actual[i]) ? std::isnan(expected.y[i])
                                   : static_cast<double>(actual[i]) == expected.y[i]));
    }
  });
}

TEST_CASE("max-pool's gradient goes to the winners, summed where windows overlap") {
  for_all_cases([](Lab& lab, const Case& c) {
    const Tensor winner = winners(lab, c, lab.integers(c.x, -2, 2));
    const Tensor dy = lab.integers(winner.shape(), -9, 9);
    const Tensor dx = lab.poisoned(c.x);
    kernels::max_pool2d_backward(lab.stream, c.geometry, dy, winner, dx);
    check_equal(lab.host(dx), reference::max_pool2d_backward(c.geometry, c.x, lab.doubles(dy),
                                                             host_winners(lab, winner)));
  });
}

TEST_CASE("max-pool's gradient of random values agrees with the reference") {
  for_all_cases([](Lab& lab, const Case& c) {
    const Tensor winner = winners(lab, c, lab.random(c.x));
    const Tensor dy = lab.random(winner.shape());
    const Tensor dx = lab.poisoned(c.x);
    kernels::max_pool2d_backward(lab.stream, c.geometry, dy, winner, dx);
    check_close(lab.host(dx), reference::max_pool2d_backward(c.geometry, c.x, lab.doubles(dy),
                                                             host_winners(lab, winner)));
  });
}

TEST_CASE("max-pool's gradient stays in its image whatever the winners hold") {
  for_all_cases([](Lab& lab, const Case& c) {
    const Shape shape = kernels::pool2d_output_shape(c.geometry, c.x);
    const Tensor nobody = lab.poisoned(shape, winner_dtype(c.geometry));  // 255 or −1
    const Tensor dx = lab.poisoned(c.x);
    kernels::max_pool2d_backward(lab.stream, c.geometry, lab.random(shape), nobody, dx);
    check_equal(lab.host(dx), std::vector<float>(static_cast<std::size_t>(c.x.elements())));
  });
}

TEST_CASE("average-pool of whole numbers is exact where the mean is") {
  for (const Device device : devices()) {
    Lab lab(device);
    const Pool2DGeometry geometry{.window = {2, 4}, .stride = {1, 2}};
    const Tensor x = lab.integers({2, 5, 9, 19}, -50, 50);
    const Tensor y = lab.poisoned({2, 4, 3, 19});
    kernels::average_pool2d_forward(lab.stream, geometry, x, y);
    check_equal(lab.host(y), reference::average_pool2d(geometry, x.shape(), lab.doubles(x)));

    const Tensor dy = lab.integers(y.shape(), -50, 50);
    const Tensor dx = lab.poisoned(x.shape());
    kernels::average_pool2d_backward(lab.stream, geometry, dy, dx);
    check_equal(lab.host(dx),
                reference::average_pool2d_backward(geometry, x.shape(), lab.doubles(dy)));
  }
}

TEST_CASE("average-pool is the mean over the places that are not padding") {
  for_all_cases([](Lab& lab, const Case& c) {
    const Tensor x = lab.random(c.x);
    const Tensor y = lab.poisoned(kernels::pool2d_output_shape(c.geometry, c.x));
    kernels::average_pool2d_forward(lab.stream, c.geometry, x, y);
    check_close(lab.host(y), reference::average_pool2d(c.geometry, c.x, lab.doubles(x)));
  });
}

TEST_CASE("average-pool's gradient agrees with the reference") {
  for_all_cases([](Lab& lab, const Case& c) {
    const Tensor dy = lab.random(kernels::pool2d_output_shape(c.geometry, c.x));
    const Tensor dx = lab.poisoned(c.x);
    kernels::average_pool2d_backward(lab.stream, c.geometry, dy, dx);
    check_close(lab.host(dx), reference::average_pool2d_backward(c.geometry, c.x, lab.doubles(dy)));
  });
}

TEST_CASE("the reference's pooling gradients are slopes") {
  Lab lab;
  for (const Case& c : cases()) {
    if (c.x.elements() > 700) continue;
    INFO(c.name);
    std::vector<double> x(static_cast<std::size_t>(c.x.elements()));
    // Distinct values, none within the step of another: no window has a kink.
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i * 7919 % 1009) / 100;
    const auto pooled = reference::max_pool2d(c.geometry, c.x, x);
    const auto dy = lab.doubles(lab.random(kernels::pool2d_output_shape(c.geometry, c.x)));
    check_gradient(x, reference::max_pool2d_backward(c.geometry, c.x, dy, pooled.winner),
                   [&](const std::vector<double>& at) {
                     return dot(dy, reference::max_pool2d(c.geometry, c.x, at).y);
                   });
    check_gradient(x, reference::average_pool2d_backward(c.geometry, c.x, dy),
                   [&](const std::vector<double>& at) {
                     return dot(dy, reference::average_pool2d(c.geometry, c.x, at));
                   });
  }
}

TEST_CASE("pooling gives the same bits for any number of threads") {
  const Case many[] = {
      {"2x2", {}, {16, 13, 14, 37}},
      {"3x3", {.window = 3, .stride = 2, .padding = {1, 1, 0, 1}}, {8, 17, 16, 37}},
  };
  for (const Case& c : many) {
    INFO(c.name);
    check_same_bits_for_any_thread_count([&] {
      Lab lab;
      const Tensor x = lab.random(c.x);
      const Tensor winner = winners(lab, c, x);
      const Tensor dy = lab.random(winner.shape());
      const Tensor dx = lab.poisoned(c.x), dx_of_mean = lab.poisoned(c.x);
      kernels::max_pool2d_backward(lab.stream, c.geometry, dy, winner, dx);
      kernels::average_pool2d_backward(lab.stream, c.geometry, dy, dx_of_mean);
      const Tensor y = lab.poisoned(winner.shape()), mean = lab.poisoned(winner.shape());
      kernels::max_pool2d_forward(lab.stream, c.geometry, x, y, {});
      kernels::average_pool2d_forward(lab.stream, c.geometry, x, mean);
      std::vector<float> all = lab.host(dx);
      for (const Tensor& more : {dx_of_mean, y, mean}) {
        const std::vector<float> values = lab.host(more);
        all.insert(all.end(), values.begin(), values.end());
      }
      return all;
    });
  }
}
