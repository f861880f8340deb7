#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/layers/dense.h>

#include "spec_text.h"

using namespace ravine;
using namespace ravine::test;

namespace {

/// Fails unless the one layer behind the input is refused with "m.json: /config/layers/1" +
/// `words`.
void check_layer(const std::string& class_name, const std::string& options,
                 const std::string& words) {
  CAPTURE(class_name);
  CAPTURE(options);
  const std::string said = refusal(model_text(layer_text(class_name, options)));
  CHECK(said == "m.json: /config/layers/1" + words);
}

const std::string conv = R"("filters": 2, "kernel_size": 3, )";
const std::string all_layers =
    "Activation, AveragePooling2D, BatchNormalization, Conv2D, Dense, Dropout, ELU, Flatten, "
    "GlobalAveragePooling2D, GlobalMaxPooling2D, InputLayer, LeakyReLU, MaxPooling2D, ReLU, "
    "Rescaling, "
    "Reshape, Softmax, UpSampling2D, ZeroPadding2D";

}  // namespace

TEST_CASE("a layer that is not known is refused with the list of those that are") {
  check_layer("Conv3D", "",
              "/class_name: the layer \"Conv3D\" is not supported; supported are: " + all_layers);
  check_layer("Sequential", "",
              "/class_name: the layer \"Sequential\" is not supported; supported "
              "are: " +
                  all_layers);
}

TEST_CASE("what stands for code is refused") {
  const std::string because =
      " stands for code, which is not taken from a model file; replace it by layers, or build the "
      "model "
      "in C++ with a layer of your own";
  for (const char* name : {"Lambda", "TFSMLayer", "TFOpLambda"}) {
    check_layer(name, R"("function": {"class_name": "__lambda__", "config": {"code": "4wE="}})",
                ": \"" + std::string(name) + "\"" + because);
  }
  CHECK(refusal(model_text(R"({"module": "mine", "class_name": "Dense", "config": {"units": 2},
                               "registered_name": "mine>Dense"})")) ==
        "m.json: /config/layers/1: \"mine>Dense\"" + because);
  CHECK(refusal(model_text(layer_text("ReLU", ""),
                           R"({"loss": {"class_name": "__lambda__", "config": {}}})")) ==
        "m.json: /compile_config/loss: \"__lambda__\"" + because);
  check_layer("Activation", R"("activation": {"module": "builtins", "class_name": "function",
              "config": "act", "registered_name": "function"})",
              "/config/activation/config: the activation \"act\" is not supported; supported are: "
              "linear, relu, leaky_relu, elu, gelu, gelu_new, sigmoid, tanh, softmax");
  CHECK(
      refusal(R"({"module": "mine", "class_name": "MyModel", "config": {}})") ==
      "m.json: /class_name: expected \"Sequential\" or \"Functional\", found \"MyModel\": a model "
      "class of one's own is code, which is not taken from a model file");
}

