#include <algorithm>
#include <map>

#include <fmt/format.h>

#include <ravine/core/error.h>

#include "spec_internal.h"

namespace ravine::detail {
namespace {

constexpr const char* chains_only = "only models that are one chain of layers are supported";

/// In Keras 3 a layer trains when its model does, whatever `training` its call had.
void require_no_arguments(const JsonView& arguments, bool is_keras_3) {
  for (const auto& [key, value] : arguments.members()) {
    if (is_keras_3 && key == "training") continue;
    if (!value.is_null()) value.fail_expected("null (arguments of a call are not supported)");
  }
}

/// The layer that "[name, node, tensor]" means.
std::string layer_in(const JsonView& reference) {
  const std::vector<JsonView> parts = reference.items();
  if (parts.size() < 3) reference.fail_expected("a layer's name and two numbers");
  parts[1].integer(0, 0);
  parts[2].integer(0, 0);
  return parts[0].string();
}

/// The layer that a call takes its input from; Keras 3 writes a call as an object, Keras 2 as a
/// list.
std::string source_of_call(const JsonView& call) {
  const bool is_keras_3 = call.is_object();
  const std::vector<JsonView> inputs = (is_keras_3 ? call.at("args") : call).items();
  if (inputs.size() != 1 || (is_keras_3 && !inputs[0].is_object())) {
    call.fail(fmt::format("joins {} inputs; {}", inputs.size(), chains_only));
  }
  if (is_keras_3) {
    if (const auto arguments = call.find("kwargs")) require_no_arguments(*arguments, true);
    return layer_in(inputs[0].at("config").at("keras_history"));
  }
  const std::vector<JsonView> parts = inputs[0].items();
  if (parts.size() > 3) require_no_arguments(parts[3], false);
  return layer_in(inputs[0]);
}

std::string name_of(const JsonView& layer) {
  const auto name = layer.find("name");
  return (name ? *name : layer.at("config").at("name")).string();
}

/// The name of the layer that the model's output is taken from.
std::string output_of(const JsonView& config) {
  const JsonView outputs = config.at("output_layers");
  const std::vector<JsonView> items = outputs.items();
  if (items.empty() || !items[0].is_array()) return layer_in(outputs);
  if (items.size() != 1) {
    outputs.fail(fmt::format("names {} outputs; {}", items.size(), chains_only));
  }
  return layer_in(items[0]);
}

std::vector<JsonView> functional_chain(const JsonView& config) {
  std::map<std::string, JsonView> after;  // layer → the one that it feeds
  std::vector<JsonView> chain;
  const JsonView layers = config.at("layers");
  std::size_t count = 0;
  for (const JsonView& layer : layers.items()) {
    ++count;
    const std::vector<JsonView> calls = layer.at("inbound_nodes").items();
    if (calls.size() > 1) {
      layer.fail(fmt::format("the layer is called {} times; {}", calls.size(), chains_only));
    }
    if (calls.empty()) {
      if (!chain.empty()) layer.fail(fmt::format("is a second input; {}", chains_only));
      chain.push_back(layer);
      continue;
    }
    const std::string source = source_of_call(calls[0]);
    if (!after.emplace(source, layer).second) {
      layer.fail(fmt::format("takes the output of {}, which another layer takes already; {}",
                             quote(source), chains_only));
    }
  }
  if (chain.empty()) layers.fail("no layer is an input");
  for (auto next = after.find(name_of(chain.back())); next != after.end();
       next = after.find(name_of(chain.back()))) {
    chain.push_back(next->second);
    after.erase(next);
  }
  if (chain.size() != count) {
    layers.fail(fmt::format("{} of {} layers follow from the input {}; {}", chain.size() - 1,
                            count - 1, quote(name_of(chain.front())), chains_only));
  }
  const std::string output = output_of(config), last = name_of(chain.back());
  if (output != last) {
    config.at("output_layers")
        .fail(fmt::format("the output is that of {}, but the last layer is {}; {}", quote(output),
                          quote(last), chains_only));
  }
  return chain;
}

}  // namespace

std::vector<JsonView> layer_chain(const JsonView& model) {
  constexpr std::size_t max_layers = 1000;
  const std::string name = class_of(model);
  const JsonView config = model.at("config");
  const bool is_functional = name == "Functional" || name == "Model";
  if (!is_functional && name != "Sequential") {
    model.at("class_name")
        .fail(fmt::format("expected \"Sequential\" or \"Functional\", found {}: a model class of "
                          "one's own is code, which is not taken from a model file",
                          quote(name)));
  }
  const JsonView layers = config.at("layers");
  const std::size_t count = layers.items().size();
  if (count == 0 || count > max_layers) {
    layers.fail_expected(fmt::format("1 to {} layers", max_layers));
  }
  return is_functional ? functional_chain(config) : layers.items();
}

}  // namespace ravine::detail
