#include <cmath>

#include <ravine/core/error.h>
#include <ravine/core/version.h>
#include <ravine/finder/find_lr.h>

namespace ravine {
namespace {

/// Sets the rate before each step and writes down what the step gave.
class Recorder : public Callback {
 public:
  explicit Recorder(const SweepOptions& options) : options_(options), rule_(options) {}

  void on_train_batch_begin(Trainer& trainer, const Logs&) override {
    trainer.learning_rate(rate_at(options_, static_cast<int>(points_.size())));
  }

  void on_train_batch_end(Trainer& trainer, const Logs& logs) override {
    const auto step = static_cast<int>(points_.size());
    const double norm = trainer.gradient_norm();
    points_.push_back({.step = step,
                       .lr = rate_at(options_, step),
                       .loss = logs.batch_loss,
                       .gradient_norm = norm,
                       .finite = std::isfinite(logs.batch_loss) && std::isfinite(norm)});
    stop_ = rule_.observe(logs.batch_loss, norm);
    if (stop_) trainer.stop_training();
  }

  Sweep result() && {
    return {.points = std::move(points_),
            .stop = stop_.value_or(StopReason::interrupted),
            .settings = options_};
  }

 private:
  const SweepOptions& options_;
  StopRule rule_;
  std::vector<SweepPoint> points_;
  std::optional<StopReason> stop_;
};

SweepSubject describe(Trainer& trainer, const data::Dataset& train) {
  return {.model = {.layers = trainer.model().outline(),
                    .parameters = trainer.model().parameters().count()},
          .optimizer = {.name = trainer.optimizer().name(),
                        .options = trainer.optimizer().options_text()},
          .data = {.name = train.name(),
                   .examples = train.size(),
                   .batch_size = trainer.options().batch_size},
          .device = trainer.stream().device().str(),
          .seed = trainer.options().seed,
          .versions = {{"ravine", version()}}};
}

/// Puts everything back at the end of its life, however that comes.
class PutBack {
 public:
  PutBack(Trainer& trainer, const FitOptions& fit)
      : snapshot_(trainer.stream(), state_of(trainer, fit)) {}
  ~PutBack() { snapshot_.restore(); }
  PutBack(const PutBack&) = delete;
  PutBack& operator=(const PutBack&) = delete;

 private:
  static State state_of(Trainer& trainer, const FitOptions& fit) {
    State state;
    trainer.collect(state);
    for (Callback* callback : fit.callbacks) callback->collect(state);
    return state;
  }
  Snapshot snapshot_;
};

}  // namespace

Sweep find_lr(Trainer& trainer, const data::Dataset& train, const SweepOptions& options,
              const FitOptions& fit) {
  check(options);
  Recorder recorder(options);
  FitOptions sweep_fit = fit;
  sweep_fit.epochs = options.steps + 1;  // more than enough: the stop rule ends the fit
  sweep_fit.validation = nullptr;
  sweep_fit.schedule = {};
  sweep_fit.callbacks.insert(sweep_fit.callbacks.begin(), &recorder);
  {
    const PutBack put_back(trainer, fit);
    trainer.fit(train, sweep_fit);
  }
  Sweep sweep = std::move(recorder).result();
  sweep.subject = describe(trainer, train);
  sweep.analyse();
  return sweep;
}

void LrFinder::on_train_begin(Trainer& trainer, const Logs&) {
  FitOptions fit = trainer.fit_options();
  fit.callbacks.clear();
  sweep_ = find_lr(trainer, trainer.fit_data(), options_, fit);
  trainer.stop_training();
}

const Sweep& LrFinder::sweep() const {
  if (!sweep_) throw Error("LrFinder: no fit has run with this callback");
  return *sweep_;
}

}  // namespace ravine
