#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/layers/activation.h>
#include <ravine/layers/batch_norm.h>
#include <ravine/layers/conv2d.h>
#include <ravine/layers/conv2d_relu_max_pool.h>
#include <ravine/layers/dense.h>
#include <ravine/layers/dropout.h>
#include <ravine/layers/losses.h>
#include <ravine/layers/pool2d.h>
#include <ravine/layers/upsampling2d.h>
#include <ravine/layers/zero_padding2d.h>

#include "reference_activation.h"
#include "reference_conv.h"
#include "reference_dropout.h"
#include "reference_loss.h"
#include "reference_norm.h"
#include "reference_pool.h"
#include "reference_softmax.h"
#include "variable_gradients.h"

using namespace ravine;
using namespace ravine::test;

namespace {

using Variables = std::vector<Variable>;
using Operands = std::vector<Doubles>;

Doubles rectified(Doubles y) {
  for (double& value : y) value = value > 0 ? value : 0;
  return y;
}

Doubles dense_reference(const Operands& o, std::size_t inputs, std::size_t outputs) {
  Doubles y(o[0].size() / inputs * outputs);
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::size_t row = i / outputs, column = i % outputs;
    y[i] = o[2].empty() ? 0 : o[2][column];
    for (std::size_t j = 0; j < inputs; ++j) {
      y[i] += o[0][row * inputs + j] * o[1][j * outputs + column];
    }
  }
  return y;
}

/// A convolution with everything: stride, dilation, uneven padding and groups.
const ReferenceConv conv{
    .g = {.stride = {2, 1}, .dilation = {1, 2}, .padding = {1, 0, 2, 1}, .groups = 2},
    .x = {2, 6, 5, 4},
    .w = {6, 3, 2, 2},
    .y = {2, 3, 6, 6}};

VariableCase conv_case(const char* name,
                       Variable (*function)(const Variable&, const Variable&, const Variable&,
                                            const kernels::Conv2DGeometry&),
                       std::function<Doubles(const Doubles&)> after) {
  return {.name = name,
          .shapes = {conv.x, conv.w, {6}},
          .function = [=](const Variables& v) { return function(v[0], v[1], v[2], conv.g); },
          .reference = [=](const Operands& o) { return after(conv.forward(o[0], o[1], o[2])); },
          .optional = {2}};
}

}  // namespace

TEST_CASE("arithmetic has the gradients of its formulas, for every choice of operands") {
  const auto pairwise = [](double (*function)(double, double)) {
    return [function](const Operands& o) {
      Doubles y = o[0];
      for (std::size_t i = 0; i < y.size(); ++i) y[i] = function(o[0][i], o[1][i]);
      return y;
    };
  };
  check_variable({"a + b",
                  {{3, 4}, {3, 4}},
                  [](const Variables& v) { return v[0] + v[1]; },
                  pairwise([](double a, double b) { return a + b; })});
  check_variable({"a - b",
                  {{3, 4}, {3, 4}},
                  [](const Variables& v) { return v[0] - v[1]; },
                  pairwise([](double a, double b) { return a - b; })});
  check_variable({"a · b",
                  {{3, 4}, {3, 4}},
                  [](const Variables& v) { return v[0] * v[1]; },
                  pairwise([](double a, double b) { return a * b; })});
  check_variable({"2x − 0.5",
                  {{5}},
                  [](const Variables& v) { return scale_shift(v[0], 2, -0.5); },
                  each([](double x) { return 2 * x - 0.5; })});
  check_variable({"reshape",
                  {{2, 6}},
                  [](const Variables& v) {
                    return reshape(v[0], {2, 3, 2});
                  },
                  each([](double x) { return x; })});
  const auto total = [](const Operands& o) {
    return Doubles{std::accumulate(o[0].begin(), o[0].end(), 0.0)};
  };
  check_variable({"sum", {{4, 5}}, [](const Variables& v) { return sum(v[0]); }, total});
  check_variable({"mean",
                  {{4, 5}},
                  [](const Variables& v) { return mean(v[0]); },
                  [&](const Operands& o) { return Doubles{total(o)[0] / 20}; }});
}

