#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/train/callbacks.h>
#include <ravine/train/trainer.h>

namespace ravine {
namespace {

bool rises(Better better, const std::string& monitor) {
  if (better == Better::automatic) return monitor.find("acc") != std::string::npos;
  return better == Better::higher;
}

double worst(Better better, const std::string& monitor) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  return rises(better, monitor) ? -infinity : infinity;
}

bool improves(double value, double best, double min_delta, bool upwards) {
  return upwards ? value > best + min_delta : value < best - min_delta;
}

/// The followed number; one that is never known would wait for ever without a word.
double followed(const Logs& logs, const std::string& monitor, const char* callback) {
  const double value = logs.at(monitor);
  const bool missing = std::isnan(value) && monitor.starts_with("val_") &&
                       std::isnan(logs.validation_loss) && !std::isnan(logs.loss);
  if (missing) {
    throw Error(fmt::format("{} follows '{}', but fit has no validation data", callback, monitor));
  }
  return value;
}

}  // namespace

void EarlyStopping::on_train_begin(Trainer&, const Logs&) {
  best_ = options_.baseline.value_or(worst(options_.better, options_.monitor));
  wait_ = 0;
  stopped_epoch_ = -1;
  best_weights_.reset();
}

void EarlyStopping::on_epoch_end(Trainer& trainer, const Logs& logs) {
  if (logs.epoch < options_.start_from_epoch) return;
  const double value = followed(logs, options_.monitor, "EarlyStopping");
  const bool better =
      improves(value, best_, options_.min_delta, rises(options_.better, options_.monitor));
  if (better) best_ = value;
  if (options_.restore_best_weights && (better || !best_weights_)) {
    State state;
    trainer.model().parameters().collect(state);
    best_weights_.emplace(trainer.stream(), std::move(state));
  }
  if (better) {
    wait_ = 0;
    return;
  }
  if (++wait_ >= options_.patience && logs.epoch > 0) {
    stopped_epoch_ = logs.epoch;
    trainer.stop_training();
  }
}

void EarlyStopping::on_train_end(Trainer&, const Logs&) {
  if (best_weights_) best_weights_->restore();
}

void EarlyStopping::collect(State& state) {
  state.add("early_stopping/best", best_);
  state.add("early_stopping/wait", wait_);
  state.add("early_stopping/stopped_epoch", stopped_epoch_);
}

std::optional<std::int64_t> EarlyStopping::stopped_epoch() const {
  if (stopped_epoch_ < 0) return std::nullopt;
  return stopped_epoch_;
}

ReduceLROnPlateau::ReduceLROnPlateau(ReduceLROnPlateauOptions options)
    : options_(std::move(options)) {
  if (!(options_.factor > 0 && options_.factor < 1)) {
    throw Error(fmt::format("ReduceLROnPlateau: a factor of {} is not in (0, 1)", options_.factor));
  }
}

void ReduceLROnPlateau::on_train_begin(Trainer&, const Logs&) {
  best_ = worst(options_.better, options_.monitor);
  wait_ = cooldown_left_ = 0;
}

void ReduceLROnPlateau::on_epoch_end(Trainer& trainer, const Logs& logs) {
  const double value = followed(logs, options_.monitor, "ReduceLROnPlateau");
  if (cooldown_left_ > 0) {
    --cooldown_left_;
    wait_ = 0;
  }
  if (improves(value, best_, options_.min_delta, rises(options_.better, options_.monitor))) {
    best_ = value;
    wait_ = 0;
  } else if (cooldown_left_ == 0 && ++wait_ >= options_.patience) {
    const double rate = trainer.learning_rate();
    if (rate > options_.min_lr) {
      trainer.learning_rate(std::max(rate * options_.factor, options_.min_lr));
      cooldown_left_ = options_.cooldown;
      wait_ = 0;
    }
  }
}

void ReduceLROnPlateau::collect(State& state) {
  state.add("reduce_lr_on_plateau/best", best_);
  state.add("reduce_lr_on_plateau/wait", wait_);
  state.add("reduce_lr_on_plateau/cooldown_left", cooldown_left_);
}

void TerminateOnNaN::on_train_batch_end(Trainer& trainer, const Logs& logs) {
  if (!std::isfinite(logs.batch_loss)) trainer.stop_training();
}

void LearningRateScheduler::on_epoch_begin(Trainer& trainer, const Logs& logs) {
  trainer.learning_rate(rate_(logs.epoch, trainer.learning_rate()));
}

}  // namespace ravine
