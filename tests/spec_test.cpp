#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/core/json.h>
#include <ravine/layers/arithmetic.h>
#include <ravine/layers/conv2d.h>
#include <ravine/layers/dense.h>
#include <ravine/layers/dropout.h>
#include <ravine/layers/reshape.h>

#include "lab.h"
#include "spec_text.h"
#include "temporary.h"

using namespace ravine;
using namespace ravine::test;

namespace {

std::vector<std::string> kinds(const ModelSpec& spec) {
  std::vector<std::string> names;
  for (const Layer& layer : spec.model.layers()) names.push_back(layer.kind());
  return names;
}

std::string written(const ModelSpec& spec) {
  return write_spec(spec.model, spec.compile, spec.name);
}

/// A layer of a user's own.
struct Twice {
  static constexpr const char* kind_name = "twice";
  Variable operator()(Scope&, const Variable& x) const { return x + x; }
};

const SpecOptions image{.input_shape = Shape{28, 28, 1}};

}  // namespace

TEST_CASE("every saved model is read, and what is written of it reads back the same") {
  for (const char* name :
       {"eco_keras3_0_config.json", "eco_keras3_10_config.json", "eco_keras3_15_config.json",
        "eco_keras3_15_unbuilt.json", "eco_tfjs_4_22.json", "sweeps/seed_adam.model.json",
        "sweeps/bn_sgd.model.json", "specs/every_layer.json", "specs/every_layer.functional.json",
        "specs/keras2.json", "specs/keras2.functional.json"}) {
    CAPTURE(name);
    const bool is_unbuilt = std::string(name) == "eco_keras3_15_unbuilt.json";
    const ModelSpec spec = read_spec(golden(name), is_unbuilt ? image : SpecOptions{});
    const ModelSpec again = read_spec_text(written(spec), "again");
    CHECK(written(again) == written(spec));
    CHECK(again.name == spec.name);
    CHECK(again.compile == spec.compile);
    CHECK(again.model.input_shape() == spec.model.input_shape());
    CHECK(kinds(again) == kinds(spec));
    CHECK(spec.notes.empty());
  }
}

TEST_CASE("the same model from five versions of Keras and from TensorFlow.js has the same layers") {
  const std::vector<std::string> expected{"input_layer", "conv2d",  "max_pooling2d", "flatten",
                                          "dense",       "dropout", "dense"};
  for (const char* name :
       {"eco_keras3_0_config.json", "eco_keras3_10_config.json", "eco_keras3_15_config.json",
        "eco_keras3_15_unbuilt.json", "eco_tfjs_4_22.json", "sweeps/seed_adam.model.json"}) {
    CAPTURE(name);
    const ModelSpec spec = read_spec(golden(name), image);
    CHECK(kinds(spec) == expected);
    CHECK(spec.model.input_shape() == Shape{28, 28, 1});
    const auto* conv = spec.model.layers()[1].get_if<Conv2D>();
    REQUIRE(conv != nullptr);
    CHECK(conv->filters == 32);
    CHECK(conv->activation == relu);
    CHECK(spec.model.layers()[6].get_if<Dense>()->activation == softmax);
  }
}

TEST_CASE("how the seed's models were compiled is read") {
  const CompileSpec adam = read_spec(golden("sweeps/seed_adam.model.json")).compile;
  CHECK(
      adam.optimizer ==
      OptimizerConfig{
          .name = "adam", .learning_rate = 0.001, .beta_1 = 0.9, .beta_2 = 0.999, .epsilon = 1e-7});
  CHECK(adam.loss == LossConfig{.name = "sparse_categorical_crossentropy"});
  const CompileSpec sgd = read_spec(golden("sweeps/bn_sgd.model.json")).compile;
  CHECK(sgd.optimizer ==
        OptimizerConfig{.name = "sgd", .learning_rate = 0.01, .momentum = 0.9, .nesterov = false});
  CHECK(read_spec(golden("eco_keras3_0_config.json")).compile == adam);
  CHECK(read_spec(golden("eco_keras3_15_unbuilt.json"), image).compile == CompileSpec{});
  CHECK(read_spec(golden("eco_tfjs_4_22.json")).compile == CompileSpec{});
}

TEST_CASE(
    "a model with every layer gives what Keras gives, its functional form and a copy as well") {
  std::vector<float> inputs;
  for (int i = 0; i < 2 * 12 * 10 * 3; ++i) {
    inputs.push_back(static_cast<float>(i * 37 % 101) / 50.0f - 1.0f);
  }
  std::vector<double> expected;
  for (const JsonView& row : read_json(golden("specs/every_layer.outputs.json")).items()) {
    for (const JsonView& value : row.items()) expected.push_back(value.number());
  }
  const auto outputs = [&](ModelSpec spec) {
    spec.model.build(Device::cpu());
    spec.model.load_weights(golden("specs/every_layer.safetensors"));
    return spec.model.predict(inputs);
  };
  const ModelSpec original = read_spec(golden("specs/every_layer.json"));
  check_close(outputs(read_spec_text(written(original), "copy")), expected, 0, 1e-5);
  check_close(outputs(read_spec(golden("specs/every_layer.json"))), expected, 0, 1e-5);

  // Its layers have the numbers that Keras's second model gets, so it goes without the weights
  // file.
  const ModelSpec functional = read_spec(golden("specs/every_layer.functional.json"));
  CHECK(kinds(functional) == kinds(original));
}

