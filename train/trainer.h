#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ravine/core/scalar.h>
#include <ravine/core/state.h>
#include <ravine/core/step.h>
#include <ravine/data/dataset.h>
#include <ravine/layers/module.h>
#include <ravine/optim/optimizer.h>
#include <ravine/train/batches.h>
#include <ravine/train/callback.h>
#include <ravine/train/loss.h>

namespace ravine {

struct TrainerOptions {
  std::int64_t batch_size = 32;
  std::uint64_t seed = 42;  // initial weights, shuffling and dropout
  std::vector<ParameterGroup> groups = {};
  /// Further numbers to follow, by name: each is a loss that is only looked at.
  std::map<std::string, Loss> metrics = {};
};

/// What `fit` shows while it runs: a bar on a terminal, else one plain line an epoch.
enum class Progress : std::uint8_t { automatic, off };

struct FitOptions {
  std::int64_t epochs = 1;
  const data::Dataset* validation = nullptr;
  std::vector<Callback*> callbacks = {};
  bool shuffle = true;
  /// The most batches an epoch has; 0: all of the data.
  std::int64_t steps_per_epoch = 0;
  /// What each class counts in the loss; 1 where none is given.
  std::map<std::int32_t, double> class_weight = {};
  /// The rate of each step, from the trainer's step count; empty: the trainer's rate.
  std::function<double(std::int64_t)> schedule = {};
  Progress progress = Progress::automatic;
  /// Once true, fit finishes the step it is in and returns; set it from a signal handler.
  const std::atomic<bool>* stop = nullptr;
};

/// One entry an epoch, in order.
struct History {
  std::vector<Logs> epochs;
  bool interrupted = false;  // by FitOptions::stop
};

struct Evaluation {
  double loss;
  double accuracy;  // NaN without labels
  std::map<std::string, double> metrics;
};

/// Trains a model: a loss, an optimizer, and the loop over batches.
///
/// Everything it changes is listed by `collect`. Same seed, same data: same bits, for any number of
/// threads. The model must outlive it.
class Trainer {
 public:
  /// Builds the model on `device` with the options' seed unless it is built already.
  ///
  /// Throws  Error when the model is on another device, or an option makes no sense.
  Trainer(Module& model, const OptimizerSpec& optimizer, Loss loss, Device device = Device::best(),
          TrainerOptions options = {});

  /// Throws  Error or DataError when the data does not fit the model or is smaller than a batch.
  History fit(const data::Dataset& train, const FitOptions& options = {});
  Evaluation evaluate(const data::Dataset& dataset);
  /// The model's outputs, sample by sample.
  std::vector<float> predict(const data::Dataset& dataset);

  double learning_rate() const;
  /// Sets the rate of all groups, each times its multiplier.
  void learning_rate(double rate);
  /// Ends the fit after the step that is running; for callbacks.
  void stop_training() { stop_training_ = true; }

  Module& model() { return model_; }
  Optimizer& optimizer() { return *optimizer_; }
  const Loss& loss() const { return loss_; }
  const TrainerOptions& options() const { return options_; }
  Stream& stream() { return model_.stream(); }
  /// Training steps so far.
  std::int64_t steps() const { return steps_; }
  /// The data and options of the fit that is running, for callbacks. Throws Error outside of one.
  const data::Dataset& fit_data() const;
  const FitOptions& fit_options() const;
  /// √Σ g² over the gradients of the last step; waits for the device.
  double gradient_norm();

  /// Lists everything that training changes, the callbacks of a running fit included.
  void collect(State& state);

 private:
  friend class FitLoop;
  struct RunningFit {
    const data::Dataset* train;
    const FitOptions* options;
  };
  const RunningFit& running_fit() const;

  void require_fitting(const data::Dataset& dataset, const char* role) const;
  void train_step(Batches& batches, std::int64_t rows);
  void read_metrics(std::map<std::string, double>& sums, const Variable& output,
                    const Answers& answers, std::int64_t rows, const std::string& prefix) const;

  Module& model_;
  Loss loss_;
  TrainerOptions options_;
  std::unique_ptr<Optimizer> optimizer_;
  Scalar<std::int64_t> random_step_;  // the counter of dropout's random numbers
  Tensor step_loss_;                  // of the last step
  Scalar<std::int64_t> correct_;      // right answers of the epoch so far
  std::map<std::string, double> metric_sums_;
  std::int64_t steps_ = 0;
  std::uint32_t epoch_ = 0;  // the next order of the data
  bool stop_training_ = false;
  std::optional<RunningFit> running_fit_;
};

}  // namespace ravine
