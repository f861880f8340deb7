#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <ravine/train/callback.h>

namespace ravine {

/// Whether a followed number should fall or rise; automatic: names with "acc" rise, others fall.
enum class Better : std::uint8_t { automatic, lower, higher };

struct EarlyStoppingOptions {
  std::string monitor = "val_loss";
  double min_delta = 0;
  std::int64_t patience = 0;
  Better better = Better::automatic;
  std::optional<double> baseline = {};
  bool restore_best_weights = false;
  std::int64_t start_from_epoch = 0;
};

/// Stops training when a number has not improved by more than min_delta for `patience` epochs.
class EarlyStopping : public Callback {
 public:
  explicit EarlyStopping(EarlyStoppingOptions options = {}) : options_(std::move(options)) {}
  void on_train_begin(Trainer&, const Logs&) override;
  void on_epoch_end(Trainer&, const Logs&) override;
  void on_train_end(Trainer&, const Logs&) override;
  void collect(State&) override;

  /// The epoch it stopped at, of the last fit; empty when it did not.
  std::optional<std::int64_t> stopped_epoch() const;

 private:
  EarlyStoppingOptions options_;
  double best_ = 0;
  std::int64_t wait_ = 0;
  std::int64_t stopped_epoch_ = -1;
  std::optional<Snapshot> best_weights_;
};

struct ReduceLROnPlateauOptions {
  std::string monitor = "val_loss";
  double factor = 0.1;
  std::int64_t patience = 10;
  Better better = Better::automatic;
  double min_delta = 1e-4;
  std::int64_t cooldown = 0;
  double min_lr = 0;
};

/// Multiplies the rate by `factor` when a number has not improved for `patience` epochs.
///
/// Throws  Error when factor is not in (0, 1).
class ReduceLROnPlateau : public Callback {
 public:
  explicit ReduceLROnPlateau(ReduceLROnPlateauOptions options = {});
  void on_train_begin(Trainer&, const Logs&) override;
  void on_epoch_end(Trainer&, const Logs&) override;
  void collect(State&) override;

 private:
  ReduceLROnPlateauOptions options_;
  double best_ = 0;
  std::int64_t wait_ = 0;
  std::int64_t cooldown_left_ = 0;
};

/// Stops training after the first batch whose loss is not finite.
class TerminateOnNaN : public Callback {
 public:
  void on_train_batch_end(Trainer&, const Logs&) override;
};

/// Sets the rate at the beginning of each epoch: rate(epoch of this fit, rate so far).
class LearningRateScheduler : public Callback {
 public:
  explicit LearningRateScheduler(std::function<double(std::int64_t, double)> rate)
      : rate_(std::move(rate)) {}
  void on_epoch_begin(Trainer&, const Logs&) override;

 private:
  std::function<double(std::int64_t, double)> rate_;
};

/// Functions in place of a class, for the events that need one.
struct LambdaCallback : Callback {
  using Function = std::function<void(Trainer&, const Logs&)>;
  Function train_begin, epoch_begin, train_batch_begin, train_batch_end, epoch_end, train_end;

  void on_train_begin(Trainer& t, const Logs& l) override { call(train_begin, t, l); }
  void on_epoch_begin(Trainer& t, const Logs& l) override { call(epoch_begin, t, l); }
  void on_train_batch_begin(Trainer& t, const Logs& l) override { call(train_batch_begin, t, l); }
  void on_train_batch_end(Trainer& t, const Logs& l) override { call(train_batch_end, t, l); }
  void on_epoch_end(Trainer& t, const Logs& l) override { call(epoch_end, t, l); }
  void on_train_end(Trainer& t, const Logs& l) override { call(train_end, t, l); }

 private:
  static void call(const Function& function, Trainer& trainer, const Logs& logs) {
    if (function) function(trainer, logs);
  }
};

}  // namespace ravine
