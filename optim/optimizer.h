#pragma once

#include <concepts>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ravine/optim/learning_rate.h>

namespace ravine {

/// What an optimizer works on: all trained parameters of a model in one flat range.
struct ParameterRange {
  struct Segment {
    std::int64_t offset, count;
    std::string name;  // "dense/kernel"
  };
  Tensor parameters, gradients;   // [length] each; between segments there may be gaps of zeros
  std::vector<Segment> segments;  // one a parameter tensor, in order
};

/// Parameters whose names begin with `prefix` get a rate, and a weight decay, of their own.
///
/// The first group that fits counts; parameters that none fits form a group with multiplier 1.
struct ParameterGroup {
  std::string prefix;
  double rate_multiplier = 1;
  std::optional<double> weight_decay = {};
};

/// Limits on gradients before they are used, as Keras's clipvalue, clipnorm (of each parameter
/// tensor) and global_clipnorm (of all together). At most one may be set.
struct Clipping {
  std::optional<double> value = {}, norm = {}, global_norm = {};
};

/// Turns gradients into new parameters, step by step.
///
/// Derived classes say how one contiguous part of the range is updated; this class counts steps in
/// device memory, clips, and keeps one rate a group.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// One update from the gradients as they stand. Nothing is allocated and nothing waited for.
  void step();

  /// Sets the rate of all groups, each times its multiplier.
  void set_learning_rate(double rate);
  /// The rate of a group: those given, in order, then that of all other parameters.
  LearningRate& learning_rate(std::size_t group) { return groups_[group].rate; }
  std::size_t groups() const { return groups_.size(); }
  /// The rate before any multiplier.
  double learning_rate() const { return base_rate_; }

  /// Lists moments, step count and rates.
  void collect(State& state);

  /// "Adam", and "beta_1 0.9, beta_2 0.999, epsilon 1e-07".
  virtual std::string name() const = 0;
  virtual std::string options_text() const = 0;

 protected:
  struct Setup {
    double learning_rate;
    double weight_decay = 0;
    Clipping clip = {};
  };
  /// Throws  Error when an option makes no sense.
  Optimizer(Stream& stream, const ParameterRange& range, std::span<const ParameterGroup> groups,
            const Setup& setup);

  /// A part of the range with equal rate and weight decay, and the step number i64 [ ] from 1 on.
  struct Part {
    const Tensor& rate;
    const Tensor& step;
    float weight_decay;
    Tensor parameters, gradients;
    std::int64_t offset;
  };
  virtual void update(const Part& part) = 0;

  /// A range of the parameters' layout, zeros at first, that `collect` lists.
  Tensor moment(std::string name);
  Stream& stream() { return stream_; }

 private:
  struct Group {
    LearningRate rate;
    double multiplier;
    float weight_decay;
  };
  struct Moment {
    std::string name;
    Tensor tensor;
  };
  void clip();

  Stream& stream_;
  ParameterRange range_;
  Clipping clip_;
  double base_rate_;
  std::deque<Group> groups_;
  std::vector<Part> parts_;
  std::vector<Moment> moments_;
  Scalar<std::int64_t> step_;
  Tensor squares_;  // of the gradients, for clipping
};

/// Any optimizer with its options: `Adam{}`, `SGD{.momentum = 0.9}`, or a struct of your own with
/// the same `make`.
class OptimizerSpec {
 public:
  template <class T>
  requires requires(const T& options, Stream& stream, const ParameterRange& range,
                    std::span<const ParameterGroup> groups) {
    { options.make(stream, range, groups) } -> std::same_as<std::unique_ptr<Optimizer>>;
  }
  OptimizerSpec(T options)  // NOLINT: Adam{} is an OptimizerSpec
      : make_([options](Stream& stream, const ParameterRange& range,
                        std::span<const ParameterGroup> groups) {
          return options.make(stream, range, groups);
        }) {}

  std::unique_ptr<Optimizer> make(Stream& stream, const ParameterRange& range,
                                  std::span<const ParameterGroup> groups) const {
    return make_(stream, range, groups);
  }

 private:
  std::function<std::unique_ptr<Optimizer>(Stream&, const ParameterRange&,
                                           std::span<const ParameterGroup>)>
      make_;
};

}  // namespace ravine
