#include <algorithm>

#include <ravine/kernels/optim.h>

#include "lab.h"
#include "reference_optim.h"
#include "threads.h"

namespace ravine::test {
namespace {

using reference::OptimizerState;

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

// One vector's rest, several vectors, several chunks with a rest.
const std::vector<std::int64_t> sizes{1, 37, 50021};

/// A parameter range on the device beside the reference's copy of it.
class Twin {
 public:
  Twin(Lab& lab, std::int64_t size) : lab_(lab), size_(size), rate(lab.tensor<float>({}, {0.01f})) {
    p = lab.random({size});
    expected.p = lab.doubles(p);
  }
  Tensor moment(reference::Doubles& twin) {
    twin.assign(static_cast<std::size_t>(size_), 0.0);
    return Tensor::persistent(lab_.stream, {size_});
  }
  Tensor gradient() { return lab_.random({size_}, -2, 2); }
  double rate_value() { return lab_.doubles(rate).front(); }

 private:
  Lab& lab_;
  std::int64_t size_;

 public:
  Tensor rate, p;
  OptimizerState expected;
};

kernels::AdamConstants adam_constants(bool epsilon_hat, float weight_decay = 0) {
  return {.one_minus_beta_1 = static_cast<float>(1 - 0.9),
          .one_minus_beta_2 = static_cast<float>(1 - 0.999),
          .log_beta_1 = std::log(static_cast<double>(0.9f)),
          .log_beta_2 = std::log(static_cast<double>(0.999f)),
          .epsilon = 1e-7f,
          .epsilon_hat = epsilon_hat,
          .weight_decay = weight_decay};
}

TEST_CASE("SGD is the reference's over several steps: plain, momentum, Nesterov, decay") {
  for (const Device device : devices()) {
    Lab lab(device);
    for (const std::int64_t size : sizes) {
      for (const kernels::SgdConstants& constants : {kernels::SgdConstants{0, false, 0},
                                                     {0, false, 0.5f},
                                                     {0.9f, false, 0},
                                                     {0.9f, true, 0},
                                                     {0.9f, true, 0.5f}}) {
        CAPTURE(size);
        CAPTURE(constants.momentum);
        CAPTURE(constants.nesterov);
        CAPTURE(constants.weight_decay);
        Twin twin(lab, size);
        const Tensor velocity =
            constants.momentum > 0 ? twin.moment(twin.expected.momentum) : Tensor();
        for (int step = 0; step < 5; ++step) {
          const Tensor g = twin.gradient();
          kernels::sgd_step(lab.stream, constants, twin.rate, g, twin.p, velocity);
          reference::sgd(constants, twin.rate_value(), lab.doubles(g), twin.expected);
        }
        check_close(lab.host(twin.p), twin.expected.p, 1e-6, 1e-6);
        if (velocity) check_close(lab.host(velocity), twin.expected.momentum, 1e-6, 1e-7);
      }
    }
  }
}

TEST_CASE("SGD of whole numbers is exact") {
  Lab lab;
  const Tensor rate = lab.tensor<float>({}, {0.5f}), p = lab.integers({67}), g = lab.integers({67});
  const auto before = lab.doubles(p), gradient = lab.doubles(g);
  const Tensor velocity = lab.integers({67});
  const auto v = lab.doubles(velocity);
  kernels::sgd_step(lab.stream, {.momentum = 0.5f, .nesterov = true, .weight_decay = 0.25f}, rate,
                    g, p, velocity);
  reference::Doubles expected_p(67), expected_v(67);
  for (std::size_t i = 0; i < 67; ++i) {
    expected_v[i] = v[i] / 2 - gradient[i] / 2;
    expected_p[i] = before[i] - before[i] / 8 + expected_v[i] / 2 - gradient[i] / 2;
  }
  check_equal(lab.host(velocity), expected_v);
  check_equal(lab.host(p), expected_p);
}

TEST_CASE("Adam is the reference's over several steps, in Keras's and in PyTorch's form") {
  for (const Device device : devices()) {
    Lab lab(device);
    for (const std::int64_t size : sizes) {
      for (const bool epsilon_hat : {true, false}) {
        for (const float weight_decay : {0.0f, 0.5f}) {
          CAPTURE(size);
          CAPTURE(epsilon_hat);
          CAPTURE(weight_decay);
          kernels::AdamConstants constants = adam_constants(epsilon_hat, weight_decay);
          constants.epsilon = 1e-2f;  // large: the two forms differ in it alone
          Twin twin(lab, size);
          const Tensor m = twin.moment(twin.expected.m), v = twin.moment(twin.expected.v);
          for (std::int64_t step = 1; step <= 5; ++step) {
            const Tensor g = twin.gradient();
            kernels::adam_step(lab.stream, constants, twin.rate,
                               lab.tensor<std::int64_t>({}, {step}), g, twin.p, m, v);
            reference::adam(constants, twin.rate_value(), step, lab.doubles(g), twin.expected);
          }
          check_close(lab.host(twin.p), twin.expected.p, 1e-6, 1e-6);
          check_close(lab.host(m), twin.expected.m, 1e-6, 1e-6);
          check_close(lab.host(v), twin.expected.v, 2e-6, 1e-9);
        }
      }
    }
  }
}

TEST_CASE("Adam's bias corrections keep their digits from the first step to the billionth") {
  Lab lab;
  for (const std::int64_t step : {std::int64_t{1}, std::int64_t{1000}, std::int64_t{1} << 40}) {
    CAPTURE(step);
    const kernels::AdamConstants constants = adam_constants(true);
    Twin twin(lab, 37);
    const Tensor m = twin.moment(twin.expected.m), v = twin.moment(twin.expected.v),
                 g = twin.gradient();
    kernels::adam_step(lab.stream, constants, twin.rate, lab.tensor<std::int64_t>({}, {step}), g,
                       twin.p, m, v);
    reference::adam(constants, twin.rate_value(), step, lab.doubles(g), twin.expected);
    check_close(lab.host(twin.p), twin.expected.p, 1e-7, 1e-8);
  }
}

TEST_CASE(
    "Adam leaves parameters that never had a gradient alone, and all of them at a rate of zero") {
  Lab lab;
  const Tensor step = lab.tensor<std::int64_t>({}, {1}),
               zeros = Tensor::persistent(lab.stream, {37});
  const Tensor m = Tensor::persistent(lab.stream, {37}), v = Tensor::persistent(lab.stream, {37});
  const Tensor p = lab.random({37});
  const auto before = lab.host(p);
  const Tensor rate = lab.tensor<float>({}, {0.1f}), none = lab.tensor<float>({}, {0.0f});
  kernels::adam_step(lab.stream, adam_constants(true), rate, step, zeros, p, m, v);
  check_equal(lab.host(p), before);
  kernels::adam_step(lab.stream, adam_constants(true, 0.5f), none, step, lab.random({37}), p, m, v);
  check_equal(lab.host(p), before);
}

TEST_CASE(
    "RMSprop is the reference's over several steps: centred or not, with and without momentum") {
  for (const Device device : devices()) {
    Lab lab(device);
    for (const std::int64_t size : sizes) {
      for (const bool centred : {false, true}) {
        for (const float momentum : {0.0f, 0.9f}) {
          CAPTURE(size);
          CAPTURE(centred);
          CAPTURE(momentum);
          const kernels::RmsPropConstants constants{.rho = 0.9f,
                                                    .one_minus_rho = static_cast<float>(1 - 0.9),
                                                    .momentum = momentum,
                                                    .epsilon = 1e-3f,
                                                    .weight_decay = 0.25f};
          Twin twin(lab, size);
          const Tensor v = twin.moment(twin.expected.v);
          const Tensor mean = centred ? twin.moment(twin.expected.m) : Tensor();
          const Tensor moved = momentum > 0 ? twin.moment(twin.expected.momentum) : Tensor();
          for (int step = 0; step < 5; ++step) {
            const Tensor g = twin.gradient();
            kernels::rmsprop_step(lab.stream, constants, twin.rate, g, twin.p, v, mean, moved);
            reference::rmsprop(constants, twin.rate_value(), lab.doubles(g), twin.expected);
          }
          check_close(lab.host(twin.p), twin.expected.p, 1e-5, 1e-5);
          check_close(lab.host(v), twin.expected.v, 2e-6, 1e-9);
        }
      }
    }
  }
}

TEST_CASE("centred RMSprop stays finite when the gradient never changes") {
  Lab lab;
  const kernels::RmsPropConstants constants{
      .rho = 0.5f, .one_minus_rho = 0.5f, .momentum = 0, .epsilon = 1e-7f, .weight_decay = 0};
  const Tensor rate = lab.tensor<float>({}, {1e-6f});
  const Tensor g = lab.random({1000}, 10, 1000), p = Tensor::persistent(lab.stream, {1000});
  const Tensor v = Tensor::persistent(lab.stream, {1000}),
               mean = Tensor::persistent(lab.stream, {1000});
  for (int step = 0; step < 100; ++step) {
    kernels::rmsprop_step(lab.stream, constants, rate, g, p, v, mean, {});
  }
  const auto values = lab.host(p);
  CHECK(
      std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }));
}

