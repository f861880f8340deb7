#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/layers/dense.h>
#include <ravine/layers/reshape.h>

#include "spec_text.h"

using namespace ravine;
using namespace ravine::test;

namespace {

OptimizerConfig optimizer(const std::string& value) {
  return read_compiled(R"({"optimizer": )" + value + "}").optimizer.value();
}

LossConfig loss(const std::string& value) {
  return read_compiled(R"({"loss": )" + value + "}").loss.value();
}

void check_compile(const std::string& compile, const std::string& words) {
  CAPTURE(compile);
  const std::string said = refusal(model_text(layer_text("ReLU", R"("name": "out")"), compile));
  CHECK(said == "m.json: /compile_config/" + words);
}

void check_optimizer(const std::string& options, const std::string& words) {
  check_compile(R"({"optimizer": )" + layer_text("Adam", options) + "}",
                "optimizer/config" + words);
}

const OptimizerConfig adam{
    .name = "adam", .learning_rate = 0.001, .beta_1 = 0.9, .beta_2 = 0.999, .epsilon = 1e-7};

}  // namespace

TEST_CASE("optimizers are read with the defaults of Keras") {
  CHECK(optimizer(R"("adam")") == adam);
  CHECK(optimizer(R"("Adam")") == adam);
  CHECK(optimizer(layer_text("Adam", "")) == adam);
  OptimizerConfig adamw = adam;
  adamw.name = "adamw";
  adamw.weight_decay = 0.004;
  CHECK(optimizer(R"("adamw")") == adamw);
  CHECK(optimizer(R"("sgd")") ==
        OptimizerConfig{.name = "sgd", .learning_rate = 0.01, .momentum = 0, .nesterov = false});
  CHECK(optimizer(R"("rmsprop")") == OptimizerConfig{.name = "rmsprop",
                                                     .learning_rate = 0.001,
                                                     .momentum = 0,
                                                     .rho = 0.9,
                                                     .epsilon = 1e-7,
                                                     .centered = false});
}

