#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include <ravine/core/json.h>
#include <ravine/data/mnist.h>
#include <ravine/finder/find_lr.h>
#include <ravine/layers/spec.h>
#include <ravine/train/compile.h>

namespace ravine::test {
namespace {

/// Whole sweeps that Keras made: model, first weights, and the raw loss of every batch.
struct GoldenSweep {
  explicit GoldenSweep(const std::string& name)
      : folder(std::string(RAVINE_TEST_DIR) + "/golden/sweeps/" + name),
        spec(read_spec(folder + ".model.json")) {
    const JsonView view = read_json(folder + ".json");
    batch_size = view.at("batch_size").integer(1, 1000);
    seed_stop = view.at("stop_step_of_the_seed_rule").integer(0, 1000);
    for (const JsonView& value : view.at("lr").items()) lr.push_back(value.number(0, 100));
    for (const JsonView& value : view.at("loss").items()) loss.push_back(value.number(-1e9, 1e9));
    for (const JsonView& row : view.at("predict_first_4_test_images").items()) {
      for (const JsonView& value : row.items()) predictions.push_back(value.number(-1e9, 1e9));
    }
    spec.model.build(Device::cpu());
    spec.model.load_weights(folder + ".safetensors");
  }

  std::string folder;
  ModelSpec spec;
  std::int64_t batch_size, seed_stop;
  std::vector<double> lr, loss, predictions;
};

bool have_data() {
  const bool found = std::filesystem::exists("/usr/share/datasets/fashion-mnist");
  if (!found) MESSAGE("skipped: Fashion-MNIST (package dataset-fashion-mnist) is not installed");
  return found;
}

}  // namespace

TEST_CASE(
    "each loss of a sweep is the one that Keras measured, and the seed's rule stops where it did") {
  if (!have_data()) return;
  const data::Split data = data::fashion_mnist();
  for (const std::string name : {"seed_adam", "bn_sgd"}) {
    CAPTURE(name);
    GoldenSweep golden(name);
    Trainer trainer(golden.spec.model, make_optimizer(*golden.spec.compile.optimizer),
                    make_loss(*golden.spec.compile.loss), Device::cpu(),
                    {.batch_size = golden.batch_size});
    const Sweep sweep = find_lr(trainer, data.train, {.smoothing = Smoothing::keras()},
                                {.shuffle = false, .progress = Progress::off});
    double worst_low = 0, worst_high = 0;
    for (std::size_t i = 0; i < sweep.points.size(); ++i) {
      REQUIRE(sweep.points[i].lr == doctest::Approx(golden.lr[i]).epsilon(1e-12));
      const double error = std::abs(sweep.points[i].loss - golden.loss[i]) / golden.loss[i];
      if (golden.lr[i] <= 1e-4) worst_low = std::max(worst_low, error);
      if (golden.lr[i] <= 1e-3) worst_high = std::max(worst_high, error);
    }
    MESSAGE(name, ": largest relative error ", worst_low, " up to a rate of 1e-4, ", worst_high,
            " up to 1e-3");
    CHECK(worst_low <= 1e-5);
    CHECK(worst_high <= 1e-4);
    // The rule stops after the step it decides at; Keras's run without a stop has 101 points.
    const auto steps = static_cast<std::int64_t>(sweep.points.size());
    CHECK(std::abs(std::min<std::int64_t>(steps, 101) - golden.seed_stop) <= 2);
  }
}

TEST_CASE("a loaded model predicts what Keras predicts, without a trainer") {
  if (!have_data()) return;
  const data::Dataset test = data::fashion_mnist().test.take(4);
  std::vector<float> pixels(test.bytes().begin(), test.bytes().end());
  for (float& pixel : pixels) pixel /= 255;
  for (const std::string name : {"seed_adam", "bn_sgd"}) {
    CAPTURE(name);
    GoldenSweep golden(name);
    const std::vector<float> outputs = golden.spec.model.predict(pixels);
    REQUIRE(outputs.size() == golden.predictions.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      CHECK(std::abs(static_cast<double>(outputs[i]) - golden.predictions[i]) <= 1e-5);
    }
  }
}

}  // namespace ravine::test
