#include <ravine/core/error.h>
#include <ravine/core/parallel.h>
#include <ravine/kernels/conv.h>

#include "lab.h"
#include "reference_conv.h"

namespace ravine::test {
namespace {

using kernels::Epilogue;

struct Results {
  std::vector<float> y, dx, dw, db;
};

Results run(Lab& lab, const ReferenceConv& c, const Tensor& x, const Tensor& w, const Tensor& b,
            const Tensor& dy, Epilogue epilogue = Epilogue::none) {
  const Tensor y = lab.poisoned(c.y), dx = lab.poisoned(c.x), dw = lab.poisoned(c.w);
  const Tensor db = lab.poisoned({c.y[3]});
  kernels::conv2d_forward(lab.stream, c.g, epilogue, x, w, b, y);
  kernels::conv2d_backward_input(lab.stream, c.g, dy, w, dx);
  kernels::conv2d_backward_weight(lab.stream, c.g, dy, x, dw, db);
  return {lab.host(y), lab.host(dx), lab.host(dw), lab.host(db)};
}

}  // namespace

TEST_CASE("a convolution of whole numbers is exact in all directions, for every geometry") {
  for (const ReferenceConv& c : conv_cases()) {
    CAPTURE(c.x.str());
    CAPTURE(c.w.str());
    Lab lab;
    const Tensor x = lab.integers(c.x), w = lab.integers(c.w), b = lab.integers({c.y[3]});
    const Tensor dy = lab.integers(c.y);
    const Results results = run(lab, c, x, w, b, dy);
    const auto xs = lab.doubles(x), ws = lab.doubles(w), dys = lab.doubles(dy);
    check_equal(results.y, c.forward(xs, ws, lab.doubles(b)));
    check_equal(results.dx, c.backward_input(dys, ws));
    check_equal(results.dw, c.backward_weight(dys, xs));
    check_equal(results.db, c.backward_bias(dys));
  }
}

TEST_CASE("a convolution of random numbers is within rounding of the reference") {
  for (const ReferenceConv& c : conv_cases()) {
    CAPTURE(c.x.str());
    CAPTURE(c.w.str());
    Lab lab;
    const Tensor x = lab.random(c.x), w = lab.random(c.w), dy = lab.random(c.y);
    const Results results = run(lab, c, x, w, {}, dy);
    const auto xs = lab.doubles(x), ws = lab.doubles(w), dys = lab.doubles(dy);
    const std::int64_t terms = c.w.without_batch().elements(), outputs = c.y.elements() / c.y[3];
    check_close(results.y, c.forward(xs, ws, {}), 0, sum_tolerance(terms));
    check_close(results.dx, c.backward_input(dys, ws), 0, sum_tolerance(terms * c.w[0]));
    check_close(results.dw, c.backward_weight(dys, xs), 0, sum_tolerance(outputs));
  }
}

TEST_CASE("relu after a convolution cuts negatives and keeps NaN") {
  Lab lab;
  const ReferenceConv c = conv_cases()[8];
  std::vector<float> values = lab.host(lab.integers(c.x));
  values[100] = std::nanf("");
  const Tensor x = lab.tensor(c.x, values), w = lab.integers(c.w), b = lab.integers({c.y[3]});
  const Tensor plain = lab.poisoned(c.y), cut = lab.poisoned(c.y);
  kernels::conv2d_forward(lab.stream, c.g, Epilogue::none, x, w, b, plain);
  kernels::conv2d_forward(lab.stream, c.g, Epilogue::relu, x, w, b, cut);
  const auto before = lab.host(plain), after = lab.host(cut);
  bool any_nan = false;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (std::isnan(before[i])) {
      any_nan = true;
      REQUIRE(std::isnan(after[i]));
    } else {
      REQUIRE(after[i] == std::max(before[i], 0.0f));
    }
  }
  CHECK(any_nan);
}

TEST_CASE("dw and db of a convolution can each be left out") {
  Lab lab;
  const ReferenceConv c = conv_cases()[10];
  const Tensor x = lab.integers(c.x), dy = lab.integers(c.y);
  const Tensor dw = lab.poisoned(c.w), db = lab.poisoned({c.y[3]});
  kernels::conv2d_backward_weight(lab.stream, c.g, dy, x, dw, {});
  kernels::conv2d_backward_weight(lab.stream, c.g, dy, x, {}, db);
  check_equal(lab.host(dw), c.backward_weight(lab.doubles(dy), lab.doubles(x)));
  check_equal(lab.host(db), c.backward_bias(lab.doubles(dy)));
}

TEST_CASE("a convolution gives the same bits for any number of threads and each time") {
  const int before = thread_count();
  for (const std::size_t i : {1, 9, 13, 20, 23}) {
    const ReferenceConv c = conv_cases()[i];
    std::vector<Results> all;
    for (const int threads : {1, 2, 3, 8, 8}) {
      set_thread_count(threads);
      Lab lab;
      const Tensor x = lab.random(c.x), w = lab.random(c.w), b = lab.random({c.y[3]});
      const Tensor dy = lab.random(c.y);
      all.push_back(run(lab, c, x, w, b, dy, Epilogue::relu));
      CHECK(all.back().y == all.front().y);
      CHECK(all.back().dx == all.front().dx);
      CHECK(all.back().dw == all.front().dw);
      CHECK(all.back().db == all.front().db);
    }
  }
  set_thread_count(before);
}

TEST_CASE("the reference's gradients are those of its forward function") {
  // Linear in x and in w, so a difference of any size is exact up to the rounding of doubles.
  Lab lab;
  const ReferenceConv c = conv_cases()[21];
  std::vector<double> xs = lab.doubles(lab.random(c.x)), ws = lab.doubles(lab.random(c.w));
  const std::vector<double> dy = lab.doubles(lab.random(c.y));
  const auto loss = [&] {
    double sum = 0;
    const std::vector<double> ys = c.forward(xs, ws, {});
    for (std::size_t i = 0; i < ys.size(); ++i) sum += ys[i] * dy[i];
    return sum;
  };
  const auto slope = [&](double& place) {
    const double saved = place, step = 1e-3;
    place = saved + step;
    const double up = loss();
    place = saved - step;
    const double down = loss();
    place = saved;
    return (up - down) / (2 * step);
  };
  const std::vector<double> dx = c.backward_input(dy, ws), dw = c.backward_weight(dy, xs);
  for (std::size_t i = 0; i < xs.size(); i += 37) {
    CHECK(slope(xs[i]) == doctest::Approx(dx[i]).epsilon(1e-8));
  }
  for (std::size_t i = 0; i < ws.size(); i += 7) {
    CHECK(slope(ws[i]) == doctest::Approx(dw[i]).epsilon(1e-8));
  }
}

TEST_CASE("a convolution that does not fit says which shapes") {
  CHECK_THROWS_WITH_AS(kernels::conv2d_output_shape({}, {1, 8, 8, 4}, {8, 3, 3, 3}),
                       "conv2d: x has 4 channels but w [8, 3, 3, 3] needs 3", Error);
  CHECK_THROWS_AS(kernels::conv2d_output_shape({}, {1, 2, 2, 3}, {8, 3, 3, 3}), Error);
  CHECK_THROWS_AS(kernels::conv2d_output_shape({.groups = 3}, {1, 8, 8, 4}, {8, 3, 3, 2}), Error);
  CHECK_THROWS_AS(kernels::conv2d_output_shape({.stride = 0}, {1, 8, 8, 3}, {8, 3, 3, 3}), Error);
}

}  // namespace ravine::test
