#include <algorithm>

#include <fmt/format.h>

#include "spec_internal.h"

namespace ravine::detail {
namespace {

struct LossName {
  std::string_view name, class_name;
  std::vector<std::string_view> others;
};

const std::vector<LossName>& loss_names() {
  static const std::vector<LossName> names{
      {"sparse_categorical_crossentropy", "SparseCategoricalCrossentropy", {}},
      {"categorical_crossentropy", "CategoricalCrossentropy", {}},
      {"binary_crossentropy", "BinaryCrossentropy", {"bce", "BCE"}},
      {"mean_squared_error", "MeanSquaredError", {"mse", "MSE"}},
      {"mean_absolute_error", "MeanAbsoluteError", {"mae", "MAE"}},
      {"huber", "Huber", {"huber_loss"}},
  };
  return names;
}

const LossName& loss_name(const JsonView& view, const std::string& name) {
  for (const LossName& known : loss_names()) {
    if (name == known.name || name == known.class_name ||
        std::ranges::find(known.others, name) != known.others.end()) {
      return known;
    }
  }
  view.fail(fmt::format("the loss {} is not supported; supported are: {}", quote(name),
                        listed(loss_names())));
}

LossConfig read_loss_object(const JsonView& view) {
  const std::string name = class_of(view);
  // A function of Keras's own instead of a loss object.
  if (name == "function") {
    return {.name = std::string(loss_name(view, view.at("config").string()).name)};
  }
  LossConfig loss{.name = std::string(loss_name(view, name).name)};
  Config config(view.at("config"), name);
  if (loss.name.ends_with("crossentropy")) {
    loss.from_logits = config.boolean("from_logits", false);
    config.only("axis", -1, "the classes are the last axis");
    config.only_null("ignore_class", "no class is left out");
    if (!loss.name.starts_with("sparse")) {
      loss.label_smoothing = config.number("label_smoothing", 0, 0, 1);
    }
  }
  if (loss.name == "huber") {
    if (const auto delta = config.take("delta")) loss.delta = read_positive(*delta);
  }
  if (const auto reduction = config.take("reduction")) {
    reduction->one_of({"sum_over_batch_size", "mean", "auto"});
  }
  take_dtype(config);
  config.ignore("name");
  config.ignore("fn");  // of Keras 2: the loss once more
  config.finish();
  return loss;
}

/// A loss, or a list or an object of one for the model's single output.
LossConfig read_loss(const JsonView& view, const std::string& output) {
  if (view.is_string()) return {.name = std::string(loss_name(view, view.string()).name)};
  if (view.is_object() && view.find("class_name")) return read_loss_object(view);
  if (view.is_array() && view.items().size() == 1) return read_loss(view.items()[0], output);
  if (view.is_object() && view.members().size() == 1) return read_loss(view.at(output), output);
  view.fail_expected("one loss (a model has one output)");
}

Json write_loss(const LossConfig& loss) {
  const LossName& known = loss_name(JsonView(loss.name, "the loss to write"), loss.name);
  if (LossConfig{.name = loss.name} == loss) return known.name;
  Json config = Json::object({{"name", known.name}, {"reduction", "sum_over_batch_size"}});
  if (loss.name.ends_with("crossentropy")) config.set("from_logits", loss.from_logits);
  if (loss.label_smoothing != 0) config.set("label_smoothing", loss.label_smoothing);
  if (loss.name == "huber") config.set("delta", loss.delta);
  return keras_object("keras.losses", known.class_name, std::move(config));
}

}  // namespace

CompileSpec read_compile(const JsonView& view, const std::string& output,
                         std::vector<std::string>& notes) {
  Config config(view, "compile_config");
  CompileSpec compile;
  // The second is the name in the training_config of Keras 2.
  for (const char* key : {"optimizer", "optimizer_config"}) {
    if (const auto optimizer = config.take(key))
      compile.optimizer = read_optimizer(*optimizer, notes);
  }
  if (const auto loss = config.take("loss")) compile.loss = read_loss(*loss, output);
  config.only_null("loss_weights", "a model has one loss");
  // What is measured beside the loss, and how Keras runs its steps.
  for (const char* key : {"metrics", "weighted_metrics", "run_eagerly", "steps_per_execution",
                          "jit_compile", "auto_scale_loss", "sample_weight_mode"}) {
    config.ignore(key);
  }
  config.finish();
  return compile;
}

Json write_compile(const CompileSpec& compile) {
  Json config = Json::object();
  if (compile.optimizer) config.set("optimizer", write_optimizer(*compile.optimizer));
  if (compile.loss) config.set("loss", write_loss(*compile.loss));
  return config;
}

}  // namespace ravine::detail
