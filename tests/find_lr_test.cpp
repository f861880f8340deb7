#include <atomic>
#include <cmath>
#include <functional>
#include <stdexcept>

#include <doctest/doctest.h>

#include <ravine/core/error.h>
#include <ravine/finder/find_lr.h>
#include <ravine/layers/arithmetic.h>
#include <ravine/train/callbacks.h>

#include "small_task.h"

namespace ravine::test {
namespace {

using Act = std::function<void(Trainer&, const data::Dataset&)>;

const std::vector<OptimizerSpec>& optimizers() {
  static const std::vector<OptimizerSpec> all{SGD{}, SGD{.momentum = 0.9, .nesterov = true}, Adam{},
                                              AdamW{}, RMSprop{.momentum = 0.5, .centered = true}};
  return all;
}

/// Trains an epoch, lets `between` happen, trains another: every byte that training has then
/// changed.
std::vector<std::byte> bytes_with(const OptimizerSpec& optimizer, const Act& between) {
  const data::Split data = small_images();
  Sequential model = small_network();
  Trainer trainer(model, optimizer, SoftmaxCrossEntropy{}, Device::cpu());
  trainer.fit(data.train, quiet);
  if (between) between(trainer, data.train);
  trainer.fit(data.train, quiet);
  return all_bytes(trainer);
}

void require_neutral(const Act& act) {
  for (const OptimizerSpec& optimizer : optimizers()) {
    CHECK(bytes_with(optimizer, act) == bytes_with(optimizer, {}));
  }
}

}  // namespace

TEST_CASE("find then fit equals fit, after a sweep that reaches its end") {
  require_neutral([](Trainer& trainer, const data::Dataset& data) {
    const Sweep sweep = find_lr(trainer, data, {.max_lr = 1e-3, .steps = 20}, quiet);
    CHECK(sweep.stop == StopReason::reached_end);
    CHECK(sweep.points.size() == 21);
  });
}

TEST_CASE("find then fit equals fit, after a sweep that diverges") {
  require_neutral([](Trainer& trainer, const data::Dataset& data) {
    const Sweep sweep = find_lr(trainer, data, {.min_lr = 1e-3, .max_lr = 1e6, .steps = 60}, quiet);
    CHECK((sweep.stop == StopReason::diverged || sweep.stop == StopReason::non_finite));
    CHECK(sweep.points.size() < 61);
  });
}

TEST_CASE("find then fit equals fit, after a sweep whose loss becomes NaN") {
  require_neutral([](Trainer& trainer, const data::Dataset& data) {
    const Sweep sweep =
        find_lr(trainer, data, {.min_lr = 1e30, .max_lr = 1e36, .steps = 60}, quiet);
    CHECK(sweep.stop == StopReason::non_finite);
    CHECK_FALSE(sweep.points.back().finite);
    CHECK_THROWS_AS(sweep.suggestion().value(), Error);
  });
}

TEST_CASE("find then fit equals fit, after an exception in a callback of the sweep") {
  require_neutral([](Trainer& trainer, const data::Dataset& data) {
    LambdaCallback thrower;
    thrower.train_batch_end = [](Trainer&, const Logs& logs) {
      if (logs.batch == 4) throw std::runtime_error("mine");
    };
    FitOptions options = quiet;
    options.callbacks = {&thrower};
    CHECK_THROWS_WITH(find_lr(trainer, data, {}, options), "mine");
  });
}

TEST_CASE("find then fit equals fit, after an interrupted sweep") {
  require_neutral([](Trainer& trainer, const data::Dataset& data) {
    std::atomic<bool> stop{false};
    LambdaCallback at_fifth;
    at_fifth.train_batch_end = [&](Trainer&, const Logs& logs) { stop = logs.batch == 4; };
    FitOptions options = quiet;
    options.callbacks = {&at_fifth};
    options.stop = &stop;
    const Sweep sweep = find_lr(trainer, data, {}, options);
    CHECK(sweep.stop == StopReason::interrupted);
    CHECK(sweep.points.size() == 5);
  });
}

TEST_CASE("find then fit equals fit, with the finder as a callback among others") {
  require_neutral([](Trainer& trainer, const data::Dataset& data) {
    LrFinder finder({.steps = 20});
    EarlyStopping stopping({.monitor = "loss", .restore_best_weights = true});
    FitOptions options = quiet;
    options.callbacks = {&stopping, &finder};
    const History history = trainer.fit(data, options);
    CHECK(history.epochs.empty());
    CHECK(finder.sweep().points.size() > 5);
  });
}

TEST_CASE("the callback finds what the function finds") {
  const data::Split data = small_images();
  Sequential model = small_network();
  Trainer trainer(model, Adam{}, SoftmaxCrossEntropy{}, Device::cpu());
  LrFinder finder;
  FitOptions options = quiet;
  options.callbacks = {&finder};
  trainer.fit(data.train, options);
  const Sweep sweep = find_lr(trainer, data.train, {}, quiet);
  REQUIRE(sweep.points.size() == finder.sweep().points.size());
  for (std::size_t i = 0; i < sweep.points.size(); ++i) {
    CHECK(sweep.points[i].lr == finder.sweep().points[i].lr);
    CHECK(sweep.points[i].loss == finder.sweep().points[i].loss);
  }
}

TEST_CASE("a sweep finds a rate at which training learns, and puts the trainer's own rate back") {
  const data::Split data = small_images();
  Sequential model = small_network();
  Trainer trainer(model, Adam{.learning_rate = 0.125}, SoftmaxCrossEntropy{}, Device::cpu());
  const Sweep sweep = find_lr(trainer, data.train, {}, quiet);
  CHECK(trainer.learning_rate() == 0.125);
  CHECK(trainer.steps() == 0);
  const double rate = sweep.suggestion().value();
  CHECK(rate > 1e-5);
  CHECK(rate < 1);
  trainer.learning_rate(rate);
  FitOptions options = quiet;
  options.epochs = 15;
  const History history = trainer.fit(data.train, options);
  CHECK(history.epochs.back().loss < 0.7 * history.epochs.front().loss);
}

TEST_CASE("data shorter than the sweep goes round again in a new order") {
  const data::Split data = small_images();
  Sequential model = small_network();
  Trainer trainer(model, SGD{}, SoftmaxCrossEntropy{}, Device::cpu());
  // 7 batches an epoch; at a rate of almost nothing equal batches would have equal losses.
  const Sweep sweep =
      find_lr(trainer, data.train, {.min_lr = 1e-12, .max_lr = 1e-11, .steps = 20}, quiet);
  REQUIRE(sweep.points.size() == 21);
  bool differs = false;
  for (std::size_t i = 0; i < 7; ++i) {
    differs = differs || std::abs(sweep.points[i].loss - sweep.points[i + 7].loss) > 1e-3;
  }
  CHECK(differs);
}

TEST_CASE("the points of a sweep carry rate, loss and gradient norm") {
  const data::Split data = small_images();
  Sequential model = small_network();
  Trainer trainer(model, SGD{}, SoftmaxCrossEntropy{}, Device::cpu());
  const Sweep sweep = find_lr(trainer, data.train, {.max_lr = 1e-4, .steps = 10}, quiet);
  for (const SweepPoint& point : sweep.points) {
    CHECK(point.finite);
    CHECK(point.gradient_norm > 0);
    CHECK(std::isfinite(point.smoothed));
  }
  CHECK(sweep.points.front().lr == 1e-7);
  CHECK(sweep.points.back().lr == doctest::Approx(1e-4).epsilon(1e-12));
  CHECK(sweep.subject.data.batch_size == 32);
  CHECK(sweep.subject.model.parameters == model.parameters().count());
}

TEST_CASE("a sweep that makes no sense is refused in words before anything changes") {
  const data::Split data = small_images();
  Sequential model = small_network();
  Trainer trainer(model, SGD{}, SoftmaxCrossEntropy{}, Device::cpu());
  const auto before = all_bytes(trainer);
  CHECK_THROWS_AS(find_lr(trainer, data.train, {.min_lr = 1, .max_lr = 0.1}, quiet), Error);
  CHECK_THROWS_AS(find_lr(trainer, data.train, {.steps = 0}, quiet), Error);
  CHECK(all_bytes(trainer) == before);
}

}  // namespace ravine::test
