#include <algorithm>
#include <numeric>

#include <ravine/kernels/softmax.h>

#include "central_differences.h"
#include "golden_keras.h"
#include "lab.h"
#include "reference_softmax.h"
#include "threads.h"

namespace ravine::test {
namespace {

using Labels = std::vector<std::int32_t>;
constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

const std::vector<Shape> shapes{{3, 5},  {128, 10}, {2, 3, 17}, {4, 1},
                                {5, 33}, {700, 16}, {2, 9001}};

Labels labels_for(std::int64_t rows, std::int64_t classes, std::uint32_t stream = 0) {
  RandomSequence random(9, RandomUse::data, stream);
  Labels labels(static_cast<std::size_t>(rows));
  for (auto& label : labels) {
    label = static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(classes)));
  }
  return labels;
}

struct Result {
  float loss;
  std::vector<float> dx;
};

Result cross_entropy(Lab& lab, const Shape& shape, const std::vector<float>& x,
                     const Labels& labels, const std::vector<float>& weight = {}) {
  const Tensor loss = lab.poisoned({}), dx = lab.poisoned(shape);
  const Tensor weights = weight.empty() ? Tensor() : lab.tensor({shape[0]}, weight);
  kernels::softmax_cross_entropy(lab.stream, lab.tensor(shape, x), lab.tensor({shape[0]}, labels),
                                 weights, loss, dx);
  return {lab.host(loss).front(), lab.host(dx)};
}

TEST_CASE("softmax is the reference's, also in place, and its rows sum to one") {
  for (const Device device : devices()) {
    Lab lab(device);
    for (const Shape& shape : shapes) {
      CAPTURE(shape.str());
      const Tensor x = lab.random(shape, -5, 5), y = lab.poisoned(shape);
      const auto classes = static_cast<std::size_t>(shape.back());
      const auto expected = reference::softmax(lab.doubles(x), classes);
      kernels::softmax_forward(lab.stream, x, y);
      check_close(lab.host(y), expected, 1e-6, 1e-9);
      kernels::softmax_forward(lab.stream, x, x);
      check_equal(lab.host(x), lab.host(y));
      const auto rows = lab.host(y);
      for (std::size_t start = 0; start < rows.size(); start += classes) {
        CHECK(std::accumulate(&rows[start], &rows[start] + classes, 0.0) == doctest::Approx(1));
      }
    }
  }
}

TEST_CASE("softmax of equal logits is exactly uniform, whatever their size") {
  Lab lab;
  for (const float logit : {0.0f, -3e38f, 3e38f, 1e4f, -1e4f}) {
    const Tensor y = lab.poisoned({3, 8});
    kernels::softmax_forward(lab.stream, lab.tensor({3, 8}, std::vector<float>(24, logit)), y);
    check_equal(lab.host(y), std::vector<float>(24, 0.125f));
  }
}

TEST_CASE("softmax of extreme logits picks the largest, and gives NaN where there is no answer") {
  Lab lab;
  const Tensor y = lab.poisoned({6, 3});
  kernels::softmax_forward(lab.stream,
                           lab.tensor<float>({6, 3}, {1e4f, -1e4f, 0,                   //
                                                      3e38f, -3e38f, 1,                 //
                                                      -infinity, 2, 2,                  //
                                                      infinity, 0, 0,                   //
                                                      -infinity, -infinity, -infinity,  //
                                                      0, nan, 0}),
                           y);
  const auto values = lab.host(y);
  check_equal(std::vector<float>(values.begin(), values.begin() + 9),
              std::vector<float>{1, 0, 0, 1, 0, 0, 0, 0.5f, 0.5f});
  CHECK(std::all_of(values.begin() + 12, values.end(), [](float v) { return std::isnan(v); }));
  CHECK(std::isnan(values[9]));
}

