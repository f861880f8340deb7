#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/layers/batch_norm.h>
#include <ravine/layers/dropout.h>
#include <ravine/layers/pool2d.h>
#include <ravine/layers/rescaling.h>
#include <ravine/layers/reshape.h>
#include <ravine/layers/upsampling2d.h>
#include <ravine/layers/zero_padding2d.h>

#include "spec_text.h"

using namespace ravine;
using namespace ravine::test;

TEST_CASE("the options of every layer are read") {
  const auto conv = read_one<Conv2D>(
      "Conv2D",
      R"("name": "c", "filters": 4, "kernel_size": [3, 2], "strides": 2, "padding": "same",
      "data_format": "channels_last", "dilation_rate": [1, 1], "groups": 2, "activation": "gelu",
      "use_bias": false, "kernel_initializer": "he_normal", "trainable": false)");
  CHECK(conv.name == "c");
  CHECK(conv.filters == 4);
  CHECK(conv.kernel_size == Extent2(3, 2));
  CHECK(conv.strides == Extent2(2));
  CHECK(conv.padding == same);
  CHECK(conv.groups == 2);
  CHECK(conv.activation == gelu);
  CHECK_FALSE(conv.use_bias);
  CHECK_FALSE(conv.trainable);
  CHECK(conv.kernel_initializer ==
        Initializer::variance_scaling(2, Initializer::Fan::in,
                                      Initializer::Distribution::truncated_normal));
  CHECK(read_one<Conv2D>("Conv2D", R"("filters": 1, "kernel_size": 2, "dilation_rate": [2, 3])")
            .dilation_rate == Extent2(2, 3));

  const auto pool = read_one<MaxPool2D>(
      "MaxPooling2D", R"("pool_size": [3, 2], "strides": [1, 2], "padding": "same")");
  CHECK(pool.pool_size == Extent2(3, 2));
  CHECK(pool.strides == Extent2(1, 2));
  CHECK(pool.padding == same);
  CHECK_FALSE(
      read_one<AveragePool2D>("AveragePooling2D", R"("strides": null)").strides.has_value());
  CHECK(read_one<GlobalAveragePool2D>("GlobalAveragePooling2D", R"("keepdims": true)").keepdims);
  CHECK_FALSE(read_one<GlobalMaxPool2D>("GlobalMaxPooling2D", "").keepdims);

  const auto norm = read_one<BatchNormalization>(
      "BatchNormalization", R"("axis": [3], "momentum": 0.5, "epsilon": 0.25, "center": false,
      "scale": false, "gamma_initializer": "zeros", "moving_mean_initializer": "ones")");
  CHECK(norm.momentum == 0.5);
  CHECK(norm.epsilon == 0.25);
  CHECK_FALSE(norm.center);
  CHECK_FALSE(norm.scale);
  CHECK(norm.gamma_initializer == Initializer::zeros());
  CHECK(norm.moving_mean_initializer == Initializer::ones());

  CHECK(read_one<Dropout>("Dropout", R"("rate": 0.25, "seed": 9)").seed == 9);
  CHECK(read_one<Reshape>("Reshape", R"("target_shape": [3, -1])").target_shape ==
        std::vector<std::int64_t>{3, -1});
  CHECK(read_one<LeakyReLU>("LeakyReLU", R"("alpha": 0.10000000149011612)").negative_slope == 0.1);
  CHECK(read_one<ELU>("ELU", R"("alpha": 2)").alpha == 2);
  CHECK(read_one<Rescaling>("Rescaling", R"("scale": 0.5, "offset": -1)").offset == -1);
  CHECK(read_one<UpSampling2D>("UpSampling2D", R"("size": [2, 3])").size == Extent2(2, 3));
  CHECK(read_one<ActivationLayer>("Activation", R"("activation": null)").activation ==
        Activation{});
  const auto padding = [](const char* value) {
    return read_one<ZeroPadding2D>("ZeroPadding2D", std::string(R"("padding": )") + value).padding;
  };
  CHECK(padding("1") == kernels::Padding2D{1, 1, 1, 1});
  CHECK(padding("[1, 2]") == kernels::Padding2D{1, 1, 2, 2});
  CHECK(padding("[[1, 2], [3, 4]]") == kernels::Padding2D{1, 2, 3, 4});
}

TEST_CASE("activations are names, or layers that stand for them") {
  const auto activation = [](const std::string& value) {
    return read_one<ActivationLayer>("Activation", R"("activation": )" + value).activation;
  };
  CHECK(activation(R"("leaky_relu")") == leaky_relu);
  CHECK(activation(R"("gelu_new")") == gelu_tanh);
  CHECK(activation(layer_text("LeakyReLU", R"("negative_slope": 0.05)")) ==
        Activation{Activation::Kind::leaky_relu, 0.05f});
  CHECK(activation(layer_text("ELU", R"("alpha": 0.5)")) ==
        Activation{Activation::Kind::elu, 0.5f});
  CHECK(activation(layer_text("Softmax", R"("axis": -1)")) == softmax);
  CHECK(activation(R"({"module": "builtins", "class_name": "function", "config": "tanh"})") ==
        ravine::tanh);
}

TEST_CASE("initialisers are read, and written as they are read") {
  using Distribution = Initializer::Distribution;
  using Fan = Initializer::Fan;
  const auto scaling = Initializer::variance_scaling;
  Initializer seeded = Initializer::normal(0.5, 2);
  seeded.seed = 12;
  const std::vector<std::pair<std::string, Initializer>> all{
      {R"("zeros")", Initializer::zeros()},
      {R"("Ones")", Initializer::ones()},
      {layer_text("Constant", R"("value": 0.5)"), Initializer::constant(0.5)},
      {R"("glorot_uniform")", Initializer::glorot_uniform()},
      {R"("GlorotNormal")", scaling(1, Fan::average, Distribution::truncated_normal)},
      {R"("he_uniform")", Initializer::he_uniform()},
      {R"("lecun_normal")", scaling(1, Fan::in, Distribution::truncated_normal)},
      {R"("lecun_uniform")", scaling(1, Fan::in, Distribution::uniform)},
      {layer_text("VarianceScaling", R"("scale": 3, "mode": "fan_out", "distribution": "uniform")"),
       scaling(3, Fan::out, Distribution::uniform)},
      {layer_text("VarianceScaling", R"("distribution": "untruncated_normal")"),
       scaling(1, Fan::in, Distribution::normal)},
      {layer_text("VarianceScaling", R"("mode": "fan_avg", "distribution": "normal")"),
       scaling(1, Fan::average, Distribution::truncated_normal)},
      {layer_text("RandomNormal", R"("mean": 0.5, "stddev": 2, "seed": 12)"), seeded},
      {layer_text("RandomUniform", R"("minval": -1, "maxval": 2)"), Initializer::uniform(-1, 2)},
      {layer_text("TruncatedNormal", ""), Initializer::truncated_normal(0, 0.05)},
  };
  const std::string options = R"("filters": 1, "kernel_size": 1, "kernel_initializer": )";
  for (const auto& [text, initializer] : all) {
    CAPTURE(text);
    CHECK(read_one<Conv2D>("Conv2D", options + text).kernel_initializer == initializer);
    const Sequential model{Input{4, 4, 1}, Conv2D{.filters = 1, .kernel_initializer = initializer}};
    const ModelSpec again = read_spec_text(write_spec(model), "again");
    CHECK(again.model.layers()[1].get_if<Conv2D>()->kernel_initializer == initializer);
  }
}
