#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/train/callback.h>

namespace ravine {

double Logs::at(const std::string& name) const {
  if (name == "loss") return loss;
  if (name == "accuracy") return accuracy;
  if (name == "val_loss") return validation_loss;
  if (name == "val_accuracy") return validation_accuracy;
  if (name == "lr" || name == "learning_rate") return learning_rate;
  const auto found = metrics.find(name);
  if (found != metrics.end()) return found->second;
  std::string known = "loss, accuracy, val_loss, val_accuracy, lr";
  for (const auto& [metric, value] : metrics) known += ", " + metric;
  throw Error(fmt::format("no number is called '{}'; there are {}", name, known));
}

}  // namespace ravine