TEST_CASE("a NaN gradient reaches its own parameter and no other") {
  Lab lab;
  auto gradients = lab.host(lab.random({37}));
  gradients[20] = nan;
  const Tensor g = lab.tensor({37}, gradients), rate = lab.tensor<float>({}, {0.1f});
  const Tensor m = Tensor::persistent(lab.stream, {37}), v = Tensor::persistent(lab.stream, {37});
  const Tensor a = lab.random({37}), b = lab.random({37}), c = lab.random({37});
  kernels::sgd_step(lab.stream, {0, false, 0}, rate, g, a, {});
  kernels::adam_step(lab.stream, adam_constants(true), rate, lab.tensor<std::int64_t>({}, {1}), g,
                     b, m, v);
  kernels::rmsprop_step(lab.stream, {0.9f, 0.1f, 0, 1e-7f, 0}, rate, g, c,
                        Tensor::persistent(lab.stream, {37}), {}, {});
  for (const Tensor& p : {a, b, c}) {
    const auto values = lab.host(p);
    for (std::size_t i = 0; i < 37; ++i) CHECK(std::isnan(values[i]) == (i == 20));
  }
}

TEST_CASE("clipping by value cuts at both limits and keeps NaN") {
  for (const Device device : devices()) {
    Lab lab(device);
    const Tensor g = lab.tensor<float>({7}, {-3, -0.5f, 0, 0.5f, 3, infinity, -infinity});
    kernels::clip_by_value(lab.stream, 0.5f, g);
    check_equal(lab.host(g), std::vector<float>{-0.5f, -0.5f, 0, 0.5f, 0.5f, 0.5f, -0.5f});
    const Tensor bad = lab.tensor<float>({1}, {nan});
    kernels::clip_by_value(lab.stream, 0.5f, bad);
    CHECK(std::isnan(lab.host(bad).front()));
  }
}

