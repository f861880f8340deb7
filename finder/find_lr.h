#pragma once

#include <ravine/finder/sweep.h>
#include <ravine/train/trainer.h>

namespace ravine {

/// Finds a learning rate: trains with a rate that rises from batch to batch, and watches the loss.
///
/// Weights, optimizer, counters, random numbers and callbacks are put back bit for bit on every way
/// out, exceptions included: fit afterwards gives what it would have given. Short data goes round
/// again in a new order. Of `fit`, epochs, schedule and validation are not used.
/// Throws  Error when an option makes no sense, DataError when the data does not fit the model.
/// Source  Smith 2015, arXiv:1506.01186.
Sweep find_lr(Trainer& trainer, const data::Dataset& train, const SweepOptions& options = {},
              const FitOptions& fit = {});

/// The finder as a callback: fit runs the sweep in place of training, and returns.
///
///     LrFinder finder;
///     trainer.fit(train, {.callbacks = {&finder}});
///     finder.sweep().write_svg("lr.svg");
class LrFinder : public Callback {
 public:
  explicit LrFinder(SweepOptions options = {}) : options_(std::move(options)) {}

  void on_train_begin(Trainer& trainer, const Logs& logs) override;

  /// Of the last fit. Throws Error when there was none.
  const Sweep& sweep() const;

 private:
  SweepOptions options_;
  std::optional<Sweep> sweep_;
};

}  // namespace ravine