TEST_CASE("an option that is not known or not supported is refused, unless null or its default") {
  CHECK(refusal(
            model_text(layer_text("Conv2D", conv + R"("anything": null, "kernel_regularizer": null,
      "data_format": null, "activity_regularizer": null, "quantization_config": null)"))) ==
        "it was read");
  check_layer("Dense", R"("units": 2, "lora_rank": 4)",
              "/config/lora_rank: Dense has no option \"lora_rank\", or none that is supported");
  check_layer(
      "Conv2D", conv + R"("data_format": "channels_first")",
      "/config/data_format: expected \"channels_last\" (convert the model: images are [height, "
      "width, channels] here), found \"channels_first\"");
  check_layer(
      "Conv2D", conv + R"("kernel_regularizer": {"class_name": "L2", "config": {"l2": 0.1}})",
      "/config/kernel_regularizer: expected null (regularisers are not supported), found an "
      "object of 2");
  check_layer("Conv2D", conv + R"("bias_constraint": "non_neg")",
              "/config/bias_constraint: expected null (constraints are not supported), found "
              "\"non_neg\"");
  check_layer("Conv2D", conv + R"("dtype": "mixed_float16")",
              "/config/dtype: expected \"float32\" (no other type is supported), found "
              "\"mixed_float16\"");
  check_layer("ReLU", R"("dtype": {"class_name": "DTypePolicy", "config": {"name": "bfloat16"}})",
              "/config/dtype/config/name: expected \"float32\" (no other type is supported), found "
              "\"bfloat16\"");
  check_layer("ReLU", R"("max_value": 6)",
              "/config/max_value: expected null (a ReLU with a ceiling is not supported), found 6");
  check_layer(
      "ReLU", R"("negative_slope": 0.0, "threshold": 1)",
      "/config/threshold: expected 0 (a ReLU with another threshold is not supported), found 1");
  check_layer("Softmax", R"("axis": 1)",
              "/config/axis: expected -1 or 3 (the last axis; no other is supported), found 1");
  check_layer("BatchNormalization", R"("renorm": true)",
              "/config/renorm: expected false (renormalisation is not supported), found true");
  check_layer(
      "Dropout", R"("rate": 0.5, "noise_shape": [1, 2])",
      "/config/noise_shape: expected null (every element is dropped or kept on its own), found "
      "an array of 2");
  check_layer(
      "UpSampling2D", R"("interpolation": "bilinear")",
      "/config/interpolation: expected \"nearest\" (no other interpolation is supported), found "
      "\"bilinear\"");
  check_layer("Rescaling", R"("scale": [1, 2])",
              "/config/scale: expected a number, found an array of 2");
  check_layer(
      "Conv2D", conv + R"("kernel_initializer": "orthogonal")",
      "/config/kernel_initializer: the initialiser \"orthogonal\" is not supported; supported "
      "are: Zeros, Ones, Constant, RandomNormal, TruncatedNormal, RandomUniform, "
      "GlorotUniform, GlorotNormal, HeUniform, HeNormal, LecunUniform, LecunNormal, "
      "VarianceScaling");
  check_layer(
      "Conv2D", conv + R"("bias_initializer": {"class_name": "Zeros", "config": {"a": 1}})",
      "/config/bias_initializer/config/a: Zeros has no option \"a\", or none that is supported");
  check_layer("Dense", R"("units": 1, "activation": {"class_name": "Flatten", "config": {}})",
              "/config/activation: \"Flatten\" is no activation");
}

TEST_CASE("an option of the wrong kind or out of its range is refused") {
  check_layer("Dense", "", "/config: expected a member \"units\", found none");
  check_layer("Dense", R"("units": true)",
              "/config/units: expected an integer in [1, 2147483647], found true");
  check_layer("Dense", R"("units": 4294967297)",
              "/config/units: expected an integer in [1, 2147483647], found 4294967297");
  check_layer("Conv2D", R"("filters": 0, "kernel_size": 3)",
              "/config/filters: expected an integer in [1, 2147483647], found 0");
  check_layer(
      "Conv2D", R"("filters": 1, "kernel_size": [3, 3, 3])",
      "/config/kernel_size: expected an integer or two, for height and width, found an array of "
      "3");
  check_layer("Conv2D", conv + R"("padding": "causal")",
              "/config/padding: expected one of \"valid\", \"same\", found \"causal\"");
  check_layer("Dropout", R"("rate": 1)", "/config/rate: expected a number in [0, 1), found 1");
  check_layer("Dropout", R"("rate": "0.5")",
              "/config/rate: expected a number in [0, 1], found \"0.5\"");
  check_layer("ZeroPadding2D", R"("padding": [1, -2])",
              "/config/padding/1: expected an integer in [0, 2147483647], found -2");
  check_layer("ReLU", R"("name": "")", "/config/name: expected a name, found \"\"");
  check_layer("ReLU", R"("trainable": 1)", "/config/trainable: expected true or false, found 1");
}

TEST_CASE("shapes that do not fit are refused at their layer") {
  check_layer("Dense", R"("units": 3, "name": "d")",
              ": dense 'd': 3 units on x [1, 6, 5, 2]; x must be [N,I] (put Flatten before it)");
  check_layer("Conv2D", R"("filters": 2, "kernel_size": 7)",
              ": conv2d: a window that reaches over 7 does not fit into height 6 (padding 0+0)");
  check_layer(
      "Conv2D", R"("name": "c", "filters": 3, "kernel_size": 1, "groups": 2)",
      ": conv2d 'c': 3 filters in 2 groups on x [1, 6, 5, 2]; x must be [N,H,W,C], and groups "
      "must divide filters and channels");
  check_layer("Reshape", R"("name": "r", "target_shape": [7, -1])",
              ": reshape 'r': x [1, 6, 5, 2] cannot become [N, 7, -1]");
  check_layer("InputLayer", R"("batch_shape": [null, 3])",
              ": an InputLayer must be the first layer");
}

TEST_CASE("a model too large to make is refused before anything is made") {
  check_layer(
      "ZeroPadding2D", R"("padding": 20000)",
      ": the output for one sample has 3200880060 elements, at most 268435456 are supported");
  check_layer("Conv2D", R"("filters": 2147483647, "kernel_size": 1)",
              ": the model has 6442450941 parameters up to here, at most 1073741824 are supported");
  const std::string wide = R"("filters": 2147483647, "kernel_size": 2147483647, "padding": "same")";
  CHECK(refusal(model_text(layer_text("Conv2D", wide))).starts_with("m.json: /config/layers/1: "));
  std::string many = layer_text("ReLU", "");
  for (int i = 1; i < 1000; ++i) many += "," + layer_text("ReLU", "");
  CHECK(refusal(model_text(many)) ==
        "m.json: /config/layers: expected 1 to 1000 layers, found an array of 1001");
}

TEST_CASE("a model without an input's shape is refused with what to give") {
  const std::string flatten = layer_text("Flatten", "");
  const auto text = [](const std::string& layer) {
    return R"({"class_name": "Sequential", "config": {"layers": [)" + layer + "]}}";
  };
  CHECK(refusal(text(flatten)) ==
        "m.json: the model carries no input shape, as one that was saved before it was built; give "
        "it, "
        "as in --input-shape 28,28,1");
  const std::string open = text(layer_text("Flatten", R"("batch_input_shape": [null, null, 3])"));
  CHECK(refusal(open) ==
        "m.json: /config/layers/0/config/batch_input_shape/1: the extent is open; give "
        "the input's shape, as in --input-shape 28,28,1");
  CHECK(
      refusal(open, {.input_shape = Shape{4, 4}}) ==
      "m.json: /config/layers/0/config/batch_input_shape: the model's input is [4, 3], not [4, 4]");
  CHECK(refusal(text(layer_text("Flatten", R"("batch_input_shape": [null, 0])"))) ==
        "m.json: /config/layers/0/config/batch_input_shape/1: expected an integer in [1, "
        "2147483647], "
        "found 0");
}

TEST_CASE("a text that is no model is refused") {
  CHECK(
      refusal("[1]") ==
      "m.json: expected a Keras model, an object with class_name and config, found an array of 1");
  CHECK(refusal("{}") == "m.json: expected a member \"class_name\", found none");
  CHECK(refusal(R"({"class_name": "Sequential", "config": {"layers": []}})") ==
        "m.json: /config/layers: expected 1 to 1000 layers, found an array of 0");
  CHECK(refusal(R"({"class_name": "Sequential", "config": {"layers": [3]}})") ==
        "m.json: /config/layers/0: expected an object with \"config\", found 3");
  CHECK(refusal(R"({"class_name": "Sequential", "class_name": 1})").find("class_name") !=
        std::string::npos);
  CHECK(refusal("").starts_with("m.json"));
}

TEST_CASE("functional models that are no chain are refused") {
  const auto layer = [](const char* name, const std::string& calls) {
    return R"({"class_name": "ReLU", "config": {"name": ")" + std::string(name) +
           R"("}, "name": ")" + name + R"(", "inbound_nodes": [)" + calls + "]}";
  };
  const auto functional = [](const std::string& layers, const char* outputs) {
    return R"({"class_name": "Functional", "config": {"layers": [{"class_name": "InputLayer", "config":
           {"name": "in", "batch_shape": [null, 2]}, "name": "in", "inbound_nodes": []},)" +
           layers + R"(], "output_layers": )" + outputs + "}}";
  };
  const std::string only = "; only models that are one chain of layers are supported";
  const std::string a = layer("a", R"([["in", 0, 0, {}]])");
  CHECK(refusal(functional(a, R"([["a", 0, 0]])")) == "it was read");
  CHECK(refusal(functional(a, R"([["in", 0, 0]])")) ==
        "m.json: /config/output_layers: the output is that of \"in\", but the last layer is \"a\"" +
            only);
  CHECK(refusal(functional(a, R"([["a", 0, 0], ["in", 0, 0]])")) ==
        "m.json: /config/output_layers: names 2 outputs" + only);
  CHECK(refusal(functional(a + "," + layer("b", R"([["in", 0, 0, {}]])"), R"(["b", 0, 0])")) ==
        "m.json: /config/layers/2: takes the output of \"in\", which another layer takes already" +
            only);
  CHECK(refusal(functional(a + "," + layer("b", R"([["in", 0, 0, {}], ["a", 0, 0, {}]])"),
                           R"(["b", 0, 0])")) ==
        "m.json: /config/layers/2/inbound_nodes/0: joins 2 inputs" + only);
  CHECK(refusal(
            functional(layer("a", R"([["in", 0, 0, {}]], [["a", 0, 0, {}]])"), R"(["a", 0, 0])")) ==
        "m.json: /config/layers/1: the layer is called 2 times" + only);
  CHECK(refusal(functional(layer("a", ""), R"(["a", 0, 0])")) ==
        "m.json: /config/layers/1: is a second input" + only);
  CHECK(refusal(functional(a + "," + layer("b", R"([["c", 0, 0, {}]])"), R"(["a", 0, 0])")) ==
        "m.json: /config/layers: 1 of 2 layers follow from the input \"in\"" + only);
  CHECK(
      refusal(functional(layer("a", R"([["in", 0, 0, {"training": true}]])"), R"(["a", 0, 0])")) ==
      "m.json: /config/layers/1/inbound_nodes/0/0/3/training: expected null (arguments of a call "
      "are "
      "not supported), found true");
}
