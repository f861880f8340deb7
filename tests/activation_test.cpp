#include <ravine/kernels/activation.h>

#include "central_differences.h"
#include "lab.h"
#include "reference_activation.h"
#include "threads.h"

using namespace ravine;
using namespace ravine::test;
using kernels::ActivationKind;

namespace {

constexpr ActivationKind kinds[] = {ActivationKind::linear,     ActivationKind::relu,
                                    ActivationKind::leaky_relu, ActivationKind::elu,
                                    ActivationKind::sigmoid,    ActivationKind::tanh,
                                    ActivationKind::gelu,       ActivationKind::gelu_tanh};
constexpr float slope = 0.3f;

template <class Run>
void for_all_kinds(const Run& run) {
  for (const Device device : devices()) {
    for (const ActivationKind kind : kinds) {
      INFO(device.str(), ", kind ", static_cast<int>(kind));
      Lab lab(device);
      run(lab, kind);
    }
  }
}

std::vector<double> expected_forward(ActivationKind kind, const std::vector<double>& x) {
  std::vector<double> y;
  for (const double value : x) y.push_back(reference::activation(kind, slope, value));
  return y;
}

std::vector<double> expected_backward(ActivationKind kind, const std::vector<double>& x,
                                      const std::vector<double>& dy) {
  std::vector<double> dx;
  for (std::size_t i = 0; i < x.size(); ++i) {
    dx.push_back(dy[i] * reference::activation_slope(kind, slope, x[i]));
  }
  return dx;
}

Tensor forward(Lab& lab, ActivationKind kind, const Tensor& x) {
  const Tensor y = lab.poisoned(x.shape());
  kernels::activation_forward(lab.stream, kind, slope, x, y);
  return y;
}

}  // namespace

TEST_CASE("relu of whole numbers is exact, and so is its gradient") {
  for (const Device device : devices()) {
    Lab lab(device);
    const Tensor x = lab.integers({3, 7, 11});
    const Tensor y = forward(lab, ActivationKind::relu, x);
    check_equal(lab.host(y), expected_forward(ActivationKind::relu, lab.doubles(x)));
    const Tensor dy = lab.integers(x.shape());
    const Tensor dx = lab.poisoned(x.shape());
    kernels::activation_backward(lab.stream, ActivationKind::relu, slope, dy, y, dx);
    check_equal(lab.host(dx),
                expected_backward(ActivationKind::relu, lab.doubles(x), lab.doubles(dy)));
  }
}

TEST_CASE("every activation agrees with its formula, in the tails too") {
  for_all_kinds([](Lab& lab, ActivationKind kind) {
    for (const double range : {1.0, 12.0, 90.0}) {
      const Tensor x = lab.random({5, 13, 31}, -range, range);
      // Relative, down to 90 times the smallest normal float: the left tails of gelu and sigmoid
      // are small but not noise. Their exponents lose what the square of a float loses.
      const double relative = range > 50 ? 1e-3 : range > 5 ? 3e-5 : 1e-6;
      check_close(lab.host(forward(lab, kind, x)), expected_forward(kind, lab.doubles(x)), relative,
                  2e-36);
    }
  });
}

TEST_CASE("every activation's gradient agrees with its slope") {
  for_all_kinds([](Lab& lab, ActivationKind kind) {
    for (const double range : {1.0, 12.0, 90.0}) {
      const Tensor x = lab.random({5, 13, 31}, -range, range);
      const Tensor saved = saves_input(kind) ? x : forward(lab, kind, x);
      const Tensor dy = lab.random(x.shape());
      const Tensor dx = lab.poisoned(x.shape());
      kernels::activation_backward(lab.stream, kind, slope, dy, saved, dx);
      check_close(lab.host(dx), expected_backward(kind, lab.doubles(x), lab.doubles(dy)), 3e-6,
                  1e-6);
    }
  });
}

TEST_CASE("activations work in place where their contract says so") {
  for_all_kinds([](Lab& lab, ActivationKind kind) {
    const Tensor x = lab.random({3, 5, 31}, -4, 4);
    const Tensor y = forward(lab, kind, x);
    if (!saves_input(kind)) {
      const Tensor in_place = x.clone(lab.stream);
      kernels::activation_forward(lab.stream, kind, slope, in_place, in_place);
      check_equal(lab.host(in_place), lab.host(y));
    }
    const Tensor saved = saves_input(kind) ? x : y;
    const Tensor dy = lab.random(x.shape());
    const Tensor dx = lab.poisoned(x.shape());
    kernels::activation_backward(lab.stream, kind, slope, dy, saved, dx);
    kernels::activation_backward(lab.stream, kind, slope, dy, saved, dy);
    check_equal(lab.host(dy), lab.host(dx));
  });
}

TEST_CASE("NaN stays NaN through every activation") {
  for_all_kinds([](Lab& lab, ActivationKind kind) {
    const Tensor x =
        lab.tensor({37}, std::vector<float>(37, std::numeric_limits<float>::quiet_NaN()));
    for (const float value : lab.host(forward(lab, kind, x))) CHECK(std::isnan(value));
  });
}

TEST_CASE("a dead relu passes no gradient, not even a NaN") {
  for (const Device device : devices()) {
    Lab lab(device);
    const Tensor y = lab.tensor({2, 19}, std::vector<float>(38));
    const Tensor dy = lab.poisoned({2, 19});
    const Tensor dx = lab.poisoned({2, 19});
    kernels::activation_backward(lab.stream, ActivationKind::relu, slope, dy, y, dx);
    check_equal(lab.host(dx), std::vector<float>(38));
  }
}

TEST_CASE("the reference's activation slopes are slopes") {
  for (const ActivationKind kind : kinds) {
    INFO("kind ", static_cast<int>(kind));
    std::vector<double> x;
    for (int i = -40; i < 40; ++i) x.push_back(0.11 * i + 0.05);
    const std::vector<double> ones(x.size(), 1.0);
    check_gradient(x, expected_backward(kind, x, ones), [&](const std::vector<double>& at) {
      return dot(ones, expected_forward(kind, at));
    });
  }
}

TEST_CASE("activations give the same bits for any number of threads") {
  for (const ActivationKind kind : kinds) {
    INFO("kind ", static_cast<int>(kind));
    check_same_bits_for_any_thread_count([kind] {
      Lab lab;
      const Tensor x = lab.random({50021}, -5, 5);
      const Tensor dy = lab.random({50021});
      const Tensor y = forward(lab, kind, x);
      kernels::activation_backward(lab.stream, kind, slope, dy, saves_input(kind) ? x : y, dy);
      std::vector<float> all = lab.host(y);
      const std::vector<float> gradient = lab.host(dy);
      all.insert(all.end(), gradient.begin(), gradient.end());
      return all;
    });
  }
}
