#include <ravine/core/parallel.h>
#include <ravine/kernels/activation.h>
#include <ravine/kernels/conv.h>
#include <ravine/kernels/conv_pool.h>
#include <ravine/kernels/pool.h>

#include "lab.h"
#include "reference_conv.h"

namespace ravine::test {
namespace {

constexpr kernels::Pool2DGeometry halves{.window = 2, .stride = 2};

struct Results {
  std::vector<float> y, dx, dw, db;
};

Shape pooled_shape(const ReferenceConv& c) {
  return {c.y[0], c.y[1] / 2, c.y[2] / 2, c.y[3]};
}

Results fused(Lab& lab, const ReferenceConv& c, const Tensor& x, const Tensor& w, const Tensor& b,
              const Tensor& dy) {
  const Tensor y = lab.poisoned(pooled_shape(c)), winner = lab.poisoned(pooled_shape(c), DType::u8);
  const Tensor dx = lab.poisoned(c.x), dw = lab.poisoned(c.w), db = lab.poisoned({c.y[3]});
  kernels::conv2d_relu_max_pool_forward(lab.stream, c.g, x, w, b, y, winner);
  kernels::conv2d_relu_max_pool_backward_input(lab.stream, c.g, dy, winner, w, dx);
  kernels::conv2d_relu_max_pool_backward_weight(lab.stream, c.g, dy, winner, x, dw, db);
  // Only db, as a frozen kernel asks for it, must be the same.
  const Tensor alone = lab.poisoned({c.y[3]});
  kernels::conv2d_relu_max_pool_backward_weight(lab.stream, c.g, dy, winner, x, {}, alone);
  check_close(lab.host(alone), lab.doubles(db), 1e-5, 1e-4);
  return {lab.host(y), lab.host(dx), lab.host(dw), lab.host(db)};
}

/// The chain that the fused operation replaces.
Results chain(Lab& lab, const ReferenceConv& c, const Tensor& x, const Tensor& w, const Tensor& b,
              const Tensor& dy) {
  const Tensor map = lab.poisoned(c.y), y = lab.poisoned(pooled_shape(c));
  const Tensor winner = lab.poisoned(pooled_shape(c), DType::u8);
  const Tensor dmap = lab.poisoned(c.y);
  const Tensor dx = lab.poisoned(c.x), dw = lab.poisoned(c.w), db = lab.poisoned({c.y[3]});
  kernels::conv2d_forward(lab.stream, c.g, kernels::Epilogue::relu, x, w, b, map);
  kernels::max_pool2d_forward(lab.stream, halves, map, y, winner);
  kernels::max_pool2d_backward(lab.stream, halves, dy, winner, dmap);
  kernels::activation_backward(lab.stream, kernels::ActivationKind::relu, 0, dmap, map, dmap);
  kernels::conv2d_backward_input(lab.stream, c.g, dmap, w, dx);
  kernels::conv2d_backward_weight(lab.stream, c.g, dmap, x, dw, db);
  return {lab.host(y), lab.host(dx), lab.host(dw), lab.host(db)};
}

std::vector<double> doubles(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}

bool can_pool(const ReferenceConv& c) {
  return c.y[1] >= 2 && c.y[2] >= 2;
}

}  // namespace

TEST_CASE(
    "conv+relu+max-pool of whole numbers equals its chain exactly, ties and odd edges included") {
  int cases = 0;
  for (const ReferenceConv& c : conv_cases()) {
    if (!can_pool(c)) continue;
    ++cases;
    CAPTURE(c.x.str());
    CAPTURE(c.w.str());
    Lab lab;
    // Few distinct values, so that maxima tie often.
    const Tensor x = lab.integers(c.x, -1, 1), w = lab.integers(c.w, -1, 1);
    const Tensor b = lab.integers({c.y[3]}, -1, 1), dy = lab.integers(pooled_shape(c));
    const Results a = fused(lab, c, x, w, b, dy), e = chain(lab, c, x, w, b, dy);
    check_equal(a.y, e.y);
    check_equal(a.dx, e.dx);
    check_equal(a.dw, e.dw);
    check_equal(a.db, e.db);
  }
  CHECK(cases > 20);
}

TEST_CASE("conv+relu+max-pool of random numbers equals its chain up to the order of sums") {
  for (const ReferenceConv& c : conv_cases()) {
    if (!can_pool(c)) continue;
    CAPTURE(c.x.str());
    CAPTURE(c.w.str());
    Lab lab;
    const Tensor x = lab.random(c.x), w = lab.random(c.w), b = lab.random({c.y[3]});
    const Tensor dy = lab.random(pooled_shape(c));
    const Results a = fused(lab, c, x, w, b, dy), e = chain(lab, c, x, w, b, dy);
    const std::int64_t outputs = c.y.elements() / c.y[3];
    check_close(a.y, doubles(e.y), 0, sum_tolerance(c.w.without_batch().elements()));
    check_close(a.dx, doubles(e.dx), 0, sum_tolerance(c.w.elements()));
    check_close(a.dw, doubles(e.dw), 0, sum_tolerance(outputs));
    check_close(a.db, doubles(e.db), 0, sum_tolerance(outputs));
  }
}

TEST_CASE("a NaN wins its window and stays alive") {
  Lab lab;
  const ReferenceConv c = conv_cases()[0];
  for (const std::size_t at : {0, 1, 11, 12, 40}) {
    std::vector<float> values = lab.host(lab.integers(c.x));
    values[at] = std::nanf("");
    const Tensor x = lab.tensor(c.x, values), w = lab.integers(c.w), b = lab.integers({c.y[3]});
    const Tensor dy = lab.integers(pooled_shape(c));
    const std::vector<float> a = fused(lab, c, x, w, b, dy).y, e = chain(lab, c, x, w, b, dy).y;
    check_close(a, doubles(e), 0, 1e-30);
  }
}

TEST_CASE("conv+relu+max-pool gives the same bits for any number of threads") {
  const int before = thread_count();
  for (const std::size_t i : {1, 8, 12, 20}) {
    const ReferenceConv c = conv_cases()[i];
    std::vector<Results> all;
    for (const int threads : {1, 2, 3, 8}) {
      set_thread_count(threads);
      Lab lab;
      const Tensor x = lab.random(c.x), w = lab.random(c.w), b = lab.random({c.y[3]});
      const Tensor dy = lab.random(pooled_shape(c));
      all.push_back(fused(lab, c, x, w, b, dy));
      CHECK(all.back().y == all.front().y);
      CHECK(all.back().dx == all.front().dx);
      CHECK(all.back().dw == all.front().dw);
      CHECK(all.back().db == all.front().db);
    }
  }
  set_thread_count(before);
}

}  // namespace ravine::test
