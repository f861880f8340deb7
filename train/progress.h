#pragma once

#include <chrono>
#include <cstdint>

#include <ravine/train/callback.h>

namespace ravine {

/// Shows on stderr how training goes: on a terminal a bar with ETA, loss, accuracy and samples/s;
/// elsewhere one plain line an epoch and one every ten seconds.
class ProgressBar : public Callback {
 public:
  ProgressBar();
  void on_epoch_begin(Trainer&, const Logs&) override;
  void on_train_batch_end(Trainer&, const Logs&) override;
  void on_epoch_end(Trainer&, const Logs&) override;
  void on_train_end(Trainer&, const Logs&) override;
  void on_exception(Trainer&, const Logs&) noexcept override;

 private:
  using Clock = std::chrono::steady_clock;
  void draw(const Logs& logs) const;
  void finish_line();

  bool terminal_;
  bool line_open_ = false;
  Clock::time_point epoch_began_;
  Clock::time_point last_shown_;
};

}  // namespace ravine
