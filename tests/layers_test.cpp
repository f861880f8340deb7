#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/core/error.h>
#include <ravine/layers/activation.h>
#include <ravine/layers/arithmetic.h>
#include <ravine/layers/batch_norm.h>
#include <ravine/layers/conv2d.h>
#include <ravine/layers/conv2d_relu_max_pool.h>
#include <ravine/layers/dense.h>
#include <ravine/layers/dropout.h>
#include <ravine/layers/pool2d.h>
#include <ravine/layers/rescaling.h>
#include <ravine/layers/reshape.h>
#include <ravine/layers/sequential.h>
#include <ravine/layers/zero_padding2d.h>

#include "lab.h"
#include "reference_dropout.h"

using namespace ravine;
using namespace ravine::test;

namespace {

std::vector<float> ramp(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = static_cast<float>(i * 37 % 101) / 50.0f - 1.0f;
  }
  return values;
}

std::vector<double> doubles(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}

/// One forward and backward pass of mean(y²) in training mode.
struct Pass {
  Pass(Module& model, const std::vector<float>& inputs, std::int64_t step = 1) {
    model.build(Device::cpu(), 3);
    again(model, inputs, step);
  }
  void again(Module& model, const std::vector<float>& inputs, std::int64_t step) {
    Stream& stream = model.stream();
    Tape& tape = model.tape();
    tape.mode(true, true);
    model.parameters().want_gradients(tape);
    tape.begin_step();
    const std::int64_t rows =
        static_cast<std::int64_t>(inputs.size()) / model.input_shape().elements();
    const Tensor x = Tensor::from<float>(stream, model.input_shape().with_batch(rows), inputs);
    const std::vector<std::int64_t> count{step};
    const Variable y = model.run(tape.input(x), 5, Tensor::from<std::int64_t>(stream, {}, count));
    output = y.value().to_host(stream);
    tape.backward(mean(y * y));
    gradients = model.parameters().gradients().to_host(stream);
  }
  std::vector<float> output, gradients;
};

/// What building the model says.
std::string complaint(Sequential model) {
  try {
    model.build(Device::cpu());
  } catch (const Error& error) {
    return error.what();
  }
  return "it was built";
}

}  // namespace

TEST_CASE("a fused model gives what the unfused one gives, and the same gradients") {
  const auto network = [] {
    return Sequential{Input{9, 8, 2},
                      Conv2D{.filters = 5, .activation = relu, .padding = same},
                      MaxPool2D{},
                      Conv2D{.filters = 4, .kernel_size = 2, .activation = relu, .use_bias = false},
                      MaxPool2D{},
                      Flatten{},
                      Dense{3}};
  };
  Sequential fused = network(), plain = network();
  plain.fuse(false);
  const Pass a(fused, ramp(4 * 9 * 8 * 2)), b(plain, ramp(4 * 9 * 8 * 2));
  CHECK(fused.summary().find("fused with max_pooling2d") != std::string::npos);
  CHECK(plain.summary().find("fused") == std::string::npos);
  check_close(a.output, doubles(b.output), 1e-6, 1e-6);
  check_close(a.gradients, doubles(b.gradients), 1e-6, 1e-6);
}

TEST_CASE("a convolution is fused only with the pooling that its operation does") {
  const auto notes = [](const Conv2D& conv, const MaxPool2D& pool) {
    Sequential model{Input{8, 8, 1}, conv, pool};
    model.build(Device::cpu());
    return model.summary().find("fused") != std::string::npos;
  };
  CHECK(notes(Conv2D{2, 3, relu}, MaxPool2D{}));
  CHECK(notes(Conv2D{2, 3, relu}, MaxPool2D{.pool_size = 2, .strides = 2}));
  CHECK_FALSE(notes(Conv2D{2, 3}, MaxPool2D{}));
  CHECK_FALSE(notes(Conv2D{2, 3, elu}, MaxPool2D{}));
  CHECK_FALSE(notes(Conv2D{2, 3, relu}, MaxPool2D{.pool_size = 3}));
  CHECK_FALSE(notes(Conv2D{2, 3, relu}, MaxPool2D{.strides = 1}));
  CHECK_FALSE(notes(Conv2D{2, 3, relu}, MaxPool2D{.padding = same}));
}

