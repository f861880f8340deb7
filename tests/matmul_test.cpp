#include <ravine/core/parallel.h>
#include <ravine/kernels/matmul.h>

#include "lab.h"
#include "reference_conv.h"

namespace ravine::test {
namespace {

using kernels::Epilogue;

struct Sizes {
  std::int64_t n, i, o;
};
constexpr Sizes sizes[] = {{1, 1, 1},      {3, 5, 7},    {32, 5408, 128}, {17, 130, 33},
                           {128, 64, 10},  {5, 1000, 1}, {1, 300, 200},   {260, 31, 257},
                           {64, 784, 512}, {2, 2, 1000}};

struct Results {
  std::vector<float> y, dx, dw, db;
};

Results run(Lab& lab, const Sizes& s, const Tensor& x, const Tensor& w, const Tensor& b,
            const Tensor& dy, Epilogue epilogue = Epilogue::none) {
  const Tensor y = lab.poisoned({s.n, s.o}), dx = lab.poisoned({s.n, s.i});
  const Tensor dw = lab.poisoned({s.i, s.o}), db = lab.poisoned({s.o});
  kernels::dense_forward(lab.stream, epilogue, x, w, b, y);
  kernels::dense_backward_input(lab.stream, dy, w, dx);
  kernels::dense_backward_weight(lab.stream, dy, x, dw, db);
  return {lab.host(y), lab.host(dx), lab.host(dw), lab.host(db)};
}

/// The same as loops in double.
struct Reference {
  std::vector<double> y, dx, dw, db;

  Reference(const Sizes& s, const std::vector<double>& x, const std::vector<double>& w,
            const std::vector<double>& b, const std::vector<double>& g)
      : y(at(s.n * s.o)), dx(at(s.n * s.i)), dw(at(s.i * s.o)), db(at(s.o)) {
    for (std::int64_t n = 0; n < s.n; ++n) {
      for (std::int64_t o = 0; o < s.o; ++o) {
        const double slope = g[at(n * s.o + o)];
        double sum = b.empty() ? 0 : b[at(o)];
        for (std::int64_t i = 0; i < s.i; ++i) {
          sum += x[at(n * s.i + i)] * w[at(i * s.o + o)];
          dx[at(n * s.i + i)] += slope * w[at(i * s.o + o)];
          dw[at(i * s.o + o)] += slope * x[at(n * s.i + i)];
        }
        y[at(n * s.o + o)] = sum;
        db[at(o)] += slope;
      }
    }
  }
  static std::size_t at(std::int64_t index) { return static_cast<std::size_t>(index); }
};

}  // namespace

TEST_CASE("dense products of whole numbers are exact in all directions, with and without a bias") {
  for (const Sizes& s : sizes) {
    CAPTURE(s.n);
    CAPTURE(s.i);
    CAPTURE(s.o);
    Lab lab;
    const Tensor x = lab.integers({s.n, s.i}), w = lab.integers({s.i, s.o});
    const Tensor b = lab.integers({s.o}), dy = lab.integers({s.n, s.o});
    for (const Tensor& bias : {b, Tensor()}) {
      const Results a = run(lab, s, x, w, bias, dy);
      const Reference e(s, lab.doubles(x), lab.doubles(w),
                        bias ? lab.doubles(bias) : std::vector<double>{}, lab.doubles(dy));
      check_equal(a.y, e.y);
      check_equal(a.dx, e.dx);
      check_equal(a.dw, e.dw);
      check_equal(a.db, e.db);
    }
  }
}

TEST_CASE("dense products of random numbers are within rounding of the reference") {
  for (const Sizes& s : sizes) {
    Lab lab;
    const Tensor x = lab.random({s.n, s.i}), w = lab.random({s.i, s.o}), b = lab.random({s.o});
    const Tensor dy = lab.random({s.n, s.o});
    const Results a = run(lab, s, x, w, b, dy);
    const Reference e(s, lab.doubles(x), lab.doubles(w), lab.doubles(b), lab.doubles(dy));
    check_close(a.y, e.y, 0, sum_tolerance(s.i));
    check_close(a.dx, e.dx, 0, sum_tolerance(s.o));
    check_close(a.dw, e.dw, 0, sum_tolerance(s.n));
    check_close(a.db, e.db, 0, sum_tolerance(s.n));
  }
}

TEST_CASE("relu after a dense product cuts negatives and keeps NaN") {
  Lab lab;
  const Sizes s{17, 130, 33};
  std::vector<float> values = lab.host(lab.integers({s.n, s.i}));
  values[5 * 130 + 3] = std::nanf("");
  const Tensor x = lab.tensor({s.n, s.i}, values), w = lab.integers({s.i, s.o}, 1, 4);
  const Tensor plain = lab.poisoned({s.n, s.o}), cut = lab.poisoned({s.n, s.o});
  kernels::dense_forward(lab.stream, Epilogue::none, x, w, {}, plain);
  kernels::dense_forward(lab.stream, Epilogue::relu, x, w, {}, cut);
  const auto before = lab.host(plain), after = lab.host(cut);
  for (std::size_t i = 0; i < before.size(); ++i) {
    REQUIRE(std::isnan(before[i]) == (i / 33 == 5));
    REQUIRE(std::isnan(after[i]) == std::isnan(before[i]));
    if (!std::isnan(before[i])) REQUIRE(after[i] == std::max(before[i], 0.0f));
  }
}

TEST_CASE("dw and db of a dense layer can each be left out") {
  Lab lab;
  const Tensor x = lab.integers({6, 4}), dy = lab.integers({6, 3});
  const Tensor both_dw = lab.poisoned({4, 3}), both_db = lab.poisoned({3});
  const Tensor dw = lab.poisoned({4, 3}), db = lab.poisoned({3});
  kernels::dense_backward_weight(lab.stream, dy, x, both_dw, both_db);
  kernels::dense_backward_weight(lab.stream, dy, x, dw, {});
  kernels::dense_backward_weight(lab.stream, dy, x, {}, db);
  CHECK(lab.host(dw) == lab.host(both_dw));
  CHECK(lab.host(db) == lab.host(both_db));
}

TEST_CASE("dense products give the same bits for any number of threads and each time") {
  const int before = thread_count();
  for (const Sizes& s : {sizes[2], sizes[7], sizes[8]}) {
    std::vector<Results> all;
    for (const int threads : {1, 2, 3, 8, 8}) {
      set_thread_count(threads);
      Lab lab;
      const Tensor x = lab.random({s.n, s.i}), w = lab.random({s.i, s.o}), b = lab.random({s.o});
      const Tensor dy = lab.random({s.n, s.o});
      all.push_back(run(lab, s, x, w, b, dy, Epilogue::relu));
      CHECK(all.back().y == all.front().y);
      CHECK(all.back().dx == all.front().dx);
      CHECK(all.back().dw == all.front().dw);
      CHECK(all.back().db == all.front().db);
    }
  }
  set_thread_count(before);
}

}  // namespace ravine::test