TEST_CASE("softmax backward is the reference's, whose gradient central differences confirm") {
  for (const Device device : devices()) {
    Lab lab(device);
    for (const Shape& shape : shapes) {
      CAPTURE(shape.str());
      const auto classes = static_cast<std::size_t>(shape.back());
      const Tensor y = lab.random(shape, 0, 1), dy = lab.random(shape), dx = lab.poisoned(shape);
      const auto expected = reference::softmax_backward(lab.doubles(dy), lab.doubles(y), classes);
      kernels::softmax_backward(lab.stream, dy, y, dx);
      check_close(lab.host(dx), expected, 2e-6, 1e-6 * static_cast<double>(classes));
      kernels::softmax_backward(lab.stream, dy, y, dy);
      check_equal(lab.host(dy), lab.host(dx));
    }
  }
  Lab lab;
  const auto x = lab.doubles(lab.random({3, 4})), dy = lab.doubles(lab.random({3, 4}));
  check_gradient(x, reference::softmax_backward(dy, reference::softmax(x, 4), 4),
                 [&](const auto& at) { return dot(dy, reference::softmax(at, 4)); });
}

TEST_CASE("softmax cross-entropy and its gradient are the reference's, with and without weights") {
  for (const Device device : devices()) {
    Lab lab(device);
    for (const Shape& shape :
         {Shape{3, 5}, Shape{128, 10}, Shape{700, 16}, Shape{1, 2}, Shape{3, 9001}}) {
      for (const bool weighted : {false, true}) {
        CAPTURE(shape.str());
        CAPTURE(weighted);
        const auto classes = static_cast<std::size_t>(shape.back());
        const auto x = lab.host(lab.random(shape, -4, 4));
        const auto labels = labels_for(shape[0], shape[1]);
        const auto weight =
            weighted ? lab.host(lab.random({shape[0]}, 0, 2)) : std::vector<float>();
        const Result actual = cross_entropy(lab, shape, x, labels, weight);
        const auto expected = reference::softmax_cross_entropy(
            {x.begin(), x.end()}, labels, {weight.begin(), weight.end()}, classes);
        CHECK(actual.loss == doctest::Approx(expected.loss).epsilon(1e-6));
        check_close(actual.dx, expected.dx, 2e-6, 1e-9);
      }
    }
  }
}

TEST_CASE("the gradients of both cross-entropies are the difference quotients of their losses") {
  Lab lab;
  const auto x = lab.doubles(lab.random({3, 4}, -2, 2)),
             weight = lab.doubles(lab.random({3}, 0, 2));
  const auto targets = lab.doubles(lab.random({3, 4}, 0, 1));
  const Labels labels{0, 3, 1};
  check_gradient(x, reference::softmax_cross_entropy(x, labels, weight, 4).dx, [&](const auto& at) {
    return reference::softmax_cross_entropy(at, labels, weight, 4).loss;
  });
  check_gradient(x, reference::softmax_cross_entropy_dense(x, targets, weight, 4).dx,
                 [&](const auto& at) {
                   return reference::softmax_cross_entropy_dense(at, targets, weight, 4).loss;
                 });
}

TEST_CASE("cross-entropy with dense targets is the reference's, for targets of any sum") {
  for (const Device device : devices()) {
    Lab lab(device);
    for (const Shape& shape : {Shape{3, 5}, Shape{128, 10}, Shape{700, 16}, Shape{2, 9001}}) {
      for (const bool weighted : {false, true}) {
        CAPTURE(shape.str());
        CAPTURE(weighted);
        const Tensor x = lab.random(shape, -4, 4), targets = lab.random(shape, 0, 1);
        const Tensor weight = weighted ? lab.random({shape[0]}, 0, 2) : Tensor();
        const Tensor loss = lab.poisoned({}), dx = lab.poisoned(shape);
        const auto expected = reference::softmax_cross_entropy_dense(
            lab.doubles(x), lab.doubles(targets),
            weighted ? lab.doubles(weight) : std::vector<double>(),
            static_cast<std::size_t>(shape.back()));
        kernels::softmax_cross_entropy_dense(lab.stream, x, targets, weight, loss, dx);
        CHECK(lab.host(loss).front() == doctest::Approx(expected.loss).epsilon(1e-6));
        check_close(lab.host(dx), expected.dx, 1e-5, 1e-6);
      }
    }
  }
}