TEST_CASE("every option of an optimizer is read") {
  CHECK(optimizer(layer_text("SGD", R"("name": "sgd", "learning_rate": 0.009999999776482582,
      "weight_decay": 0.5, "clipnorm": 1.5, "global_clipnorm": null, "clipvalue": null,
      "use_ema": false, "ema_momentum": 0.99, "ema_overwrite_frequency": 100,
      "loss_scale_factor": null, "gradient_accumulation_steps": null, "momentum": 0.9,
      "nesterov": true, "is_legacy_optimizer": false, "jit_compile": true)")) ==
        OptimizerConfig{.name = "sgd",
                        .learning_rate = 0.01,
                        .momentum = 0.9,
                        .nesterov = true,
                        .weight_decay = 0.5,
                        .clipnorm = 1.5});
  CHECK(optimizer(layer_text("RMSprop", R"("rho": 0.5, "momentum": 0.25, "epsilon": 0.125,
      "centered": true, "clipvalue": 2)")) == OptimizerConfig{.name = "rmsprop",
                                                              .learning_rate = 0.001,
                                                              .momentum = 0.25,
                                                              .rho = 0.5,
                                                              .epsilon = 0.125,
                                                              .centered = true,
                                                              .clipvalue = 2});
  CHECK(optimizer(layer_text("Adam", R"("beta_1": 0.5, "global_clipnorm": 3)")).global_clipnorm ==
        3);
}

TEST_CASE("a schedule gives the rate that it begins with, and a note") {
  const auto spec = [](const std::string& schedule) {
    return read_spec_text(
        model_text(
            layer_text("ReLU", ""),
            R"({"optimizer": )" + layer_text("Adam", R"("learning_rate": )" + schedule) + "}"),
        "m.json");
  };
  const ModelSpec cosine =
      spec(layer_text("CosineDecay", R"("initial_learning_rate": 0.1, "decay_steps": 100)"));
  CHECK(cosine.compile.optimizer->learning_rate == 0.1);
  CHECK(cosine.notes ==
        std::vector<std::string>{
            "m.json: /compile_config/optimizer/config/learning_rate: the schedule "
            "CosineDecay is not followed; the rate is the 0.1 that it begins with"});
  CHECK(spec(layer_text("PiecewiseConstantDecay", R"("boundaries": [1], "values": [0.5, 0.25])"))
            .compile.optimizer->learning_rate == 0.5);
}

TEST_CASE("losses are read by any of their names, and as objects") {
  CHECK(loss(R"("sparse_categorical_crossentropy")").name == "sparse_categorical_crossentropy");
  CHECK(loss(R"("CategoricalCrossentropy")").name == "categorical_crossentropy");
  CHECK(loss(R"("bce")").name == "binary_crossentropy");
  CHECK(loss(R"("MSE")").name == "mean_squared_error");
  CHECK(loss(R"("mae")").name == "mean_absolute_error");
  CHECK(loss(R"("huber_loss")") == LossConfig{.name = "huber"});
  CHECK(loss(R"(["mse"])").name == "mean_squared_error");
  CHECK(loss(R"({"out": "mse"})").name == "mean_squared_error");
  CHECK(loss(R"({"module": "builtins", "class_name": "function", "config": "mean_squared_error",
                 "registered_name": "function"})")
            .name == "mean_squared_error");
  CHECK(loss(layer_text("SparseCategoricalCrossentropy", R"("name": "a", "from_logits": true,
      "reduction": "sum_over_batch_size", "ignore_class": null, "fn": "x")")) ==
        LossConfig{.name = "sparse_categorical_crossentropy", .from_logits = true});
  CHECK(loss(layer_text("BinaryCrossentropy", R"("label_smoothing": 0.1, "axis": -1)")) ==
        LossConfig{.name = "binary_crossentropy", .label_smoothing = 0.1});
  CHECK(loss(layer_text("Huber", R"("name": "huber_loss", "delta": 2.5)")) ==
        LossConfig{.name = "huber", .delta = 2.5});
}

TEST_CASE("how a model was compiled is written as it is read") {
  const std::vector<CompileSpec> all{
      {},
      {.optimizer = adam},
      {.loss = LossConfig{.name = "huber", .delta = 0.5}},
      {.optimizer = OptimizerConfig{.name = "adamw",
                                    .learning_rate = 3e-4,
                                    .beta_1 = 0.5,
                                    .beta_2 = 0.75,
                                    .epsilon = 1e-3,
                                    .weight_decay = 0.1,
                                    .global_clipnorm = 2},
       .loss =
           LossConfig{
               .name = "categorical_crossentropy", .from_logits = true, .label_smoothing = 0.1}},
      {.optimizer = OptimizerConfig{.name = "rmsprop",
                                    .learning_rate = 0.1,
                                    .momentum = 0.5,
                                    .rho = 0.8,
                                    .epsilon = 1e-5,
                                    .centered = true,
                                    .clipvalue = 1},
       .loss = LossConfig{.name = "binary_crossentropy", .from_logits = true}},
      {.optimizer = OptimizerConfig{.name = "sgd",
                                    .learning_rate = 0.1,
                                    .momentum = 0.9,
                                    .nesterov = true,
                                    .clipnorm = 1},
       .loss = LossConfig{.name = "mean_absolute_error"}},
  };
  for (const CompileSpec& compile : all) {
    const std::string text = write_spec(Sequential{Input{3}, Dense{2}}, compile);
    CAPTURE(text);
    CHECK(read_spec_text(text, "m.json").compile == compile);
  }
  const CompileSpec unknown{.optimizer = OptimizerConfig{.name = "lion"}};
  CHECK_THROWS_AS(write_spec(Sequential{Input{3}, Dense{2}}, unknown), Error);
}

TEST_CASE("optimizers and losses that are not supported are refused") {
  check_compile(
      R"({"optimizer": "lion"})",
      "optimizer: the optimizer \"lion\" is not supported; supported are: SGD, Adam, AdamW, "
      "RMSprop");
  check_compile(
      R"({"optimizer": {"class_name": "LossScaleOptimizer", "config": {}}})",
      "optimizer: the optimizer \"LossScaleOptimizer\" is not supported; supported are: SGD, "
      "Adam, AdamW, RMSprop");
  check_optimizer(R"("amsgrad": true)",
                  "/amsgrad: expected false (AMSGrad is not supported), found true");
  check_optimizer(
      R"("use_ema": true)",
      "/use_ema: expected false (moving averages of weights are not supported), found true");
  check_optimizer(
      R"("loss_scale_factor": 2)",
      "/loss_scale_factor: expected null (the scaling of losses is not supported), found 2");
  check_optimizer(R"("gradient_accumulation_steps": 2)",
                  "/gradient_accumulation_steps: expected null (gradient accumulation is not "
                  "supported), found 2");
  check_optimizer(R"("decay": 0.5)", "/decay: expected 0 (use a schedule), found 0.5");
  check_optimizer(R"("momentum": 0.5)",
                  "/momentum: Adam has no option \"momentum\", or none that is supported");
  check_optimizer(R"("clipnorm": 1, "clipvalue": 1)",
                  ": at most one of clipnorm, clipvalue and global_clipnorm may be set");
  check_optimizer(R"("clipnorm": 0)", "/clipnorm: expected a number above 0, found 0");
  check_optimizer(R"("epsilon": 1e300)",
                  "/epsilon: expected a number that fits a float, found 1e+300");
  check_optimizer(R"("learning_rate": -1)",
                  "/learning_rate: expected a number of at least 0, found -1");
  check_optimizer(R"("learning_rate": {"class_name": "Mine", "config": {}})",
                  "/learning_rate: the schedule \"Mine\" has no initial_learning_rate");
  check_compile(R"({"loss": "poisson"})",
                "loss: the loss \"poisson\" is not supported; supported are: "
                "sparse_categorical_crossentropy, categorical_crossentropy, binary_crossentropy, "
                "mean_squared_error, mean_absolute_error, huber");
  check_compile(R"({"loss": ["mse", "mae"]})",
                "loss: expected one loss (a model has one output), found an array of 2");
  check_compile(R"({"loss": {"other": "mse"}})",
                "loss: expected a member \"out\", found \"other\"");
  check_compile(R"({"loss": "mse", "loss_weights": [2]})",
                "loss_weights: expected null (a model has one loss), found an array of 1");
  check_compile(
      R"({"loss": )" + layer_text("SparseCategoricalCrossentropy", R"("ignore_class": 3)") + "}",
      "loss/config/ignore_class: expected null (no class is left out), found 3");
  check_compile(
      R"({"loss": )" + layer_text("MeanSquaredError", R"("reduction": "sum")") + "}",
      "loss/config/reduction: expected one of \"sum_over_batch_size\", \"mean\", \"auto\", "
      "found \"sum\"");
  check_compile(R"({"loss": "mse", "metric": "x"})",
                "metric: compile_config has no option \"metric\", or none that is supported");
}
