#pragma once

#include <concepts>
#include <functional>
#include <string>
#include <utility>

#include <ravine/core/tape.h>
#include <ravine/data/dataset.h>

namespace ravine {

/// What a batch should have given: labels i32 [N], or targets f32 [N,...], and weights [N] or
/// empty.
struct Answers {
  Tensor labels;
  Tensor targets;
  Tensor weight;
};

/// −ln of the probability of the right class, for labels or one-hot targets; the model gives
/// logits.
///
/// With `from_logits` false it gives probabilities, as a Keras model that ends in softmax does; the
/// loss is then taken on the logits before that softmax, same numbers, no loss of precision.
struct SoftmaxCrossEntropy {
  static constexpr const char* name = "softmax_cross_entropy";
  bool from_logits = true;
  Variable operator()(const Variable& output, const Answers& answers) const;
};

/// −t·ln p − (1−t)·ln(1−p), the mean over outputs; labels 0 and 1, or targets.
struct BinaryCrossEntropy {
  static constexpr const char* name = "binary_cross_entropy";
  bool from_logits = true;
  Variable operator()(const Variable& output, const Answers& answers) const;
};

/// The mean of (y − t)², of |y − t|, and of Huber's function with its corner at delta.
struct MeanSquaredError {
  static constexpr const char* name = "mean_squared_error";
  Variable operator()(const Variable& output, const Answers& answers) const;
};
struct MeanAbsoluteError {
  static constexpr const char* name = "mean_absolute_error";
  Variable operator()(const Variable& output, const Answers& answers) const;
};
struct Huber {
  static constexpr const char* name = "huber";
  double delta = 1;
  Variable operator()(const Variable& output, const Answers& answers) const;
};

/// Any loss: one of the above, or your own function of outputs and answers that gives a scalar.
class Loss {
 public:
  template <class T>
  requires(!std::same_as<T, Loss> &&
           std::convertible_to<std::invoke_result_t<const T&, const Variable&, const Answers&>,
                               Variable>) Loss(T loss)
      : function_(std::move(loss)) {  // NOLINT: SoftmaxCrossEntropy{} is a Loss
    if constexpr (requires { T::name; }) name_ = T::name;
  }

  Variable operator()(const Variable& output, const Answers& answers) const {
    return function_(output, answers);
  }
  const std::string& name() const { return name_; }

 private:
  std::function<Variable(const Variable&, const Answers&)> function_;
  std::string name_ = "loss";
};

}  // namespace ravine
