#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <ravine/core/state.h>

namespace ravine {

class Trainer;

/// How training stands; NaN where a number is not known (yet).
struct Logs {
  std::int64_t epoch = 0;    // of this fit, from 0
  std::int64_t epochs = 0;   // that this fit shall run
  std::int64_t batch = 0;    // of this epoch, from 0
  std::int64_t batches = 0;  // of each epoch
  std::int64_t step = 0;     // of the trainer's life, from 0
  std::int64_t samples = 0;  // seen in this epoch
  double learning_rate = 0;
  double batch_loss = 0;  // of the last batch, before its update
  double loss = 0;        // the mean over the epoch so far
  double accuracy = 0;    // likewise; NaN without labels
  double validation_loss = 0;
  double validation_accuracy = 0;
  std::map<std::string, double> metrics = {};  // of the data in use, "val_…" of the validation data

  /// The number a Keras name stands for: loss, accuracy, val_loss, val_accuracy, lr or a metric.
  ///
  /// Throws  Error listing the names there are.
  double at(const std::string& name) const;
};

/// Something that is told how training goes, and may stop it by `trainer.stop_training()`.
///
/// Called in the order of FitOptions. What it throws ends the fit: `on_exception` of all callbacks
/// runs, then the exception goes on to the caller of fit.
class Callback {
 public:
  virtual ~Callback() = default;
  virtual void on_train_begin(Trainer&, const Logs&) {}
  virtual void on_epoch_begin(Trainer&, const Logs&) {}
  virtual void on_train_batch_begin(Trainer&, const Logs&) {}
  virtual void on_train_batch_end(Trainer&, const Logs&) {}
  virtual void on_epoch_end(Trainer&, const Logs&) {}
  virtual void on_train_end(Trainer&, const Logs&) {}
  virtual void on_exception(Trainer&, const Logs&) noexcept {}
  /// Adds its counters to what a snapshot keeps.
  virtual void collect(State&) {}
};

}  // namespace ravine