TEST_CASE("names are kept, layers without one are named as Keras does, and no name comes twice") {
  const Sequential model{Input{4},
                         Dense{3},
                         relu,
                         Dense{.units = 3, .name = "dense_1"},
                         Dropout{},
                         Dense{2},
                         Softmax{.name = "out"}};
  const ModelSpec spec = read_spec_text(write_spec(model), "m.json");
  std::string names;
  for (const JsonView& layer :
       parse_json(write_spec(model), "m").at("config").at("layers").items()) {
    names += layer.at("config").at("name").string() + " ";
  }
  CHECK(names == "input_layer dense activation dense_1 dropout dense_2 out ");
  CHECK(spec.model.layers()[3].get_if<Dense>()->name == "dense_1");

  ModelSpec unnamed = read_spec_text(
      model_text(layer_text("Flatten", "") + "," + layer_text("Dense", R"("units": 2)") + "," +
                 layer_text("Dense", R"("units": 2)")),
      "m.json");
  unnamed.model.build(Device::cpu());
  CHECK(unnamed.model.parameters().find("dense_1/bias") != nullptr);
  CHECK(refusal(model_text(layer_text("ReLU", R"("name": "a")") + "," +
                           layer_text("ReLU", R"("name": "a")"))) ==
        "m.json: /config/layers/2: two layers are called 'a'");
}

TEST_CASE("a frozen model has frozen layers") {
  const std::string text =
      R"({"class_name": "Sequential", "config": {"trainable": false, "layers": [)" +
      layer_text("Dense", R"("units": 2, "trainable": true, "batch_input_shape": [null, 3])") +
      "]}}";
  CHECK_FALSE(read_spec_text(text, "m").model.layers()[1].get_if<Dense>()->trainable);
}

TEST_CASE("the input's shape comes from the file, the options fill what it leaves open") {
  const auto shape = [](const std::string& first, const std::string& outside,
                        const SpecOptions& options) {
    return read_spec_text(
        R"({"class_name": "Sequential", "config": {"layers": [)" + first + "]" + outside + "}", "m",
        options);
  };
  const std::string flatten = layer_text("Flatten", "");
  const auto with = [](const char* extents) {
    return layer_text("Flatten", std::string(R"("batch_input_shape": )") + extents);
  };
  CHECK(shape(with("[null, 4, 3]"), "}", {}).model.input_shape() == Shape{4, 3});
  CHECK(shape(flatten, R"(, "build_input_shape": [null, 4, 3]})", {}).model.input_shape() ==
        Shape{4, 3});
  CHECK(
      shape(flatten, R"(}, "build_config": {"input_shape": [null, 4]})", {}).model.input_shape() ==
      Shape{4});
  CHECK(shape(flatten, "}", {.input_shape = Shape{7, 2}}).model.input_shape() == Shape{7, 2});
  CHECK(shape(with("[null, null, 3]"), "}", {.input_shape = Shape{9, 3}}).model.input_shape() ==
        Shape{9, 3});
  const ModelSpec fixed = shape(with("[32, 4, 3]"), "}", {});
  CHECK(fixed.notes == std::vector<std::string>{
                           "m: /config/layers/0/config/batch_input_shape/0: the batch size of 32 "
                           "is not fixed here"});
}

TEST_CASE("a model of TensorFlow.js is found inside its wrapping") {
  const std::string inner = text_of(golden("eco_tfjs_4_22.json"));
  const ModelSpec spec = read_spec_text(
      R"({"format": "layers-model", "modelTopology": )" + inner + R"(, "weightsManifest": []})",
      "m");
  CHECK(spec.model.layers().size() == 7);
  const ModelSpec converted = read_spec_text(
      R"({"modelTopology": {"keras_version": "2.11.0", "model_config": )" + inner +
          R"(, "training_config": {"loss": "mse", "metrics": ["mae"], "optimizer_config":
          {"class_name": "Custom>SGD", "config": {"decay": 0.0, "momentum": 0.5}}}}})",
      "m");
  CHECK(converted.compile.loss == LossConfig{.name = "mean_squared_error"});
  CHECK(converted.compile.optimizer ==
        OptimizerConfig{.name = "sgd", .learning_rate = 0.01, .momentum = 0.5, .nesterov = false});
  const ModelSpec trained = read_spec_text(
      R"({"modelTopology": )" + inner + R"(, "trainingConfig": {"loss": "a"}})", "m");
  CHECK(trained.notes == std::vector<std::string>{"m: /trainingConfig: the optimizer and loss of a "
                                                  "TensorFlow.js model are not read"});
}

TEST_CASE("a layer that Keras does not have is not written") {
  CHECK_THROWS_WITH_AS(write_spec(Sequential{Input{4}, Twice{}}),
                       "the layer 'twice', a twice, cannot be written: Keras has no such layer",
                       Error);
  CHECK_THROWS_WITH_AS(write_spec(Sequential{Input{4}, gelu_tanh}),
                       "gelu_tanh cannot be written: Keras has no name for it", Error);
  CHECK_THROWS_AS(write_spec(Sequential{Dense{4}}), Error);
}

TEST_CASE("a spec is read from a file, and an archive is told apart") {
  const TemporaryFolder folder;
  std::ofstream(folder / "m.json") << write_spec(Sequential{Input{4}, Dense{2}}, {}, "small");
  CHECK(read_spec(folder / "m.json").name == "small");
  CHECK_THROWS_WITH_AS(
      read_spec("m.keras"),
      "m.keras: expected a model as JSON; write one with model.to_json(), or take the "
      "config.json out of a .keras archive",
      DataError);
  CHECK_THROWS_AS(read_spec(folder / "absent.json"), IoError);
}