TEST_CASE("both cross-entropies give the same loss when no gradient is wanted") {
  Lab lab;
  for (const Shape& shape : {Shape{128, 10}, Shape{2, 9001}}) {
    const Tensor x = lab.random(shape, -4, 4), targets = lab.random(shape, 0, 1);
    const Tensor labels = lab.tensor({shape[0]}, labels_for(shape[0], shape[1]));
    const Tensor with = lab.poisoned({}), without = lab.poisoned({}), dx = lab.poisoned(shape);
    kernels::softmax_cross_entropy(lab.stream, x, labels, {}, with, dx);
    kernels::softmax_cross_entropy(lab.stream, x, labels, {}, without, {});
    check_equal(lab.host(with), lab.host(without));
    kernels::softmax_cross_entropy_dense(lab.stream, x, targets, {}, with, dx);
    kernels::softmax_cross_entropy_dense(lab.stream, x, targets, {}, without, {});
    check_equal(lab.host(with), lab.host(without));
  }
}

TEST_CASE("a label outside the classes gives a NaN loss and spoils no other row") {
  Lab lab;
  constexpr auto most = std::numeric_limits<std::int32_t>::max();
  constexpr auto least = std::numeric_limits<std::int32_t>::min();
  for (const std::int32_t bad : {-1, 3, most, least}) {
    const Result result = cross_entropy(lab, {3, 3}, std::vector<float>(9, 1), {0, bad, 2});
    CHECK(std::isnan(result.loss));
    for (std::size_t i = 0; i < 9; ++i) CHECK(std::isnan(result.dx[i]) == (i / 3 == 1));
  }
}

TEST_CASE("NaN and infinite logits give a NaN loss") {
  Lab lab;
  for (const float bad : {nan, infinity}) {
    for (std::size_t at = 0; at < 20; ++at) {
      std::vector<float> x(40, 1);
      x[at] = bad;
      CHECK(std::isnan(cross_entropy(lab, {2, 20}, x, {0, 19}).loss));
      const Tensor loss = lab.poisoned({}), dx = lab.poisoned({2, 20});
      const Tensor targets = lab.tensor({2, 20}, std::vector<float>(40, 0.05f));
      kernels::softmax_cross_entropy_dense(lab.stream, lab.tensor({2, 20}, x), targets, {}, loss,
                                           dx);
      CHECK(std::isnan(lab.host(loss).front()));
    }
  }
}

TEST_CASE("a logit of minus infinity is a class that cannot be: harmless unless it is the label") {
  Lab lab;
  const std::vector<float> x{-infinity, 0, 0};
  const Result other = cross_entropy(lab, {1, 3}, x, {1});
  CHECK(other.loss == doctest::Approx(std::log(2.0)));
  check_equal(other.dx, std::vector<float>{0, -0.5f, 0.5f});
  CHECK(cross_entropy(lab, {1, 3}, x, {0}).loss == infinity);
  const Tensor loss = lab.poisoned({});
  kernels::softmax_cross_entropy_dense(lab.stream, lab.tensor({1, 3}, x),
                                       lab.tensor<float>({1, 3}, {0, 0.5f, 0.5f}), {}, loss, {});
  CHECK(lab.host(loss).front() == doctest::Approx(std::log(2.0)));
}

TEST_CASE("extreme logits have their exact loss as long as a float can hold it") {
  Lab lab;
  CHECK(cross_entropy(lab, {1, 2}, {1e4f, -1e4f}, {0}).loss == 0);
  CHECK(cross_entropy(lab, {1, 2}, {1e4f, -1e4f}, {1}).loss == 2e4f);
  CHECK(cross_entropy(lab, {1, 2}, {3e38f, 0}, {1}).loss == 3e38f);
  CHECK(cross_entropy(lab, {1, 2}, {3e38f, -3e38f}, {1}).loss == infinity);
  // Two rows: the mean of 6e38 and 0 fits again.
  CHECK(cross_entropy(lab, {2, 2}, {3e38f, -3e38f, 0, -3e38f}, {1, 0}).loss == 3e38f);
  check_equal(cross_entropy(lab, {1, 2}, {3e38f, -3e38f}, {1}).dx, std::vector<float>{1, -1});
}

