#include <ravine/kernels/reduce.h>

#include "lab.h"
#include "reference_reduce.h"
#include "threads.h"

using namespace ravine;
using namespace ravine::test;

namespace {

// Empty, below and across the running sums held side by side, across one chunk and many.
const Shape shapes[] = {Shape{},      Shape{0},     Shape{31},      Shape{5, 7, 11},
                        Shape{16384}, Shape{16385}, Shape{3, 9001}, Shape{100, 1009}};

struct Reduction {
  const char* name;
  decltype(kernels::sum_all) kernel;
  double (*term)(double);
};

const Reduction reductions[] = {
    {"sum_all", kernels::sum_all, [](double v) { return v; }},
    {"sum_squares", kernels::sum_squares, [](double v) { return v * v; }},
    {"sum_absolute", kernels::sum_absolute, [](double v) { return std::abs(v); }},
};

float reduced(Lab& lab, const Reduction& reduction, float factor, const Tensor& x) {
  const Tensor y = lab.poisoned({});
  reduction.kernel(lab.stream, factor, x, y);
  return lab.host(y).front();
}

double expected(const Reduction& reduction, const std::vector<double>& x) {
  double total = 0;
  for (const double value : x) total += reduction.term(value);
  return total;
}

std::vector<float> rows_summed(Lab& lab, const Tensor& x) {
  const Tensor y = lab.poisoned({x.shape().back()});
  kernels::sum_rows(lab.stream, x, y);
  return lab.host(y);
}

/// What count_correct adds to a counter that stands at 1000.
std::int64_t counted(Lab& lab, const Tensor& x, const std::vector<std::int32_t>& labels) {
  const Tensor count = lab.tensor({}, std::vector<std::int64_t>{1000});
  kernels::count_correct(lab.stream, x,
                         lab.tensor({static_cast<std::int64_t>(labels.size())}, labels), count);
  return lab.host<std::int64_t>(count).front() - 1000;
}

template <class Run>
void for_all_devices(const Run& run) {
  for (const Device device : devices()) {
    INFO(device.str());
    Lab lab(device);
    run(lab);
  }
}

}  // namespace

TEST_CASE("sums of whole numbers are exact") {
  for_all_devices([](Lab& lab) {
    for (const Reduction& reduction : reductions) {
      for (const Shape& shape : shapes) {
        INFO(reduction.name, " of ", shape.str());
        const Tensor x = lab.integers(shape);
        CHECK(static_cast<double>(reduced(lab, reduction, -2, x)) ==
              -2 * expected(reduction, lab.doubles(x)));
      }
    }
  });
}

TEST_CASE("sums of a hundred thousand numbers are right to one rounding") {
  for_all_devices([](Lab& lab) {
    for (const Reduction& reduction : reductions) {
      INFO(reduction.name);
      const Tensor x = lab.random({100, 1009}, 0, 1);
      const std::vector<float> actual{reduced(lab, reduction, 0.25f, x)};
      const std::vector<double> exact{0.25 * expected(reduction, lab.doubles(x))};
      check_close(actual, exact, 6e-8, 0);
    }
  });
}

TEST_CASE("a small number beside large ones that cancel is not lost") {
  for_all_devices([](Lab& lab) {
    std::vector<float> values(40000, 1e8f);
    for (std::size_t i = 0; i < values.size(); i += 2) values[i] = -1e8f;
    values.push_back(0.125f);
    CHECK(reduced(lab, reductions[0], 1, lab.tensor({40001}, values)) == 0.125f);
  });
}

TEST_CASE("one NaN or infinity shows in every sum") {
  for_all_devices([](Lab& lab) {
    for (const Reduction& reduction : reductions) {
      std::vector<float> values(20000, 1.0f);
      values[17003] = std::numeric_limits<float>::infinity();
      CHECK(std::isinf(reduced(lab, reduction, 1, lab.tensor({20000}, values))));
      values[3] = std::numeric_limits<float>::quiet_NaN();
      CHECK(std::isnan(reduced(lab, reduction, 1, lab.tensor({20000}, values))));
    }
  });
}

