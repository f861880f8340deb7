#include <algorithm>
#include <map>

#include <ravine/kernels/loss.h>

#include "central_differences.h"
#include "golden_keras.h"
#include "lab.h"
#include "reference_loss.h"
#include "threads.h"

namespace ravine::test {
namespace {

using kernels::LossKind;

constexpr float delta = 0.75f;
constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

const std::map<std::string, LossKind> kinds{
    {"squared", LossKind::squared}, {"absolute", LossKind::absolute},
    {"huber", LossKind::huber},     {"binary_logits", LossKind::binary_logits},
    {"binary", LossKind::binary},   {"categorical", LossKind::categorical}};

bool takes_probabilities(LossKind kind) {
  return kind == LossKind::binary || kind == LossKind::categorical;
}

struct Result {
  float loss;
  std::vector<float> dx;
};

Result run(Lab& lab, LossKind kind, const Tensor& x, const Tensor& targets,
           const Tensor& weight = {}) {
  const Tensor loss = lab.poisoned({}), dx = lab.poisoned(x.shape());
  kernels::element_loss(lab.stream, kind, delta, x, targets, weight, loss, dx);
  return {lab.host(loss).front(), lab.host(dx)};
}

Result run(Lab& lab, LossKind kind, const std::vector<float>& x,
           const std::vector<float>& targets) {
  const Shape shape{1, static_cast<std::int64_t>(x.size())};
  return run(lab, kind, lab.tensor(shape, x), lab.tensor(shape, targets));
}

reference::LossAndGradient expect(LossKind kind, const Shape& shape, const std::vector<double>& x,
                                  const std::vector<double>& targets,
                                  const std::vector<double>& weight) {
  const auto samples = static_cast<std::size_t>(shape[0]);
  if (kind != LossKind::categorical) {
    return reference::element_loss(kind, static_cast<double>(delta), x, targets, weight, samples);
  }
  return reference::categorical_loss(x, targets, weight, samples,
                                     static_cast<std::size_t>(shape.back()));
}

TEST_CASE("every loss and its gradient are the reference's, with and without weights") {
  for (const Device device : devices()) {
    Lab lab(device);
    for (const auto& [name, kind] : kinds) {
      for (const Shape& shape : {Shape{3, 5}, Shape{64, 10}, Shape{700, 1}, Shape{4, 3, 5, 2},
                                 Shape{2, 9001}, Shape{3000, 7}}) {
        for (const bool weighted : {false, true}) {
          CAPTURE(name);
          CAPTURE(shape.str());
          CAPTURE(weighted);
          const bool probabilities = takes_probabilities(kind);
          const Tensor x = probabilities ? lab.random(shape, 0.05, 0.95) : lab.random(shape, -3, 3);
          // Those of the categorical loss sum to about one, as any that are probabilities do.
          const double most =
              kind == LossKind::categorical ? 2.0 / static_cast<double>(shape.back()) : 1;
          const Tensor targets =
              probabilities ? lab.random(shape, 0, most) : lab.random(shape, -1, 2);
          const Tensor weight = weighted ? lab.random({shape[0]}, 0, 2) : Tensor();
          const Result actual = run(lab, kind, x, targets, weight);
          const auto expected = expect(kind, shape, lab.doubles(x), lab.doubles(targets),
                                       weighted ? lab.doubles(weight) : std::vector<double>());
          CHECK(actual.loss == doctest::Approx(expected.loss).epsilon(2e-6));
          const double scale = 1 / static_cast<double>(shape.elements());
          check_close(actual.dx, expected.dx, 1e-5, 4e-6 * scale);
        }
      }
    }
  }
}

TEST_CASE("the references' loss gradients are slopes") {
  Lab lab;
  const Shape shape{3, 4};
  for (const auto& [name, kind] : kinds) {
    CAPTURE(name);
    const auto x = lab.doubles(lab.random(shape, 0.1, 0.9));
    const auto targets = lab.doubles(lab.random(shape, -1, 2)),
               weight = lab.doubles(lab.random({3}, 0, 2));
    check_gradient(x, expect(kind, shape, x, targets, weight).dx, [&, &of = kind](const auto& at) {
      return expect(of, shape, at, targets, weight).loss;
    });
  }
}

TEST_CASE("losses of whole numbers are exact") {
  Lab lab;
  const Tensor x = lab.integers({16, 8}), t = lab.integers({16, 8});
  const auto a = lab.doubles(x), b = lab.doubles(t);
  for (const LossKind kind : {LossKind::squared, LossKind::absolute}) {
    const Result actual = run(lab, kind, x, t);
    const auto expected = expect(kind, {16, 8}, a, b, {});
    CHECK(static_cast<double>(actual.loss) == expected.loss);
    check_equal(actual.dx, expected.dx);
  }
}

TEST_CASE("the absolute error is flat at zero and Huber's bend belongs to the parabola") {
  Lab lab;
  check_equal(run(lab, LossKind::absolute, {1, 2}, {1, 4}).dx, std::vector<float>{0, -0.5f});
  const Result huber = run(lab, LossKind::huber, {delta, -delta, 2}, {0, 0, 0});
  check_equal(huber.dx, std::vector<float>{delta / 3, -delta / 3, delta / 3});
  CHECK(huber.loss == doctest::Approx((2 * 0.28125 + 0.75 * (2 - 0.375)) / 3));
}

TEST_CASE("probabilities of zero and one are clipped by Keras's epsilon and pass no gradient") {
  Lab lab;
  const Result certain = run(lab, LossKind::binary, {0, 1}, {0, 1});
  CHECK(certain.loss == doctest::Approx(1.0e-7).epsilon(0.25));
  check_equal(certain.dx, std::vector<float>{0, 0});
  const Result wrong = run(lab, LossKind::binary, {0, 0}, {1, 1});
  CHECK(wrong.loss == doctest::Approx(-std::log(1e-7)));
  const Result class_wrong = run(lab, LossKind::categorical, {0, 1}, {1, 0});
  CHECK(class_wrong.loss == doctest::Approx(-std::log(1e-7)));
  check_equal(class_wrong.dx, std::vector<float>{0, 0});
}

TEST_CASE("binary cross-entropy of extreme logits is the logit, not infinity") {
  Lab lab;
  for (const float size : {1e4f, 3e38f}) {
    CHECK(run(lab, LossKind::binary_logits, {size}, {0}).loss == size);
    CHECK(run(lab, LossKind::binary_logits, {-size}, {1}).loss == size);
    CHECK(run(lab, LossKind::binary_logits, {size}, {1}).loss == 0);
    CHECK(run(lab, LossKind::binary_logits, {-size}, {0}).loss == 0);
    check_equal(run(lab, LossKind::binary_logits, {size, -size}, {0, 1}).dx,
                std::vector<float>{0.5f, -0.5f});
  }
}

TEST_CASE("NaN in x or targets gives a NaN loss and stays in its row's gradient") {
  Lab lab;
  for (const auto& [name, kind] : kinds) {
    CAPTURE(name);
    for (std::size_t at = 0; at < 36; at += 7) {
      for (const bool in_x : {true, false}) {
        std::vector<float> x(36, 0.25f), t(36, 0.5f);
        (in_x ? x : t)[at] = nan;
        const Result result = run(lab, kind, lab.tensor({2, 18}, x), lab.tensor({2, 18}, t));
        CHECK(std::isnan(result.loss));
        CHECK((std::isnan(result.dx[at]) || (kind == LossKind::binary && !in_x)));
        CHECK(!std::isnan(result.dx[at < 18 ? 35 : 0]));
      }
    }
  }
}

TEST_CASE("infinite predictions give a loss that is not finite, except where clipping takes them") {
  Lab lab;
  for (const auto& [name, kind] : kinds) {
    CAPTURE(name);
    for (const float bad : {infinity, -infinity}) {
      const float loss = run(lab, kind, {bad, 0.5f}, {0.5f, 0.5f}).loss;
      CHECK(std::isfinite(loss) == (kind == LossKind::binary));
    }
  }
}

TEST_CASE("no loss changes when no gradient is wanted") {
  Lab lab;
  const Tensor x = lab.random({700, 7}, 0.1, 0.9), t = lab.random({700, 7}, 0, 1);
  for (const auto& [name, kind] : kinds) {
    const Tensor loss = lab.poisoned({});
    kernels::element_loss(lab.stream, kind, delta, x, t, {}, loss, {});
    CHECK(lab.host(loss).front() == run(lab, kind, x, t).loss);
  }
}

TEST_CASE("an empty batch has a loss of zero for every kind") {
  Lab lab;
  for (const auto& [name, kind] : kinds) {
    const Tensor none = Tensor::persistent(lab.stream, {0, 3}), loss = lab.poisoned({});
    kernels::element_loss(lab.stream, kind, delta, none, none, {}, loss, none);
    CHECK(lab.host(loss).front() == 0);
  }
}

TEST_CASE("one-hot rows are zero for labels outside the classes, and one class keeps the label") {
  for (const Device device : devices()) {
    Lab lab(device);
    const Tensor labels = lab.tensor<std::int32_t>({5}, {2, 0, -1, 3, 1});
    const Tensor rows = lab.poisoned({5, 3}), single = lab.poisoned({5, 1});
    kernels::one_hot(lab.stream, labels, rows);
    check_equal(lab.host(rows), std::vector<float>{0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0});
    kernels::one_hot(lab.stream, labels, single);
    check_equal(lab.host(single), std::vector<float>{2, 0, -1, 3, 1});
  }
}

TEST_CASE("losses give the same bits for any number of threads") {
  check_same_bits_for_any_thread_count([] {
    Lab lab;
    const Tensor x = lab.random({3001, 13}, 0.1, 0.9), t = lab.random({3001, 13}, 0, 1);
    std::vector<float> all;
    for (const auto& [name, kind] : kinds) {
      const Result result = run(lab, kind, x, t);
      all.push_back(result.loss);
      all.insert(all.end(), result.dx.begin(), result.dx.end());
    }
    return all;
  });
}

TEST_CASE("losses agree with Keras") {
  Lab lab;
  int compared = 0;
  for (const JsonView& item : golden_keras().at("losses").items()) {
    const auto kind = kinds.find(item.at("kind").string());
    if (kind == kinds.end()) continue;
    CAPTURE(kind->first);
    const Shape shape(extents_of(item.at("x")));
    const auto weights = item.find("weight");
    const auto huber = item.find("delta");
    const Tensor loss = lab.poisoned({}), dx = lab.poisoned(shape);
    kernels::element_loss(lab.stream, kind->second, huber ? static_cast<float>(huber->number()) : 0,
                          lab.tensor(shape, flat_floats(item.at("x"))),
                          lab.tensor(shape, flat_floats(item.at("targets"))),
                          weights ? lab.tensor({shape[0]}, flat_floats(*weights)) : Tensor(), loss,
                          dx);
    check_close(lab.host(loss), flat_numbers(item.at("loss")), 2e-6, 0);
    check_close(lab.host(dx), flat_numbers(item.at("dx")), 1e-5, 1e-7);
    ++compared;
  }
  CHECK(compared == 13);
}

}  // namespace
}  // namespace ravine::test