TEST_CASE("a row that is learnt keeps the leading digits of its gradient") {
  Lab lab;
  const Result result = cross_entropy(lab, {1, 3}, {20, 0, -1}, {0});
  const double others = std::exp(-20.0) + std::exp(-21.0);
  CHECK(result.loss == doctest::Approx(others).epsilon(1e-6));
  CHECK(result.dx[0] == doctest::Approx(-others).epsilon(1e-6));
}

TEST_CASE("an empty batch has a loss of zero") {
  Lab lab;
  const Tensor none = Tensor::persistent(lab.stream, {0, 3});
  const Tensor labels = Tensor::persistent(lab.stream, {0}, DType::i32);
  const Tensor sparse = lab.poisoned({}), dense = lab.poisoned({});
  kernels::softmax_cross_entropy(lab.stream, none, labels, {}, sparse, none);
  kernels::softmax_cross_entropy_dense(lab.stream, none, none, {}, dense, none);
  CHECK(lab.host(sparse).front() == 0);
  CHECK(lab.host(dense).front() == 0);
}

TEST_CASE("softmax and cross-entropy give the same bits for any number of threads") {
  check_same_bits_for_any_thread_count([] {
    Lab lab;
    const Shape shape{3001, 10};
    const Tensor x = lab.random(shape, -4, 4), dy = lab.random(shape);
    const Tensor targets = lab.random(shape, 0, 1);
    const Tensor labels = lab.tensor({shape[0]}, labels_for(shape[0], shape[1]));
    const Tensor y = lab.poisoned(shape), dx = lab.poisoned(shape);
    const Tensor loss = lab.poisoned({}), sparse = lab.poisoned(shape);
    const Tensor dense_loss = lab.poisoned({}), dense = lab.poisoned(shape);
    kernels::softmax_forward(lab.stream, x, y);
    kernels::softmax_backward(lab.stream, dy, y, dx);
    kernels::softmax_cross_entropy(lab.stream, x, labels, {}, loss, sparse);
    kernels::softmax_cross_entropy_dense(lab.stream, x, targets, {}, dense_loss, dense);
    std::vector<float> all;
    for (const Tensor& tensor : {y, dx, loss, sparse, dense_loss, dense}) {
      const auto values = lab.host(tensor);
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  });
}

TEST_CASE("cross-entropies agree with Keras") {
  Lab lab;
  const JsonView golden = golden_keras();
  int compared = 0;
  for (const JsonView& item : golden.at("losses").items()) {
    const std::string kind = item.at("kind").string();
    if (kind != "softmax" && kind != "softmax_dense") continue;
    CAPTURE(kind);
    const Shape shape(extents_of(item.at("x")));
    const Tensor x = lab.tensor(shape, flat_floats(item.at("x")));
    const auto weights = item.find("weight");
    const Tensor weight = weights ? lab.tensor({shape[0]}, flat_floats(*weights)) : Tensor();
    const Tensor loss = lab.poisoned({}), dx = lab.poisoned(shape);
    const auto targets = flat_floats(item.at("targets"));
    if (kind == "softmax") {
      const Tensor labels = lab.tensor({shape[0]}, Labels(targets.begin(), targets.end()));
      kernels::softmax_cross_entropy(lab.stream, x, labels, weight, loss, dx);
    } else {
      kernels::softmax_cross_entropy_dense(lab.stream, x, lab.tensor(shape, targets), weight, loss,
                                           dx);
    }
    check_close(lab.host(loss), flat_numbers(item.at("loss")), 1e-6, 0);
    check_close(lab.host(dx), flat_numbers(item.at("dx")), 1e-5, 1e-7);
    ++compared;
  }
  CHECK(compared == 4);
}

}  // namespace
}  // namespace ravine::test
