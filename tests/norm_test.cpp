#include <algorithm>

#include <ravine/kernels/norm.h>

#include "central_differences.h"
#include "golden_keras.h"
#include "lab.h"
#include "reference_norm.h"
#include "threads.h"

namespace ravine::test {
namespace {

using kernels::BatchNormTensors;
using reference::Doubles;

constexpr float epsilon = 1e-3f;
constexpr float momentum = 0.875f;

// Channels beside and across the widths that loops work on, rows that fill no chunk, one row.
const std::vector<Shape> shapes{{2, 5, 3, 4}, {7, 1},  {1001, 3}, {4, 9, 8, 32}, {3, 7, 5, 65},
                                {33, 300},    {1, 16}, {5000, 1}, {2, 40, 41, 6}};

BatchNormTensors random_tensors(Lab& lab, std::int64_t channels) {
  return {lab.random({channels}, -2, 2), lab.random({channels}), lab.random({channels}),
          lab.random({channels}, 0.1, 2)};
}

struct Training {
  std::vector<float> y, mean, inverse_deviation, moving_mean, moving_variance;
};

/// One forward pass in training; the moving statistics given are left as they are.
Training train(Lab& lab, const Tensor& x, const BatchNormTensors& given) {
  const Shape channels{x.shape().back()};
  const Tensor y = lab.poisoned(x.shape()), mean = lab.poisoned(channels),
               inverse = lab.poisoned(channels);
  const BatchNormTensors tensors{given.gamma, given.beta, given.moving_mean.clone(lab.stream),
                                 given.moving_variance.clone(lab.stream)};
  kernels::batch_norm_forward(lab.stream, epsilon, momentum, x, tensors, y, mean, inverse);
  return {lab.host(y), lab.host(mean), lab.host(inverse), lab.host(tensors.moving_mean),
          lab.host(tensors.moving_variance)};
}

Doubles mix(const Doubles& moving, const Doubles& batch) {
  constexpr double keep = static_cast<double>(momentum);
  Doubles result(moving.size());
  for (std::size_t c = 0; c < result.size(); ++c)
    result[c] = keep * moving[c] + (1 - keep) * batch[c];
  return result;
}

Doubles inverse_roots(const Doubles& variance) {
  Doubles result;
  for (const double v : variance) result.push_back(1 / std::sqrt(v + static_cast<double>(epsilon)));
  return result;
}

TEST_CASE("batch normalisation and its statistics are the reference's") {
  for (const Device device : devices()) {
    Lab lab(device);
    for (const Shape& shape : shapes) {
      CAPTURE(shape.str());
      const Tensor x = lab.random(shape, -1, 3);
      const BatchNormTensors tensors = random_tensors(lab, shape.back());
      const Training actual = train(lab, x, tensors);
      const auto statistics =
          reference::channel_statistics(lab.doubles(x), static_cast<std::size_t>(shape.back()));
      check_close(actual.mean, statistics.mean);
      check_close(actual.inverse_deviation, inverse_roots(statistics.variance), 2e-6);
      check_close(actual.moving_mean, mix(lab.doubles(tensors.moving_mean), statistics.mean));
      check_close(actual.moving_variance,
                  mix(lab.doubles(tensors.moving_variance), statistics.variance));
      check_close(actual.y,
                  reference::batch_norm(lab.doubles(x), statistics, lab.doubles(tensors.gamma),
                                        lab.doubles(tensors.beta), static_cast<double>(epsilon)));
    }
  }
}

TEST_CASE("without gamma and beta they count as one and zero") {
  Lab lab;
  const Tensor x = lab.random({40, 6});
  BatchNormTensors tensors = random_tensors(lab, 6);
  const Tensor ones = lab.tensor({6}, std::vector<float>(6, 1)),
               zeros = lab.tensor({6}, std::vector<float>(6));
  const BatchNormTensors neutral{ones, zeros, tensors.moving_mean, tensors.moving_variance};
  const BatchNormTensors empty{{}, {}, tensors.moving_mean, tensors.moving_variance};
  check_equal(train(lab, x, empty).y, train(lab, x, neutral).y);
  const Tensor a = lab.poisoned({40, 6}), b = lab.poisoned({40, 6});
  kernels::batch_norm_inference(lab.stream, epsilon, x, empty, a);
  kernels::batch_norm_inference(lab.stream, epsilon, x, neutral, b);
  check_equal(lab.host(a), lab.host(b));
}

TEST_CASE("the statistics of a batch far from zero keep their digits") {
  Lab lab;
  const Shape shape{3000, 5};
  auto values = lab.host(lab.random(shape));
  for (float& value : values) value += 10000;
  const Tensor x = lab.tensor(shape, values);
  const Training actual = train(lab, x, random_tensors(lab, 5));
  const auto statistics = reference::channel_statistics({values.begin(), values.end()}, 5);
  check_close(actual.mean, statistics.mean, 1e-7, 0);
  check_close(actual.inverse_deviation, inverse_roots(statistics.variance), 1e-5, 0);
}

TEST_CASE("one outlier, wherever it stands, does not spoil the variance of the others") {
  Lab lab;
  for (const std::size_t at : {0UL, 1UL, 5000UL, 9999UL}) {
    auto values = lab.host(lab.random({10000, 1}));
    values[at] = 1e6f;
    const Training actual = train(lab, lab.tensor({10000, 1}, values), random_tensors(lab, 1));
    const auto statistics = reference::channel_statistics({values.begin(), values.end()}, 1);
    check_close(actual.inverse_deviation, inverse_roots(statistics.variance), 1e-5, 0);
  }
}

TEST_CASE("a constant channel is normalised to exactly beta") {
  Lab lab;
  const float constant = 0.1f;
  const BatchNormTensors tensors = random_tensors(lab, 2);
  const Training actual =
      train(lab, lab.tensor({500, 2}, std::vector<float>(1000, constant)), tensors);
  const auto beta = lab.host(tensors.beta);
  for (std::size_t i = 0; i < actual.y.size(); ++i) CHECK(actual.y[i] == beta[i % 2]);
  check_equal(actual.mean, std::vector<float>(2, constant));
}

TEST_CASE("NaN and infinite inputs spoil their own channel and no other") {
  Lab lab;
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    auto values = lab.host(lab.random({50, 3}));
    values[31] = bad;  // channel 1
    const Training actual = train(lab, lab.tensor({50, 3}, values), random_tensors(lab, 3));
    for (std::size_t i = 0; i < actual.y.size(); ++i)
      CHECK(std::isnan(actual.y[i]) == (i % 3 == 1));
    CHECK(std::isnan(actual.moving_variance[1]));
  }
}

TEST_CASE("inference uses the moving statistics and leaves them") {
  for (const Device device : devices()) {
    Lab lab(device);
    for (const Shape& shape : shapes) {
      CAPTURE(shape.str());
      const Tensor x = lab.random(shape), y = lab.poisoned(shape);
      const BatchNormTensors tensors = random_tensors(lab, shape.back());
      const auto mean = lab.doubles(tensors.moving_mean),
                 variance = lab.doubles(tensors.moving_variance);
      kernels::batch_norm_inference(lab.stream, epsilon, x, tensors, y);
      check_close(lab.host(y), reference::batch_norm(
                                   lab.doubles(x), {mean, variance}, lab.doubles(tensors.gamma),
                                   lab.doubles(tensors.beta), static_cast<double>(epsilon)));
      check_equal(lab.host(tensors.moving_mean), mean);
      check_equal(lab.host(tensors.moving_variance), variance);
    }
  }
}

TEST_CASE("the reference's normalisation gradients are slopes") {
  Lab lab;
  const auto x = lab.doubles(lab.random({6, 3})), dy = lab.doubles(lab.random({6, 3}));
  const auto gamma = lab.doubles(lab.random({3})), beta = lab.doubles(lab.random({3}));
  const auto moving = reference::channel_statistics(lab.doubles(lab.random({9, 3})), 3);
  for (const bool frozen : {false, true}) {
    CAPTURE(frozen);
    const auto y = [&](const Doubles& at, const Doubles& scale, const Doubles& shift) {
      return dot(dy,
                 reference::batch_norm(at, frozen ? moving : reference::channel_statistics(at, 3),
                                       scale, shift, 1e-3));
    };
    const auto gradients = reference::batch_norm_backward(
        dy, x, frozen ? moving : reference::channel_statistics(x, 3), gamma, 1e-3, frozen);
    check_gradient(x, gradients.dx, [&](const Doubles& at) { return y(at, gamma, beta); });
    check_gradient(gamma, gradients.dgamma, [&](const Doubles& at) { return y(x, at, beta); });
    check_gradient(beta, gradients.dbeta, [&](const Doubles& at) { return y(x, gamma, at); });
  }
}

/// Calls check(dx, dgamma, dbeta) with every combination of wanted and unwanted gradients.
template <class Check>
void for_all_wishes(Lab& lab, const Shape& shape, const Check& check) {
  const Shape channels{shape.back()};
  for (int wish = 0; wish < 8; ++wish) {
    CAPTURE(wish);
    check((wish & 1) ? lab.poisoned(shape) : Tensor(),
          (wish & 2) ? lab.poisoned(channels) : Tensor(),
          (wish & 4) ? lab.poisoned(channels) : Tensor());
  }
}

TEST_CASE("backward is the reference's, for every combination of wanted gradients") {
  for (const Device device : devices()) {
    Lab lab(device);
    for (const Shape& shape : shapes) {
      CAPTURE(shape.str());
      const Tensor x = lab.random(shape, -1, 3), dy = lab.random(shape);
      const BatchNormTensors tensors = random_tensors(lab, shape.back());
      const auto channels = static_cast<std::size_t>(shape.back());
      const Training forward = train(lab, x, tensors);
      const Tensor mean = lab.tensor({shape.back()}, forward.mean);
      const Tensor inverse = lab.tensor({shape.back()}, forward.inverse_deviation);
      const auto expected = reference::batch_norm_backward(
          lab.doubles(dy), lab.doubles(x), reference::channel_statistics(lab.doubles(x), channels),
          lab.doubles(tensors.gamma), static_cast<double>(epsilon), false);
      // A single row has no gradient: what is left is the rounding of its size, 1/√epsilon.
      const double noise = shape[0] == 1 ? 1e-4 : 1e-5;
      for_all_wishes(lab, shape, [&](const Tensor& dx, const Tensor& dgamma, const Tensor& dbeta) {
        kernels::batch_norm_backward(lab.stream, dy, x, tensors.gamma, mean, inverse, dx, dgamma,
                                     dbeta);
        if (dx) check_close(lab.host(dx), expected.dx, 1e-5, noise);
        if (dgamma) check_close(lab.host(dgamma), expected.dgamma, 1e-5, 3e-5);
        if (dbeta) check_close(lab.host(dbeta), expected.dbeta, 1e-5, 3e-5);
      });
    }
  }
}

TEST_CASE(
    "backward of a frozen layer is the reference's, for every combination of wanted gradients") {
  for (const Device device : devices()) {
    Lab lab(device);
    for (const Shape& shape : shapes) {
      CAPTURE(shape.str());
      const Tensor x = lab.random(shape), dy = lab.random(shape);
      const BatchNormTensors tensors = random_tensors(lab, shape.back());
      const auto expected = reference::batch_norm_backward(
          lab.doubles(dy), lab.doubles(x),
          {lab.doubles(tensors.moving_mean), lab.doubles(tensors.moving_variance)},
          lab.doubles(tensors.gamma), static_cast<double>(epsilon), true);
      for_all_wishes(lab, shape, [&](const Tensor& dx, const Tensor& dgamma, const Tensor& dbeta) {
        kernels::batch_norm_inference_backward(lab.stream, epsilon, dy, x, tensors, dx, dgamma,
                                               dbeta);
        if (dx) check_close(lab.host(dx), expected.dx);
        if (dgamma) check_close(lab.host(dgamma), expected.dgamma, 1e-5, 3e-5);
        if (dbeta) check_close(lab.host(dbeta), expected.dbeta, 1e-5, 3e-5);
      });
    }
  }
}

TEST_CASE("sums of whole numbers in the backward pass are exact") {
  Lab lab;
  const Tensor x = lab.integers({500, 7}), dy = lab.integers({500, 7});
  const Tensor mean = lab.integers({7}), inverse = lab.tensor({7}, std::vector<float>(7, 0.5f));
  const Tensor dgamma = lab.poisoned({7}), dbeta = lab.poisoned({7});
  kernels::batch_norm_backward(lab.stream, dy, x, {}, mean, inverse, {}, dgamma, dbeta);
  const auto a = lab.doubles(dy), b = lab.doubles(x), m = lab.doubles(mean);
  Doubles product(7), sum(7);
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum[i % 7] += a[i];
    product[i % 7] += a[i] * (b[i] - m[i % 7]) / 2;
  }
  check_equal(lab.host(dgamma), product);
  check_equal(lab.host(dbeta), sum);
}

