#include <string_view>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/layers/losses.h>
#include <ravine/train/loss.h>

namespace ravine {
namespace {

using kernels::LossKind;

/// Labels as targets of the output's shape: one-hot rows, or the 0 and 1 of a single output.
Tensor targets_of(const Variable& output, const Answers& answers) {
  if (answers.targets) return answers.targets;
  if (!answers.labels)
    throw Error("the data has neither labels nor targets to compute a loss from");
  if (output.shape().rank() != 2) {
    throw Error(fmt::format("labels need outputs [N,C], the model gives {}", output.shape().str()));
  }
  const Tensor targets(output.stream(), output.shape());
  kernels::one_hot(output.stream(), answers.labels, targets);
  return targets;
}

/// The input of the operation that made `output`, if that was `operation`.
Variable before(const Variable& output, std::string_view operation) {
  return output.operation() == operation ? output.source() : Variable();
}

}  // namespace

Variable SoftmaxCrossEntropy::operator()(const Variable& output, const Answers& answers) const {
  const Tensor& right = answers.labels ? answers.labels : answers.targets;
  if (!right) throw Error("the data has neither labels nor targets to compute a loss from");
  const Variable logits = from_logits ? output : before(output, "softmax");
  if (logits) return softmax_cross_entropy(logits, right, answers.weight);
  return element_loss(output, targets_of(output, answers), answers.weight, LossKind::categorical);
}

Variable BinaryCrossEntropy::operator()(const Variable& output, const Answers& answers) const {
  const Tensor targets = targets_of(output, answers);
  const Variable logits = from_logits ? output : before(output, "sigmoid");
  if (logits) return element_loss(logits, targets, answers.weight, LossKind::binary_logits);
  return element_loss(output, targets, answers.weight, LossKind::binary);
}

Variable MeanSquaredError::operator()(const Variable& output, const Answers& answers) const {
  return element_loss(output, targets_of(output, answers), answers.weight, LossKind::squared);
}

Variable MeanAbsoluteError::operator()(const Variable& output, const Answers& answers) const {
  return element_loss(output, targets_of(output, answers), answers.weight, LossKind::absolute);
}

Variable Huber::operator()(const Variable& output, const Answers& answers) const {
  return element_loss(output, targets_of(output, answers), answers.weight, LossKind::huber, delta);
}

}  // namespace ravine
