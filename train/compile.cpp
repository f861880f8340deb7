#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/optim/adam.h>
#include <ravine/optim/rmsprop.h>
#include <ravine/optim/sgd.h>
#include <ravine/train/compile.h>

namespace ravine {

OptimizerSpec make_optimizer(const OptimizerConfig& c) {
  const Clipping clip{.value = c.clipvalue, .norm = c.clipnorm, .global_norm = c.global_clipnorm};
  if (c.name == "sgd") {
    return SGD{.learning_rate = c.learning_rate,
               .momentum = c.momentum.value_or(0),
               .nesterov = c.nesterov.value_or(false),
               .weight_decay = c.weight_decay.value_or(0),
               .clip = clip};
  }
  if (c.name == "adam") {
    return Adam{.learning_rate = c.learning_rate,
                .beta_1 = c.beta_1.value_or(0.9),
                .beta_2 = c.beta_2.value_or(0.999),
                .epsilon = c.epsilon.value_or(1e-7),
                .weight_decay = c.weight_decay.value_or(0),
                .clip = clip};
  }
  if (c.name == "adamw") {
    return AdamW{.learning_rate = c.learning_rate,
                 .weight_decay = c.weight_decay.value_or(0.004),
                 .beta_1 = c.beta_1.value_or(0.9),
                 .beta_2 = c.beta_2.value_or(0.999),
                 .epsilon = c.epsilon.value_or(1e-7),
                 .clip = clip};
  }
  if (c.name == "rmsprop") {
    return RMSprop{.learning_rate = c.learning_rate,
                   .rho = c.rho.value_or(0.9),
                   .momentum = c.momentum.value_or(0),
                   .epsilon = c.epsilon.value_or(1e-7),
                   .centered = c.centered.value_or(false),
                   .weight_decay = c.weight_decay.value_or(0),
                   .clip = clip};
  }
  throw DataError(fmt::format("optimizer '{}': expected sgd, adam, adamw or rmsprop", c.name));
}

Loss make_loss(const LossConfig& c) {
  if (c.label_smoothing != 0) {
    throw DataError(fmt::format("loss {}: label_smoothing {} is not supported, only 0", c.name,
                                c.label_smoothing));
  }
  if (c.name == "sparse_categorical_crossentropy" || c.name == "categorical_crossentropy") {
    return SoftmaxCrossEntropy{.from_logits = c.from_logits};
  }
  if (c.name == "binary_crossentropy") return BinaryCrossEntropy{.from_logits = c.from_logits};
  if (c.name == "mean_squared_error") return MeanSquaredError{};
  if (c.name == "mean_absolute_error") return MeanAbsoluteError{};
  if (c.name == "huber") return Huber{.delta = c.delta};
  throw DataError(
      fmt::format("loss '{}': expected sparse_categorical_crossentropy, "
                  "categorical_crossentropy, binary_crossentropy, mean_squared_error, "
                  "mean_absolute_error or huber",
                  c.name));
}

}  // namespace ravine