TEST_CASE("a variable that is used more than once gets the sum of its gradients") {
  check_variable(
      {"x + x", {{3}}, [](const Variables& v) { return v[0] + v[0]; }, each([](double x) {
         return 2 * x;
       })});
  check_variable({"x − x", {{3}}, [](const Variables& v) { return v[0] - v[0]; }, each([](double) {
                    return 0.0;
                  })});
  check_variable(
      {"x · x", {{3}}, [](const Variables& v) { return v[0] * v[0]; }, each([](double x) {
         return x * x;
       })});
  check_variable({"(x·x + x)·x − 3x",
                  {{2, 2}},
                  [](const Variables& v) {
                    const Variable square = v[0] * v[0];
                    return (square + v[0]) * v[0] - 3.0 * v[0];
                  },
                  each([](double x) { return (x * x + x) * x - 3 * x; })});
  check_variable({"a sum of itself, reshaped",
                  {{2, 2}},
                  [](const Variables& v) {
                    const Variable twice = v[0] + v[0], flat = reshape(twice, {4});
                    return flat * reshape(v[0], {4}) + flat;
                  },
                  each([](double x) { return 2 * x * x + 2 * x; })});
  check_variable({"x·x as a dense layer",
                  {{3, 3}},
                  [](const Variables& v) { return dense(v[0], v[0], {}); },
                  [](const Operands& o) {
                    return dense_reference({o[0], o[0], {}}, 3, 3);
                  }});
}

TEST_CASE("activations have the gradients of their formulas") {
  using Kind = Activation::Kind;
  for (const Activation activation :
       {relu, sigmoid, ravine::tanh, elu, Activation{Kind::elu, 0.5f}, leaky_relu,
        Activation{Kind::leaky_relu, -0.25f}, gelu, gelu_tanh}) {
    check_variable({"activation " + std::to_string(static_cast<int>(activation.kind)),
                    {{4, 9}},
                    [=](const Variables& v) { return activation(v[0]); },
                    each([=](double x) {
                      return reference::activation(activation.kind,
                                                   static_cast<double>(activation.slope), x);
                    }),
                    {},
                    -3,
                    3});
  }
  check_variable({"softmax",
                  {{3, 2, 5}},
                  [](const Variables& v) { return softmax(v[0]); },
                  [](const Operands& o) { return reference::softmax(o[0], 5); },
                  {},
                  -3,
                  3});
}

TEST_CASE("convolutions have the gradients of their formulas, for every choice of operands") {
  check_variable(conv_case("conv2d", conv2d, [](const Doubles& y) { return y; }));
  check_variable(conv_case("conv2d_relu", conv2d_relu, rectified));
  check_variable(conv_case("conv2d_relu_max_pool", conv2d_relu_max_pool, [](const Doubles& y) {
    return reference::max_pool2d({}, conv.y, rectified(y)).y;
  }));
}

TEST_CASE("dense layers have the gradients of their formulas, for every choice of operands") {
  const std::vector<Shape> shapes{{3, 5}, {5, 4}, {4}};
  check_variable({"dense",
                  shapes,
                  [](const Variables& v) { return dense(v[0], v[1], v[2]); },
                  [](const Operands& o) { return dense_reference(o, 5, 4); },
                  {2}});
  check_variable({"dense_relu",
                  shapes,
                  [](const Variables& v) { return dense_relu(v[0], v[1], v[2]); },
                  [](const Operands& o) { return rectified(dense_reference(o, 5, 4)); },
                  {2}});
}

TEST_CASE("pooling, padding and upsampling have the gradients of their formulas") {
  const Shape image{2, 5, 7, 3};
  const kernels::Pool2DGeometry g{.window = {3, 2}, .stride = {2, 1}, .padding = {1, 1, 0, 1}};
  check_variable({"max_pool2d",
                  {image},
                  [=](const Variables& v) { return max_pool2d(v[0], g); },
                  [=](const Operands& o) { return reference::max_pool2d(g, image, o[0]).y; }});
  check_variable({"average_pool2d",
                  {image},
                  [=](const Variables& v) { return average_pool2d(v[0], g); },
                  [=](const Operands& o) { return reference::average_pool2d(g, image, o[0]); }});

  // Both move numbers: the reference is a map from each place of the result to one of x, or to
  // none.
  const auto moved = [](const Shape& x, const Shape& y, auto place_in_x) {
    return [=](const Operands& o) {
      Doubles result(static_cast<std::size_t>(y.elements()));
      for (std::size_t i = 0; i < result.size(); ++i) {
        const auto at = static_cast<std::int64_t>(i);
        const std::int64_t c = at % y[3], w = at / y[3] % y[2], h = at / y[3] / y[2] % y[1];
        const std::int64_t n = at / y[3] / y[2] / y[1];
        const auto [row, column] = place_in_x(h, w);
        if (row < 0 || row >= x[1] || column < 0 || column >= x[2]) continue;
        result[i] = o[0][static_cast<std::size_t>(((n * x[1] + row) * x[2] + column) * x[3] + c)];
      }
      return result;
    };
  };
  using Place = std::pair<std::int64_t, std::int64_t>;
  check_variable(
      {"pad2d",
       {image},
       [](const Variables& v) { return pad2d(v[0], {.top = 1, .bottom = 2, .right = 3}); },
       moved(image, {2, 8, 10, 3}, [](std::int64_t h, std::int64_t w) {
         return Place{h - 1, w};
       })});
  check_variable({"upsample2d",
                  {image},
                  [](const Variables& v) {
                    return upsample2d(v[0], {2, 3});
                  },
                  moved(image, {2, 10, 21, 3}, [](std::int64_t h, std::int64_t w) {
                    return Place{h / 2, w / 3};
                  })});
}