TEST_CASE("a summary has the name, shape and parameters of each layer") {
  Sequential model{Input{28, 28, 1}, Conv2D{32, 3, relu}, BatchNormalization{}, Flatten{},
                   Dense{.units = 10, .name = "out", .trainable = false}};
  model.build(Device::cpu());
  CHECK(model.summary() ==
        "Layer (kind)                              Output shape           Parameters\n"
        "input_layer (input_layer)                 [28, 28, 1]                     0\n"
        "conv2d (conv2d)                           [26, 26, 32]                  320\n"
        "batch_normalization (batch_normalization) [26, 26, 32]                  128\n"
        "flatten (flatten)                         [21632]                         0\n"
        "out (dense)                               [10]                       216330\n"
        "216778 parameters, 384 of them trained\n");
  CHECK(model.outline() == "conv2d 32, batch_normalization 32, flatten, dense 10");
  CHECK(model.output_shape() == Shape{10});
}

TEST_CASE("shapes that do not fit are refused with the layer and both shapes") {
  CHECK(complaint({Input{4, 4, 3}, Dense{.units = 2, .name = "d"}}) ==
        "dense 'd': 2 units on x [1, 4, 4, 3]; x must be [N,I] (put Flatten before it)");
  CHECK(complaint({Input{4}, Dense{.name = "d"}}) ==
        "dense 'd': 0 units on x [1, 4]; x must be [N,I] (put Flatten before it)");
  CHECK(
      complaint({Input{4}, Conv2D{.filters = 2, .name = "c"}}) ==
      "conv2d 'c': 2 filters in 1 groups on x [1, 4]; x must be [N,H,W,C], and groups must divide "
      "filters and channels");
  CHECK(complaint({Input{4, 2, 1}, Conv2D{2, 3}}) ==
        "conv2d: a window that reaches over 3 does not fit into width 2 (padding 0+0)");
  CHECK(complaint({Input{4, 2, 1}, MaxPool2D{3}}) ==
        "pool2d: a window that reaches over 3 does not fit into width 2 (padding 0+0)");
  CHECK(complaint({Input{4}, GlobalAveragePool2D{}}) ==
        "global_average_pooling2d: x [1, 4] must be [N,H,W,C]");
  CHECK(complaint({Input{4}, Reshape{.target_shape = {3, -1}, .name = "r"}}) ==
        "reshape 'r': x [1, 4] cannot become [N, 3, -1]");
  CHECK(complaint({Input{4}, Reshape{.target_shape = {-1, -1}, .name = "r"}}) ==
        "reshape 'r': x [1, 4] cannot become [N, -1, -1]");
  CHECK(complaint({Input{4}, Dropout{1}}) == "dropout: a rate of 1 is not in [0, 1)");
  CHECK(complaint({Input{4}, Dropout{-0.5}}) == "dropout: a rate of -0.5 is not in [0, 1)");
  CHECK(complaint({Dense{2}}) ==
        "sequential: the first layer must be an Input, such as Input{28, 28, 1}");
  CHECK(complaint({Input{4}, Dense{.units = 2, .name = "a"}, Dense{.units = 2, .name = "a"}}) ==
        "two layers are called 'a'");
}

TEST_CASE("operands that do not fit each other are refused with both shapes") {
  Lab lab;
  Tape tape(lab.stream);
  const auto make = [&](const Shape& shape) { return tape.input(lab.random(shape)); };
  const Variable x = make({2, 5, 5, 4}), flat = make({3, 4});
  CHECK_THROWS_WITH(make({2, 3}) + make({3, 2}), "add: [2, 3] and [3, 2] differ");
  CHECK_THROWS_WITH(conv2d(x, make({8, 3, 3, 3}), {}, {}),
                    "conv2d: x has 4 channels but w [8, 3, 3, 3] needs 3");
  CHECK_THROWS_WITH(conv2d(x, make({8, 3, 3, 4}), make({4}), {}),
                    "conv2d: b [4] must be [8] for w [8, 3, 3, 4]");
  CHECK_THROWS_WITH(dense(flat, make({5, 2}), {}),
                    "dense: x [3, 4] and w [5, 2] must be [N,I] and [I,O]");
  CHECK_THROWS_WITH(dense(flat, make({4, 2}), make({3})), "dense: b [3] must be [2]");
  CHECK_THROWS_AS(conv2d_relu_max_pool(x, make({1, 5, 5, 4}), {}, {}), Error);
  CHECK_THROWS_AS(reshape(flat, {5}), Error);
  CHECK_THROWS_WITH(tape.backward(flat), "backward: the loss must be a scalar, not [3, 4]");
}