TEST_CASE("sum_rows adds up columns, for any number of channels and rows") {
  for_all_devices([](Lab& lab) {
    for (const Shape& shape :
         {Shape{0, 3}, Shape{0, 70}, Shape{1, 1}, Shape{1000, 1}, Shape{7, 3}, Shape{30001, 3},
          Shape{2, 3, 5, 17}, Shape{32, 128}, Shape{300, 257}, Shape{4, 5408}, Shape{5000, 65}}) {
      INFO(shape.str());
      const auto channels = static_cast<std::size_t>(shape.back());
      const Tensor x = lab.integers(shape);
      check_equal(rows_summed(lab, x), reference::sum_rows(lab.doubles(x), channels));
      const Tensor r = lab.random(shape);
      check_close(rows_summed(lab, r), reference::sum_rows(lab.doubles(r), channels), 6e-8, 1e-12);
    }
  });
}

TEST_CASE("count_correct adds the rows whose largest element stands at their label") {
  for_all_devices([](Lab& lab) {
    for (const Shape& shape : {Shape{0, 10}, Shape{1, 2}, Shape{500, 3}, Shape{9, 1000},
                               Shape{5000, 10}, Shape{4000, 1}}) {
      INFO(shape.str());
      // Few values: many rows have equal largest elements.
      const Tensor x = shape.back() == 1 ? lab.random(shape, 0, 1) : lab.integers(shape, 0, 3);
      std::vector<std::int32_t> labels;
      RandomSequence random(7, RandomUse::data, 1);
      for (std::int64_t n = 0; n < shape[0]; ++n) {
        labels.push_back(static_cast<std::int32_t>(random.below(2)));
      }
      const std::int64_t right = reference::count_correct(lab.doubles(x), labels);
      CHECK(counted(lab, x, labels) == right);
      if (shape[0] > 400) CHECK(right > 10);
    }
  });
}

TEST_CASE("labels outside the classes are never correct and never read from") {
  for_all_devices([](Lab& lab) {
    const std::int32_t most = std::numeric_limits<std::int32_t>::max();
    const std::vector<std::int32_t> labels{-1, 3, most, -most - 1};
    CHECK(counted(lab, lab.integers({4, 3}, 1, 1), labels) == 0);
    CHECK(counted(lab, lab.integers({4, 1}, 1, 1), labels) == 0);
  });
}

TEST_CASE("rows with a NaN are never correct") {
  for_all_devices([](Lab& lab) {
    const float nothing = std::numeric_limits<float>::quiet_NaN();
    const Tensor x = lab.tensor({4, 3}, std::vector<float>{nothing, 1, 0,  //
                                                           0, nothing, 0,  //
                                                           0, 1, nothing,  //
                                                           0, 1, 0});
    CHECK(counted(lab, x, {1, 1, 1, 1}) == 1);
    CHECK(counted(lab, x, {0, 1, 2, 0}) == 0);
    const Tensor one = lab.tensor({2, 1}, std::vector<float>{nothing, nothing});
    CHECK(counted(lab, one, {0, 1}) == 0);
  });
}

TEST_CASE("reductions give the same bits for any number of threads") {
  check_same_bits_for_any_thread_count([] {
    Lab lab;
    std::vector<float> all;
    const Tensor x = lab.random({20011, 13});
    for (const Reduction& reduction : reductions) all.push_back(reduced(lab, reduction, 1, x));
    for (const Shape& shape : {Shape{20011, 13}, Shape{500, 333}}) {
      const std::vector<float> sums = rows_summed(lab, lab.random(shape));
      all.insert(all.end(), sums.begin(), sums.end());
    }
    const std::vector<std::int32_t> labels(20011, 5);
    all.push_back(static_cast<float>(counted(lab, x, labels)));
    return all;
  });
}