TEST_CASE("dropout has the gradient of the mask it drew") {
  const kernels::DropoutRandom random{.rate = 0.4, .seed = 9, .stream = 2};
  check_variable({"dropout",
                  {{5, 7}},
                  [=](const Variables& v) {
                    const std::vector<std::int64_t> step{3};
                    return dropout(v[0], random,
                                   Tensor::from<std::int64_t>(v[0].stream(), {}, step));
                  },
                  [=](const Operands& o) { return reference::dropout(random, 3, o[0]); }});
}

TEST_CASE("batch normalisation has the gradients of its formula, in training and in use") {
  const Shape shape{3, 2, 4, 2};
  const std::vector<float> mean{0.25f, -0.5f}, variance{0.5f, 2};
  for (const bool training : {true, false}) {
    CAPTURE(training);
    check_variable(
        {"batch_norm",
         {shape, {2}, {2}},
         [&](const Variables& v) {
           Stream& stream = v[0].stream();
           return batch_norm(v[0], v[1], v[2], Tensor::from<float>(stream, {2}, mean),
                             Tensor::from<float>(stream, {2}, variance), 0.01, 0.9, training);
         },
         [&](const Operands& o) {
           const reference::ChannelStatistics moving{{mean.begin(), mean.end()},
                                                     {variance.begin(), variance.end()}};
           return reference::batch_norm(
               o[0], training ? reference::channel_statistics(o[0], 2) : moving,
               o[1].empty() ? Doubles{1, 1} : o[1], o[2].empty() ? Doubles{0, 0} : o[2], 0.01);
         },
         {1, 2}});
  }
}

TEST_CASE("losses have the gradients of their formulas, with weights and without") {
  using kernels::LossKind;
  const std::vector<float> targets{0.125f, 0.5f, 0.375f, 1, 0, 0, 0.25f, 0.25f, 0.5f, 0, 1, 0};
  const std::vector<std::int32_t> labels{2, 0, 1, 1};
  const Doubles exact(targets.begin(), targets.end());
  for (const std::vector<float>& weight :
       {std::vector<float>{}, std::vector<float>{1, 2, 0, 0.5f}}) {
    const Doubles weights(weight.begin(), weight.end());
    CAPTURE(weights.size());
    const auto weight_of = [&](const Variable& x) {
      return weight.empty() ? Tensor() : Tensor::from<float>(x.stream(), {4}, weight);
    };
    check_variable(
        {"softmax_cross_entropy, labels",
         {{4, 3}},
         [&](const Variables& v) {
           return softmax_cross_entropy(
               v[0], Tensor::from<std::int32_t>(v[0].stream(), {4}, labels), weight_of(v[0]));
         },
         [&](const Operands& o) {
           return Doubles{reference::softmax_cross_entropy(o[0], labels, weights, 3).loss};
         },
         {},
         -2,
         2});
    check_variable(
        {"softmax_cross_entropy, targets",
         {{4, 3}},
         [&](const Variables& v) {
           return softmax_cross_entropy(v[0], Tensor::from<float>(v[0].stream(), {4, 3}, targets),
                                        weight_of(v[0]));
         },
         [&](const Operands& o) {
           return Doubles{reference::softmax_cross_entropy_dense(o[0], exact, weights, 3).loss};
         },
         {},
         -2,
         2});
    for (const LossKind kind : {LossKind::squared, LossKind::absolute, LossKind::huber,
                                LossKind::binary_logits, LossKind::binary, LossKind::categorical}) {
      CAPTURE(static_cast<int>(kind));
      check_variable(
          {"element_loss",
           {{4, 3}},
           [&](const Variables& v) {
             return element_loss(v[0], Tensor::from<float>(v[0].stream(), {4, 3}, targets),
                                 weight_of(v[0]), kind, 0.25);
           },
           [&](const Operands& o) {
             return Doubles{
                 kind == LossKind::categorical
                     ? reference::categorical_loss(o[0], exact, weights, 4, 3).loss
                     : reference::element_loss(kind, 0.25, o[0], exact, weights, 4).loss};
           },
           {},
           0.05,
           0.95});
    }
  }
}
