#pragma once

#include <optional>
#include <string>

namespace ravine {

/// The optimizer of a saved model, with the names and defaults of Keras.
struct OptimizerConfig {
  std::string name;  // "sgd", "adam", "adamw" or "rmsprop"
  double learning_rate = 0;
  // What this optimizer has, filled with Keras's defaults; empty for what it has not.
  std::optional<double> momentum = {}, rho = {}, beta_1 = {}, beta_2 = {}, epsilon = {};
  std::optional<bool> nesterov = {}, centered = {};
  // Set or not; of the three limits on gradients at most one is. The decay is decoupled.
  std::optional<double> weight_decay = {}, clipnorm = {}, clipvalue = {}, global_clipnorm = {};

  friend bool operator==(const OptimizerConfig&, const OptimizerConfig&) = default;
};

/// The loss of a saved model, by Keras's name: "sparse_categorical_crossentropy",
/// "categorical_crossentropy", "binary_crossentropy", "mean_squared_error", "mean_absolute_error"
/// or "huber".
struct LossConfig {
  std::string name;
  bool from_logits = false;    // of the cross-entropies
  double label_smoothing = 0;  // of the categorical and binary ones, in [0, 1)
  double delta = 1;            // of huber

  friend bool operator==(const LossConfig&, const LossConfig&) = default;
};

/// How a saved model was compiled; each is empty where the file does not say.
struct CompileSpec {
  std::optional<OptimizerConfig> optimizer = {};
  std::optional<LossConfig> loss = {};

  friend bool operator==(const CompileSpec&, const CompileSpec&) = default;
};

}  // namespace ravine