TEST_CASE("batch normalisation gives the same bits for any number of threads") {
  check_same_bits_for_any_thread_count([] {
    Lab lab;
    const Shape shape{60, 9, 11, 24};
    const Tensor x = lab.random(shape), dy = lab.random(shape);
    const BatchNormTensors tensors = random_tensors(lab, 24);
    const Tensor y = lab.poisoned(shape), mean = lab.poisoned({24}), inverse = lab.poisoned({24});
    const Tensor dx = lab.poisoned(shape), dgamma = lab.poisoned({24}), dbeta = lab.poisoned({24});
    kernels::batch_norm_forward(lab.stream, epsilon, momentum, x, tensors, y, mean, inverse);
    kernels::batch_norm_backward(lab.stream, dy, x, tensors.gamma, mean, inverse, dx, dgamma,
                                 dbeta);
    std::vector<float> all;
    for (const Tensor& tensor :
         {y, mean, inverse, tensors.moving_mean, tensors.moving_variance, dx, dgamma, dbeta}) {
      const auto values = lab.host(tensor);
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  });
}

TEST_CASE("batch normalisation agrees with Keras, forward and backward") {
  Lab lab;
  const auto items = golden_keras().at("normalisations").items();
  CHECK(items.size() == 4);
  for (const JsonView& item : items) {
    const Shape shape(extents_of(item.at("x"))), channels{shape.back()};
    CAPTURE(shape.str());
    const auto optional = [&](const char* name) {
      const auto values = item.find(name);
      return values ? lab.tensor(channels, flat_floats(*values)) : Tensor();
    };
    const BatchNormTensors tensors{optional("gamma"), optional("beta"), optional("moving_mean"),
                                   optional("moving_variance")};
    const Tensor x = lab.tensor(shape, flat_floats(item.at("x"))),
                 dy = lab.tensor(shape, flat_floats(item.at("dy")));
    const Tensor y = lab.poisoned(shape), dx = lab.poisoned(shape);
    const Tensor dgamma = tensors.gamma ? lab.poisoned(channels) : Tensor();
    const Tensor dbeta = tensors.beta ? lab.poisoned(channels) : Tensor();
    const auto eps = static_cast<float>(item.at("epsilon").number());
    if (item.at("training").boolean()) {
      const Tensor mean = lab.poisoned(channels), inverse = lab.poisoned(channels);
      kernels::batch_norm_forward(lab.stream, eps, static_cast<float>(item.at("momentum").number()),
                                  x, tensors, y, mean, inverse);
      kernels::batch_norm_backward(lab.stream, dy, x, tensors.gamma, mean, inverse, dx, dgamma,
                                   dbeta);
      check_close(lab.host(tensors.moving_mean), flat_numbers(item.at("new_moving_mean")), 1e-6,
                  1e-6);
      check_close(lab.host(tensors.moving_variance), flat_numbers(item.at("new_moving_variance")),
                  1e-6, 1e-6);
    } else {
      kernels::batch_norm_inference(lab.stream, eps, x, tensors, y);
      kernels::batch_norm_inference_backward(lab.stream, eps, dy, x, tensors, dx, dgamma, dbeta);
    }
    check_close(lab.host(y), flat_numbers(item.at("y")), 1e-5, 1e-6);
    check_close(lab.host(dx), flat_numbers(item.at("dx")), 1e-5, 1e-6);
    if (dgamma) check_close(lab.host(dgamma), flat_numbers(item.at("dgamma")), 1e-5, 1e-6);
    if (dbeta) check_close(lab.host(dbeta), flat_numbers(item.at("dbeta")), 1e-5, 1e-6);
  }
}

}  // namespace
}  // namespace ravine::test