TEST_CASE("layers that only move or scale numbers give what their names say") {
  Sequential model{Input{2, 1, 2}, Rescaling{2, -1}, ZeroPadding2D{{0, 1, 0, 1}}, Reshape{{2, -1}},
                   Flatten{}};
  model.build(Device::cpu());
  CHECK(model.predict(std::vector<float>{1, 2, 3, 4}) ==
        std::vector<float>{1, 3, 0, 0, 5, 7, 0, 0, 0, 0, 0, 0});
  Sequential pools{Input{2, 2, 1}, GlobalMaxPool2D{.keepdims = true}, GlobalAveragePool2D{}};
  pools.build(Device::cpu());
  CHECK(pools.predict(std::vector<float>{1, 7, 3, 4}) == std::vector<float>{7});
}

TEST_CASE("dropout draws from the step and the layer's place in training, and is x itself in use") {
  Sequential model{Input{8}, Dropout{0.5}, Dropout{.rate = 0.25, .seed = 77}};
  const std::vector<float> x = ramp(5 * 8);
  Pass pass(model, x);
  const auto expected = [&](std::int64_t step) {
    return reference::dropout(
        {.rate = 0.25, .seed = 77, .stream = 1}, step,
        reference::dropout({.rate = 0.5, .seed = 5, .stream = 0}, step, doubles(x)));
  };
  check_close(pass.output, expected(1));
  pass.again(model, x, 2);
  check_close(pass.output, expected(2));
  CHECK(model.predict(x) == x);
}

TEST_CASE("what is frozen gets no gradient and does not change") {
  Sequential model{Input{3, 3, 1},
                   Conv2D{.filters = 2, .kernel_size = 2, .trainable = false},
                   BatchNormalization{.name = "still", .trainable = false},
                   BatchNormalization{.name = "moving"},
                   Flatten{},
                   Dense{2}};
  const Pass pass(model, ramp(4 * 9));
  Parameters& parameters = model.parameters();
  CHECK(parameters.trained_count() == 2 * 2 + 8 * 2 + 2);
  CHECK(parameters.count() == 10 + 8 + 8 + 18);
  CHECK_FALSE(parameters.find("conv2d/kernel")->leaf.gradient());
  CHECK_FALSE(parameters.find("still/gamma")->leaf.gradient());
  CHECK(parameters.find("dense/kernel")->leaf.gradient());
  const auto values = [&](const char* name) {
    return parameters.find(name)->leaf.value().to_host(model.stream());
  };
  CHECK(values("still/moving_mean") == std::vector<float>{0, 0});
  CHECK(values("moving/moving_mean") != std::vector<float>{0, 0});
  for (const Parameter& parameter : parameters.all()) {
    if (!parameter.options.trainable) continue;
    CAPTURE(parameter.name);
    const std::vector<float> gradient = parameter.leaf.gradient().to_host(model.stream());
    CHECK(std::ranges::any_of(gradient, [](float g) { return g != 0; }));
  }
}

TEST_CASE("a layer knows what it holds") {
  const Layer layer = Dense{7};
  REQUIRE(layer.get_if<Dense>() != nullptr);
  CHECK(layer.get_if<Dense>()->units == 7);
  CHECK(layer.get_if<Conv2D>() == nullptr);
  CHECK(layer.kind() == "dense");
  struct Own {
    Variable operator()(Scope&, const Variable& x) const { return x; }
  };
  CHECK(Layer(Own{}).kind() == "layer");
}