TEST_CASE(
    "clipping by norm scales what is longer, keeps what is shorter, and passes a NaN norm on") {
  for (const Device device : devices()) {
    Lab lab(device);
    const std::vector<float> values{3, -4};
    const auto clip = [&](float limit, float squares) {
      const Tensor g = lab.tensor({2}, values);
      kernels::clip_by_norm(lab.stream, limit, lab.tensor<float>({}, {squares}), g);
      return lab.host(g);
    };
    check_equal(clip(2.5f, 25), std::vector<float>{1.5f, -2});
    check_equal(clip(5, 25), values);
    check_equal(clip(6, 25), values);
    check_equal(clip(1, 0), values);
    for (const float value : clip(1, nan)) CHECK(std::isnan(value));
  }
}

TEST_CASE("optimizer steps give the same bits for any number of threads") {
  check_same_bits_for_any_thread_count([] {
    Lab lab;
    const Shape shape{100003};
    const Tensor g = lab.random(shape), rate = lab.tensor<float>({}, {0.01f});
    const Tensor sgd = lab.random(shape), velocity = lab.random(shape);
    const Tensor adam = lab.random(shape), m = lab.random(shape), v = lab.random(shape, 0, 1);
    const Tensor rms = lab.random(shape), v2 = lab.random(shape, 2, 3);
    const Tensor mean = lab.random(shape), moved = lab.random(shape);
    kernels::sgd_step(lab.stream, {0.9f, true, 0.1f}, rate, g, sgd, velocity);
    kernels::adam_step(lab.stream, adam_constants(true), rate, lab.tensor<std::int64_t>({}, {3}), g,
                       adam, m, v);
    kernels::rmsprop_step(lab.stream, {0.9f, 0.1f, 0.9f, 1e-7f, 0}, rate, g, rms, v2, mean, moved);
    std::vector<float> all;
    for (const Tensor& tensor : {sgd, velocity, adam, m, v, rms, v2, mean, moved}) {
      const auto values = lab.host(tensor);
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  });
}

}  // namespace
}  // namespace ravine::test
