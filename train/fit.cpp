#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/train/progress.h>
#include <ravine/train/trainer.h>

namespace ravine {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

void check(const FitOptions& options, const data::Dataset& train, std::int64_t batch_size) {
  if (options.epochs < 1) throw Error(fmt::format("fit: {} epochs", options.epochs));
  if (options.steps_per_epoch < 0) {
    throw Error(fmt::format("fit: {} steps an epoch", options.steps_per_epoch));
  }
  if (train.size() < batch_size) {
    throw DataError(fmt::format("fit: a batch of {} is larger than the {} samples of '{}'",
                                batch_size, train.size(), train.name()));
  }
}

/// The data with its weights times those of the classes.
data::Dataset with_class_weight(const data::Dataset& train,
                                const std::map<std::int32_t, double>& class_weight) {
  if (class_weight.empty()) return train;
  if (train.labels().empty()) throw Error("fit: class_weight needs data with labels");
  std::vector<float> weights(static_cast<std::size_t>(train.size()), 1);
  if (!train.weights().empty()) weights.assign(train.weights().begin(), train.weights().end());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto found = class_weight.find(train.labels()[i]);
    if (found != class_weight.end()) weights[i] *= static_cast<float>(found->second);
  }
  return train.weighted(std::move(weights));
}

}  // namespace

/// One call of fit: the loops over epochs and batches, and what the callbacks are told.
class FitLoop {
 public:
  FitLoop(Trainer& trainer, const data::Dataset& train, const FitOptions& options)
      : trainer_(trainer),
        options_(options),
        batches_(trainer.stream(), with_class_weight(train, options.class_weight)),
        callbacks_(options.callbacks) {
    const std::int64_t batch_size = trainer.options().batch_size;
    logs_.epochs = options.epochs;
    logs_.batches = (train.size() + batch_size - 1) / batch_size;
    if (options.steps_per_epoch > 0) {
      logs_.batches = std::min(logs_.batches, options.steps_per_epoch);
    }
    if (options.progress == Progress::automatic) callbacks_.push_back(&progress_);
  }

  History run() {
    trainer_.stop_training_ = false;
    logs_.step = trainer_.steps_;
    forget_epoch();
    try {
      tell(&Callback::on_train_begin);
      for (logs_.epoch = 0; logs_.epoch < options_.epochs && !stopping(); ++logs_.epoch) epoch();
      tell(&Callback::on_train_end);
    } catch (...) {
      for (Callback* callback : callbacks_) callback->on_exception(trainer_, logs_);
      throw;
    }
    return std::move(history_);
  }

 private:
  bool stopping() {
    if (options_.stop != nullptr && options_.stop->load()) history_.interrupted = true;
    return trainer_.stop_training_ || history_.interrupted;
  }

  void tell(void (Callback::*event)(Trainer&, const Logs&)) {
    logs_.learning_rate = trainer_.learning_rate();
    for (Callback* callback : callbacks_) (callback->*event)(trainer_, logs_);
  }

  void forget_epoch() {
    logs_.batch = logs_.samples = 0;
    logs_.batch_loss = logs_.loss = logs_.accuracy = unknown;
    logs_.validation_loss = logs_.validation_accuracy = unknown;
    logs_.metrics.clear();
    trainer_.metric_sums_.clear();
    loss_sum_ = 0;
  }

  void epoch() {
    forget_epoch();
    trainer_.correct_.set(trainer_.stream(), 0);
    batches_.begin_epoch(trainer_.options().seed, trainer_.epoch_, options_.shuffle);
    tell(&Callback::on_epoch_begin);
    for (logs_.batch = 0; logs_.batch < logs_.batches && !stopping(); ++logs_.batch) step();
    // An epoch that was cut short is begun anew by the next fit, in the same order.
    if (logs_.batch < logs_.batches) return;
    ++trainer_.epoch_;
    if (options_.validation != nullptr) validate();
    tell(&Callback::on_epoch_end);
    history_.epochs.push_back(logs_);
  }

  void step() {
    if (options_.schedule) trainer_.learning_rate(options_.schedule(trainer_.steps_));
    tell(&Callback::on_train_batch_begin);
    const std::int64_t rows =
        std::min(trainer_.options().batch_size, batches_.size() - logs_.samples);
    trainer_.model().tape().mode(true, true);
    step_rows_ = rows;
    step_.run();

    ++trainer_.steps_;
    logs_.step = trainer_.steps_;
    logs_.samples += rows;
    logs_.batch_loss = static_cast<double>(trainer_.step_loss_.item(trainer_.stream()));
    loss_sum_ += logs_.batch_loss * static_cast<double>(rows);
    const auto samples = static_cast<double>(logs_.samples);
    logs_.loss = loss_sum_ / samples;
    if (!batches_.dataset().labels().empty()) {
      logs_.accuracy = static_cast<double>(trainer_.correct_.get(trainer_.stream())) / samples;
    }
    for (const auto& [name, sum] : trainer_.metric_sums_) logs_.metrics[name] = sum / samples;
    tell(&Callback::on_train_batch_end);
  }

  void validate() {
    const Evaluation evaluation = trainer_.evaluate(*options_.validation);
    logs_.validation_loss = evaluation.loss;
    logs_.validation_accuracy = evaluation.accuracy;
    for (const auto& [name, value] : evaluation.metrics) logs_.metrics["val_" + name] = value;
  }

  Trainer& trainer_;
  const FitOptions& options_;
  Batches batches_;
  ProgressBar progress_;
  std::vector<Callback*> callbacks_;
  Logs logs_;
  History history_;
  double loss_sum_ = 0;
  std::int64_t step_rows_ = 0;
  Step step_{trainer_.model().tape(), [this] { trainer_.train_step(batches_, step_rows_); }};
};

History Trainer::fit(const data::Dataset& train, const FitOptions& options) {
  check(options, train, options_.batch_size);
  require_fitting(train, "fit");
  if (options.validation != nullptr) require_fitting(*options.validation, "validation");
  // A fit inside a callback of another one (a finder) is told apart by putting the outer one back.
  struct PutBack {
    std::optional<RunningFit>& place;
    std::optional<RunningFit> before;
    ~PutBack() { place = before; }
  } put_back{running_fit_, running_fit_};
  FitLoop loop(*this, train, options);
  running_fit_ = RunningFit{&train, &options};
  return loop.run();
}

}  // namespace ravine
