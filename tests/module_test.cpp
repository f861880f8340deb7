#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/core/error.h>
#include <ravine/core/safetensors.h>
#include <ravine/layers/activation.h>
#include <ravine/layers/arithmetic.h>
#include <ravine/layers/batch_norm.h>
#include <ravine/layers/conv2d.h>
#include <ravine/layers/dense.h>
#include <ravine/layers/reshape.h>
#include <ravine/layers/sequential.h>

#include "lab.h"
#include "temporary.h"

using namespace ravine;
using namespace ravine::test;

namespace {

/// A layer of a user's own: relu(x + conv(x)).
struct Residual {
  static constexpr const char* kind_name = "residual";

  Variable operator()(Scope& scope, const Variable& x) const {
    const auto named = scope.layer(kind_name, "");
    return relu(x + Conv2D{.filters = x.shape().back(), .padding = same}(scope, x));
  }
};

/// A model of a user's own. `asks` is what its forward pass wants beside: for the tests of misuse.
class Branches : public Module {
 public:
  Shape input_shape() const override { return {5, 4, 2}; }

  Variable forward(Scope& scope, const Variable& x) const override {
    const Variable left = Residual{}(scope, x), right = Residual{}(scope, x);
    const Variable y = Flatten{}(scope, left * right);
    if (!scope.making() && asks == "more") Dense{2}(scope, y);
    if (!scope.making() && asks == "other") return Dense{3}(scope, y);
    if (!scope.making() && asks == "fewer") return y;
    return Dense{2}(scope, y);
  }

  std::string asks;
};

class Transposing : public Module {
 public:
  Shape input_shape() const override { return {3}; }
  Variable forward(Scope&, const Variable& x) const override {
    return reshape(x, {x.shape()[1], x.shape()[0]});
  }
};

std::vector<float> ramp(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = static_cast<float>(i * 37 % 101) / 50.0f - 1.0f;
  }
  return values;
}

Sequential network(const char* kernel = "conv2d") {
  return {Input{5, 4, 2}, Conv2D{.filters = 3, .kernel_size = {2, 3}, .name = kernel},
          BatchNormalization{}, Flatten{}, Dense{2}};
}

/// All parameters in a file with one change; `change` gets the entries.
template <class Change>
void write_changed(Module& model, const std::filesystem::path& file, const Change& change) {
  std::vector<std::vector<float>> values;
  std::vector<SafetensorsEntry> entries;
  for (const Parameter& parameter : model.parameters().all()) {
    values.push_back(model.parameters().write(model.stream(), parameter));
    entries.push_back({.name = parameter.name,
                       .type = SafetensorsType::f32,
                       .shape = parameter.file_shape(),
                       .data = std::as_bytes(std::span<const float>(values.back()))});
  }
  change(entries);
  write_safetensors(file, entries);
}

std::string refusal(Module& model, const std::filesystem::path& file) {
  try {
    model.load_weights(file);
  } catch (const DataError& error) {
    const std::string said = error.what(), folder = file.parent_path().string() + "/";
    return said.starts_with(folder) ? said.substr(folder.size()) : said;
  }
  return "it was loaded";
}

}  // namespace

TEST_CASE("a model that is no chain finds the parameters of its layers by name") {
  Branches model;
  model.build(Device::cpu());
  std::string names;
  for (const Parameter& parameter : model.parameters().all()) names += parameter.name + " ";
  CHECK(names ==
        "residual/conv2d/kernel residual/conv2d/bias residual_1/conv2d/kernel "
        "residual_1/conv2d/bias dense/kernel dense/bias ");
  CHECK(model.output_shape() == Shape{2});

  // The same by hand, from the functions that the layers are made of.
  const std::vector<float> inputs = ramp(2 * 40), outputs = model.predict(inputs);
  Tape& tape = model.tape();
  tape.begin_step();
  const Variable x = tape.input(Tensor::from<float>(model.stream(), {2, 5, 4, 2}, inputs));
  const auto parameter = [&](const char* name) -> Variable {
    return model.parameters().find(name)->leaf;
  };
  const auto block = [&](const char* kernel, const char* bias) {
    const kernels::Conv2DGeometry g{.padding = {1, 1, 1, 1}};
    return relu(x + conv2d(x, parameter(kernel), parameter(bias), g));
  };
  const Variable product = block("residual/conv2d/kernel", "residual/conv2d/bias") *
                           block("residual_1/conv2d/kernel", "residual_1/conv2d/bias");
  const Variable y =
      dense(reshape(product, {2, 40}), parameter("dense/kernel"), parameter("dense/bias"));
  CHECK(y.value().to_host(model.stream()) == outputs);
}

TEST_CASE("a user's struct is a layer of a Sequential") {
  Sequential model{Input{5, 4, 2}, Residual{}, Flatten{}, Dense{2}};
  model.build(Device::cpu());
  CHECK(model.parameters().find("residual/conv2d/kernel") != nullptr);
  CHECK(model.predict(ramp(40)).size() == 2);
  CHECK(model.summary().find("residual (residual)") != std::string::npos);
}

TEST_CASE("a forward pass that asks for other parameters than the first is refused") {
  Branches model;
  model.build(Device::cpu());
  const std::vector<float> inputs = ramp(40);
  model.asks = "more";
  CHECK_THROWS_WITH_AS(
      model.predict(inputs),
      "forward asks for 'kernel' [40, 2] after all 6 parameters of the model; it must "
      "ask for the same ones in every pass",
      Error);
  model.asks = "other";
  CHECK_THROWS_WITH_AS(
      model.predict(inputs),
      "dense/kernel was made with shape [40, 2], but this input asks for kernel [40, 3]", Error);
  model.asks = "fewer";
  CHECK_THROWS_WITH_AS(
      model.predict(inputs),
      "forward asked for 4 of the model's 6 parameters; it must ask for the same ones "
      "in every pass",
      Error);
  model.asks = "";
  CHECK(model.predict(inputs).size() == 2);
}

