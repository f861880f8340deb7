#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/core/json.h>
#include <ravine/layers/reshape.h>
#include <ravine/layers/spec.h>

#include "spec_internal.h"

namespace ravine {
namespace {

using detail::Config;
using detail::max_extent;

/// Runs layers one by one on the dry device: names them, makes their shapes and counts parameters.
class DryRun {
 public:
  explicit DryRun(const Shape& sample) : y_(tape_.input(Tensor(dry_, sample.with_batch(1)))) {
    tape_.mode(false, true);
  }

  /// The name that the layer gets in a model. Throws  Error when it does not fit.
  std::string run(const Layer& layer) {
    const std::size_t row = rows_.size();
    y_ = layer(scope_, y_);
    return row < rows_.size() ? rows_[row].name : layer.kind();
  }
  const Shape& shape() const { return y_.shape(); }
  std::int64_t parameters() const { return parameters_.count(); }

 private:
  Stream dry_{Device::dry()};
  Tape tape_{dry_};
  Parameters parameters_;
  std::vector<SummaryRow> rows_;
  Scope scope_{tape_, parameters_, rows_};
  Variable y_;
};

/// The model object and how it was compiled, inside whatever a dialect wraps around them.
struct Outline {
  JsonView model;
  std::optional<JsonView> compile;
};

std::optional<JsonView> non_null(std::optional<JsonView> view) {
  if (view && view->is_null()) view.reset();
  return view;
}

Outline find_model(const JsonView& root, std::vector<std::string>& notes) {
  if (!root.is_object()) root.fail_expected("a Keras model, an object with class_name and config");
  if (const auto topology = root.find("modelTopology")) {  // TensorFlow.js
    if (const auto training = non_null(root.find("trainingConfig"))) {
      notes.push_back(training->where() +
                      ": the optimizer and loss of a TensorFlow.js model are not read");
    }
    // Its converter wraps what Keras 2 wrote, its own library does not.
    const auto converted = topology->find("model_config");
    return {converted ? *converted : *topology, non_null(topology->find("training_config"))};
  }
  return {root, non_null(root.find("compile_config"))};
}

/// Where a file may say the shape of the input, the most direct place first; with the batch.
std::optional<JsonView> find_input_shape(const JsonView& model, const JsonView& first_layer) {
  const auto inside = [](const JsonView& object, const char* key) -> std::optional<JsonView> {
    const auto member = non_null(object.find(key));
    return member ? non_null(member->find("input_shape")) : std::nullopt;
  };
  for (const char* key : {"batch_shape", "batch_input_shape", "input_shape"}) {
    if (auto shape = non_null(first_layer.at("config").find(key))) return shape;
  }
  if (auto shape = non_null(model.at("config").find("build_input_shape"))) return shape;
  if (auto shape = inside(model, "build_config")) return shape;
  return inside(first_layer, "build_config");
}

Shape read_input_shape(const JsonView& model, const JsonView& first_layer,
                       const std::optional<Shape>& wanted, std::vector<std::string>& notes) {
  const auto found = find_input_shape(model, first_layer);
  if (!found) {
    if (wanted) return *wanted;
    model.fail(
        "the model carries no input shape, as one that was saved before it was built; give it, "
        "as in --input-shape 28,28,1");
  }
  const std::vector<JsonView> extents = found->items();
  if (extents.empty() || extents.size() > Shape::max_rank) {
    found->fail_expected(fmt::format("1 to {} extents, the batch first", Shape::max_rank));
  }
  if (!extents[0].is_null()) {
    notes.push_back(fmt::format("{}: the batch size of {} is not fixed here", extents[0].where(),
                                extents[0].integer(1, max_extent)));
  }
  std::vector<std::int64_t> sample;
  for (std::size_t i = 1; i < extents.size(); ++i) {
    const bool is_open = extents[i].is_null();
    if (is_open && !wanted) {
      extents[i].fail("the extent is open; give the input's shape, as in --input-shape 28,28,1");
    }
    const auto axis = static_cast<int>(i) - 1;
    const bool fits = wanted && axis < wanted->rank();
    sample.push_back(is_open ? (fits ? (*wanted)[axis] : 0) : extents[i].integer(1, max_extent));
  }
  const Shape shape(sample);
  if (wanted && shape != *wanted) {
    found->fail(fmt::format("the model's input is {}, not {}", shape.str(), wanted->str()));
  }
  return shape;
}

void require_moderate(const JsonView& layer, const DryRun& dry) {
  // 4 GiB of parameters, and 1 GiB of one layer's output for one sample.
  constexpr std::int64_t max_parameters = std::int64_t{1} << 30, max_output = std::int64_t{1} << 28;
  if (dry.parameters() > max_parameters) {
    layer.fail(fmt::format("the model has {} parameters up to here, at most {} are supported",
                           dry.parameters(), max_parameters));
  }
  if (dry.shape().elements() > max_output) {
    layer.fail(fmt::format("the output for one sample has {} elements, at most {} are supported",
                           dry.shape().elements(), max_output));
  }
}

ModelSpec read_model(const JsonView& root, const SpecOptions& options) {
  ModelSpec spec;
  const Outline outline = find_model(root, spec.notes);
  const std::vector<JsonView> layers = detail::layer_chain(outline.model);
  const Shape sample =
      read_input_shape(outline.model, layers.front(), options.input_shape, spec.notes);

  Config config(outline.model.at("config"), detail::class_of(outline.model));
  if (const auto name = config.take("name")) spec.name = name->string();
  const bool trainable = config.boolean("trainable", true);
  detail::take_dtype(config);
  for (const char* key : {"layers", "build_input_shape", "input_layers", "output_layers"}) {
    config.ignore(key);
  }
  config.finish();

  DryRun dry(sample);
  std::string output;
  const auto add = [&](const Layer& layer) {
    output = dry.run(layer);
    spec.model.add(layer);
  };
  for (const JsonView& object : layers) {
    const bool is_first = spec.model.layers().empty();
    const bool is_input = detail::class_of(object) == "InputLayer";
    if (is_input && !is_first) object.fail("an InputLayer must be the first layer");
    if (is_first && !is_input) add(Input(sample));
    const Layer layer = detail::read_layer(object, {.input = dry.shape(), .trainable = trainable});
    try {
      add(layer);
    } catch (const Error& error) {
      object.fail(error.what());
    }
    require_moderate(object, dry);
  }
  if (outline.compile) {
    spec.compile = detail::read_compile(*outline.compile, output, spec.notes);
  }
  return spec;
}

}  // namespace

ModelSpec read_spec(const std::filesystem::path& file, const SpecOptions& options) {
  const std::string extension = file.extension().string();
  if (extension == ".keras" || extension == ".h5" || extension == ".hdf5") {
    throw DataError(
        fmt::format("{}: expected a model as JSON; write one with model.to_json(), or take "
                    "the config.json out of a .keras archive",
                    file.string()));
  }
  return read_model(read_json(file), options);
}

ModelSpec read_spec_text(std::string_view text, const std::string& source,
                         const SpecOptions& options) {
  return read_model(parse_json(text, source), options);
}

std::string write_spec(const Sequential& model, const CompileSpec& compile,
                       const std::string& name) {
  const Shape sample = model.input_shape();
  std::vector<Json> batch_shape{nullptr};
  for (const std::int64_t extent : sample.extents()) batch_shape.emplace_back(extent);
  const Json input_shape = Json::array(std::move(batch_shape));

  DryRun dry(sample);
  std::vector<Json> layers;
  for (const Layer& layer : model.layers()) {
    layers.push_back(detail::write_layer(layer, dry.run(layer)));
  }
  Json object = detail::keras_object("keras", "Sequential",
                                     Json::object({{"name", name},
                                                   {"trainable", true},
                                                   {"dtype", "float32"},
                                                   {"layers", Json::array(std::move(layers))},
                                                   {"build_input_shape", input_shape}}));
  object.set("build_config", Json::object({{"input_shape", input_shape}}));
  object.set("compile_config", detail::write_compile(compile));
  return dump(object, 2) + "\n";
}

}  // namespace ravine
