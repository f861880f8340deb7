#include <atomic>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include <ravine/core/error.h>
#include <ravine/core/parallel.h>
#include <ravine/layers/arithmetic.h>
#include <ravine/train/callbacks.h>

#include "small_task.h"
#include "temporary.h"

namespace ravine::test {
namespace {

FitOptions epochs(std::int64_t count) {
  FitOptions options = quiet;
  options.epochs = count;
  return options;
}

/// Bytes after training with one optimizer on some number of threads.
std::vector<std::byte> trained_bytes(const OptimizerSpec& optimizer, std::int64_t count = 2) {
  const data::Split data = small_images();
  Sequential model = small_network();
  Trainer trainer(model, optimizer, SoftmaxCrossEntropy{}, Device::cpu());
  trainer.fit(data.train, epochs(count));
  return all_bytes(trainer);
}

}  // namespace

TEST_CASE("training learns the task") {
  const data::Split data = small_images();
  Sequential model = small_network();
  Trainer trainer(model, Adam{.learning_rate = 1e-2}, SoftmaxCrossEntropy{}, Device::cpu());
  const double before = trainer.evaluate(data.test).accuracy;
  const History history = trainer.fit(data.train, epochs(15));
  CHECK(history.epochs.size() == 15);
  CHECK(history.epochs.back().loss < 0.5 * history.epochs.front().loss);
  CHECK(trainer.evaluate(data.test).accuracy > std::max(0.8, before));
}

TEST_CASE("the same seed gives the same bytes, for any number of threads and every optimizer") {
  const int threads_before = thread_count();
  const std::vector<OptimizerSpec> optimizers{
      SGD{},     SGD{.momentum = 0.9, .nesterov = true},    Adam{}, AdamW{},
      RMSprop{}, RMSprop{.momentum = 0.5, .centered = true}};
  for (const OptimizerSpec& optimizer : optimizers) {
    set_thread_count(1);
    const auto first = trained_bytes(optimizer);
    for (const int threads : {2, 3, 8}) {
      set_thread_count(threads);
      CHECK(trained_bytes(optimizer) == first);
    }
  }
  set_thread_count(threads_before);
}

TEST_CASE("two fits of one epoch are one fit of two epochs") {
  const data::Split data = small_images();
  Sequential model = small_network();
  Trainer trainer(model, Adam{}, SoftmaxCrossEntropy{}, Device::cpu());
  trainer.fit(data.train, epochs(1));
  trainer.fit(data.train, epochs(1));
  CHECK(all_bytes(trainer) == trained_bytes(Adam{}, 2));
}

TEST_CASE("evaluating and predicting between fits change nothing") {
  const data::Split data = small_images();
  Sequential model = small_network();
  Trainer trainer(model, Adam{}, SoftmaxCrossEntropy{}, Device::cpu());
  trainer.fit(data.train, epochs(1));
  const auto before = all_bytes(trainer);
  trainer.evaluate(data.test);
  trainer.predict(data.test);
  CHECK(all_bytes(trainer) == before);
}

TEST_CASE(
    "validation is what evaluate gives, and the loss of an epoch is the mean over its samples") {
  const data::Split data = small_images();
  Sequential model = small_network();
  Trainer trainer(model, Adam{}, SoftmaxCrossEntropy{}, Device::cpu());
  FitOptions options = epochs(1);
  options.validation = &data.test;
  double sum = 0;
  std::int64_t seen = 0;
  LambdaCallback watch;
  watch.train_batch_end = [&](Trainer&, const Logs& logs) {
    sum += logs.batch_loss * static_cast<double>(logs.samples - seen);
    seen = logs.samples;
  };
  options.callbacks = {&watch};
  const Logs logs = trainer.fit(data.train, options).epochs.front();
  const Evaluation evaluation = trainer.evaluate(data.test);
  CHECK(logs.validation_loss == evaluation.loss);
  CHECK(logs.validation_accuracy == evaluation.accuracy);
  CHECK(seen == data.train.size());
  CHECK(logs.loss == doctest::Approx(sum / static_cast<double>(seen)).epsilon(1e-12));
}

TEST_CASE("a class weight is the weight of its samples") {
  const data::Split data = small_images();
  std::vector<float> weights;
  for (const std::int32_t label : data.train.labels()) weights.push_back(label == 1 ? 2.5f : 1.0f);
  Sequential by_class = small_network(), by_sample = small_network();
  Trainer first(by_class, SGD{}, SoftmaxCrossEntropy{}, Device::cpu());
  Trainer second(by_sample, SGD{}, SoftmaxCrossEntropy{}, Device::cpu());
  FitOptions options = epochs(1);
  options.class_weight = {{1, 2.5}};
  first.fit(data.train, options);
  second.fit(data.train.weighted(weights), epochs(1));
  CHECK(all_bytes(first) == all_bytes(second));
  CHECK(all_bytes(first) != trained_bytes(SGD{}, 1));
}

TEST_CASE("a schedule sets the rate of each step") {
  const data::Split data = small_images();
  Sequential model = small_network();
  Trainer trainer(model, SGD{}, SoftmaxCrossEntropy{}, Device::cpu());
  FitOptions options = epochs(1);
  options.schedule = [](std::int64_t step) { return 0.001 * static_cast<double>(step + 1); };
  std::vector<double> rates;
  LambdaCallback watch;
  watch.train_batch_end = [&](Trainer&, const Logs& logs) { rates.push_back(logs.learning_rate); };
  options.callbacks = {&watch};
  trainer.fit(data.train, options);
  REQUIRE(rates.size() == 7);
  for (std::size_t i = 0; i < rates.size(); ++i) {
    CHECK(rates[i] == doctest::Approx(0.001 * static_cast<double>(i + 1)).epsilon(1e-6));
  }
}

TEST_CASE("early stopping stops and can bring the best weights back") {
  const data::Split data = small_images();
  Sequential model = small_network();
  // A rate at which the validation loss soon rises.
  Trainer trainer(model, SGD{.learning_rate = 2.0}, SoftmaxCrossEntropy{}, Device::cpu());
  EarlyStopping stopping({.patience = 2, .restore_best_weights = true});
  FitOptions options = epochs(50);
  options.validation = &data.test;
  options.callbacks = {&stopping};
  const History history = trainer.fit(data.train, options);
  REQUIRE(stopping.stopped_epoch());
  CHECK(history.epochs.size() < 50);
  double best = std::numeric_limits<double>::infinity();
  for (const Logs& logs : history.epochs) best = std::min(best, logs.validation_loss);
  CHECK(trainer.evaluate(data.test).loss == best);
}

TEST_CASE("the rate is reduced on a plateau and no further than its minimum") {
  const data::Split data = small_images();
  Sequential model = small_network();
  Trainer trainer(model, SGD{.learning_rate = 0}, SoftmaxCrossEntropy{}, Device::cpu());
  trainer.learning_rate(1e-12);  // nothing improves at this rate
  ReduceLROnPlateau reduce(
      {.monitor = "loss", .factor = 0.5, .patience = 2, .min_delta = 1, .min_lr = 3e-13});
  FitOptions options = epochs(9);
  options.callbacks = {&reduce};
  trainer.fit(data.train, options);
  CHECK(trainer.learning_rate() == doctest::Approx(3e-13).epsilon(1e-6));
}

TEST_CASE("a callback that follows validation says so when there is none") {
  const data::Split data = small_images();
  Sequential model = small_network();
  Trainer trainer(model, SGD{}, SoftmaxCrossEntropy{}, Device::cpu());
  EarlyStopping stopping;
  FitOptions options = epochs(2);
  options.callbacks = {&stopping};
  CHECK_THROWS_WITH_AS(trainer.fit(data.train, options),
                       "EarlyStopping follows 'val_loss', but fit has no validation data", Error);
}

TEST_CASE("training ends after a loss that is not finite, if asked") {
  const data::Split data = small_images();
  Sequential model = small_network();
  Trainer trainer(model, SGD{.learning_rate = 1e30}, SoftmaxCrossEntropy{}, Device::cpu());
  TerminateOnNaN terminate;
  FitOptions options = epochs(5);
  options.callbacks = {&terminate};
  trainer.fit(data.train, options);
  CHECK(trainer.steps() < 5);
}

TEST_CASE("an exception in a callback reaches the caller and leaves the trainer usable") {
  const data::Split data = small_images();
  Sequential model = small_network();
  Trainer trainer(model, Adam{}, SoftmaxCrossEntropy{}, Device::cpu());
  struct Thrower : Callback {
    int exceptions_seen = 0;
    void on_train_batch_end(Trainer&, const Logs& logs) override {
      if (logs.batch == 3) throw std::runtime_error("mine");
    }
    void on_exception(Trainer&, const Logs&) noexcept override { ++exceptions_seen; }
  } thrower;
  FitOptions options = epochs(1);
  options.callbacks = {&thrower};
  CHECK_THROWS_WITH(trainer.fit(data.train, options), "mine");
  CHECK(thrower.exceptions_seen == 1);
  CHECK(trainer.steps() == 4);
  CHECK(trainer.fit(data.train, epochs(1)).epochs.size() == 1);
}

TEST_CASE("a stop flag ends the fit after the step that is running") {
  const data::Split data = small_images();
  Sequential model = small_network();
  Trainer trainer(model, Adam{}, SoftmaxCrossEntropy{}, Device::cpu());
  std::atomic<bool> stop{false};
  LambdaCallback at_third;
  at_third.train_batch_end = [&](Trainer&, const Logs& logs) { stop = logs.batch == 2; };
  FitOptions options = epochs(4);
  options.callbacks = {&at_third};
  options.stop = &stop;
  const History history = trainer.fit(data.train, options);
  CHECK(history.interrupted);
  CHECK(trainer.steps() == 3);
}

TEST_CASE("losses with targets train a regression") {
  const data::Split data = data::synthetic_regression({.train = 300, .test = 100, .features = 5});
  for (const Loss& loss : {Loss(MeanSquaredError{}), Loss(MeanAbsoluteError{}), Loss(Huber{0.5})}) {
    Sequential model{Input{5}, Dense{16, relu}, Dense{1}};
    Trainer trainer(model, Adam{.learning_rate = 1e-2}, loss, Device::cpu(),
                    {.metrics = {{"mae", MeanAbsoluteError{}}}});
    const double before = trainer.evaluate(data.test).loss;
    const History history = trainer.fit(data.train, epochs(20));
    const Evaluation after = trainer.evaluate(data.test);
    CHECK(after.loss < 0.5 * before);
    CHECK(std::isnan(after.accuracy));
    CHECK(history.epochs.back().metrics.at("mae") < history.epochs.front().metrics.at("mae"));
  }
}

TEST_CASE("a loss on probabilities trains like the same loss on logits") {
  const data::Split data = small_images();
  Sequential on_logits = small_network();
  Sequential on_probabilities = small_network();
  on_probabilities.add(softmax);
  Trainer first(on_logits, Adam{}, SoftmaxCrossEntropy{}, Device::cpu());
  Trainer second(on_probabilities, Adam{}, SoftmaxCrossEntropy{.from_logits = false},
                 Device::cpu());
  first.fit(data.train, epochs(2));
  second.fit(data.train, epochs(2));
  CHECK(all_bytes(first) == all_bytes(second));
}

TEST_CASE("misuse is refused in words") {
  const data::Split data = small_images();
  Sequential model = small_network();
  Trainer trainer(model, Adam{}, SoftmaxCrossEntropy{}, Device::cpu(), {.batch_size = 64});
  CHECK_THROWS_WITH_AS(trainer.fit(data.train, epochs(0)), "fit: 0 epochs", Error);
  CHECK_THROWS_WITH_AS(trainer.fit(data.train.take(10), quiet),
                       doctest::Contains("fit: a batch of 64 is larger than the 10 samples"),
                       DataError);
  const data::Split wide =
      data::synthetic_images({.train = 100, .test = 1, .height = 12, .width = 12});
  CHECK_THROWS_WITH_AS(trainer.fit(wide.train, quiet),
                       doctest::Contains("samples are [12, 12, 1], the model takes [10, 9, 1]"),
                       DataError);
  const data::Split many = data::synthetic_images(
      {.train = 100, .test = 1, .height = 10, .width = 9, .channels = 1, .classes = 7});
  CHECK_THROWS_WITH_AS(trainer.fit(many.train, quiet),
                       doctest::Contains("7 classes, the model has outputs [3]"), DataError);
  CHECK_THROWS_WITH_AS(
      Trainer(model, Adam{}, SoftmaxCrossEntropy{}, Device::cpu(), {.batch_size = 0}),
      "trainer: a batch of 0 samples", Error);
  CHECK_THROWS_AS(Trainer(model, Adam{}, SoftmaxCrossEntropy{}, Device::cuda()), Error);
}

}  // namespace ravine::test