TEST_CASE("misuse of a model is refused in words") {
  Sequential model{Input{3}, Dense{2}};
  CHECK_THROWS_WITH(model.predict(std::vector<float>(4)),
                    "predict: 4 numbers are not a whole number of samples [3]");
  CHECK_THROWS_WITH(model.predict(std::vector<float>(3), 0), "predict: a batch of 0 samples");
  CHECK_THROWS_WITH(model.build(Device::cpu()), "the model is built already, on cpu");
  CHECK_THROWS_WITH(model.add(Dense{2}), "sequential: a layer was added after the model was built");
  CHECK_THROWS_WITH(model.fuse(false), "sequential: fusion was switched after the model was built");
  Transposing transposing;
  CHECK_THROWS_WITH(transposing.build(Device::cpu()),
                    "forward turned 1 sample into [3, 1]; its result must keep the batch first");
}

TEST_CASE(
    "predictions do not depend on the batch but for rounding, and nothing is a prediction of "
    "nothing") {
  Sequential model = network();
  const std::vector<float> inputs = ramp(7 * 40);
  const std::vector<float> whole = model.predict(inputs);
  CHECK(whole.size() == 7 * 2);
  const std::vector<double> expected(whole.begin(), whole.end());
  check_close(model.predict(inputs, 3), expected, 1e-6, 1e-6);
  CHECK(model.predict({}).empty());
}

TEST_CASE("the same seed gives the same parameters, another seed others") {
  const auto values = [](std::uint64_t seed) {
    Sequential model = network();
    model.build(Device::cpu(), seed);
    return model.parameters().values().to_host(model.stream());
  };
  CHECK(values(1) == values(1));
  CHECK(values(1) != values(2));
}

TEST_CASE("saved weights come back in another model, and convolutions stand as in Keras") {
  const TemporaryFolder folder;
  Sequential model = network(), other = network();
  model.build(Device::cpu(), 1);
  other.build(Device::cpu(), 2);
  const std::vector<float> inputs = ramp(3 * 40);
  CHECK(other.predict(inputs) != model.predict(inputs));
  model.save_weights(folder / "w.safetensors", {{"epoch", "3"}});
  other.load_weights(folder / "w.safetensors");
  CHECK(other.predict(inputs) == model.predict(inputs));

  const SafetensorsFile file = read_safetensors(folder / "w.safetensors");
  CHECK(file.metadata().at("epoch") == "3");
  CHECK(file.entries().size() == 8);
  CHECK(file.at("dense/kernel").shape == Shape{24, 2});
  const SafetensorsEntry& kernel = file.at("conv2d/kernel");
  CHECK(kernel.shape == Shape{2, 3, 2, 3});  // height, width, channels, filters
  const std::vector<float> here =
      model.parameters().find("conv2d/kernel")->leaf.value().to_host(model.stream());
  const auto* there = reinterpret_cast<const float*>(kernel.data.data());
  for (std::size_t filter = 0; filter < 3; ++filter) {
    for (std::size_t place = 0; place < 12; ++place) {
      CHECK(there[place * 3 + filter] == here[filter * 12 + place]);
    }
  }
}

TEST_CASE("weights that do not fit are refused by name, and the model stays as it was") {
  const TemporaryFolder folder;
  Sequential model = network();
  model.build(Device::cpu(), 1);
  const std::vector<float> before = model.parameters().values().to_host(model.stream());
  const std::vector<float> more(100, 5);
  const auto said = [&](const auto& change) {
    write_changed(model, folder / "w", [&](std::vector<SafetensorsEntry>& entries) {
      for (SafetensorsEntry& entry : entries) {  // other numbers, of which none may arrive
        entry.data = std::as_bytes(std::span(more)).first(entry.data.size());
      }
      change(entries);
    });
    return refusal(model, folder / "w");
  };
  CHECK(said([](auto& entries) { entries.pop_back(); }) ==
        "w: has no 'dense/bias' [2], which the model needs");
  CHECK(said([](auto& entries) {
          entries[0].shape = {3, 2, 2, 3};
        }) == "w: 'conv2d/kernel' is F32 [3, 2, 2, 3], the model needs F32 [2, 3, 2, 3]");
  CHECK(said([](auto& entries) { entries[1].type = SafetensorsType::i32; }) ==
        "w: 'conv2d/bias' is I32 [3], the model needs F32 [3]");
  CHECK(said([](auto& entries) {
          entries.push_back(entries.back());
          entries.back().name = "dense_1/bias";
        }) == "w: holds 'dense_1/bias' [2], which the model does not have");
  CHECK_THROWS_AS(model.load_weights(folder / "absent"), IoError);
  CHECK(model.parameters().values().to_host(model.stream()) == before);
}

TEST_CASE("a step needs about the memory that was said before") {
  Sequential model{Input{28, 28, 1}, Conv2D{8, 3, relu}, Flatten{}, Dense{10}};
  model.build(Device::cpu());
  const std::size_t said = model.step_bytes(16);
  Tape& tape = model.tape();
  tape.mode(true, true);
  model.parameters().want_gradients(tape);
  tape.begin_step();
  const Tensor x(model.stream(), {16, 28, 28, 1});
  x.zero(model.stream());
  tape.backward(sum(model.run(tape.input(x), 0, {})));
  const std::size_t needed = model.stream().arena().high_water();
  CHECK(said <= needed);
  CHECK(static_cast<double>(needed) <= 1.5 * static_cast<double>(said));
}
