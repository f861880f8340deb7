#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ravine/layers/compile_spec.h>
#include <ravine/layers/sequential.h>

namespace ravine {

/// A model as its file describes it: layers without weights, and how it was compiled.
struct ModelSpec {
  std::string name = "sequential";
  Sequential model;  // begins with an Input; shapes fit
  CompileSpec compile = {};
  /// What was read otherwise than the file has it, in sentences for the user.
  std::vector<std::string> notes = {};
};

struct SpecOptions {
  /// The shape of one sample, for a model that was saved before it was built or leaves extents
  /// open.
  std::optional<Shape> input_shape = {};
};

/// Reads what Keras's `model.to_json()` gives, the config.json of a .keras archive, or a
/// TensorFlow.js model.json: a chain of layers, Sequential or functional.
///
/// Nothing is run and no memory is taken for the model, whose shapes are all checked.
/// Throws  DataError with the file and the JSON pointer when it is malformed or asks for something
///         that is not supported; IoError when the file cannot be read.
/// Source  Keras 3.15; to_json of Keras 2; TensorFlow.js 4.22.
ModelSpec read_spec(const std::filesystem::path& file, const SpecOptions& options = {});
/// The same from a text; `source` names it in errors.
ModelSpec read_spec_text(std::string_view text, const std::string& source,
                         const SpecOptions& options = {});

/// The model as JSON that `keras.models.model_from_json` of Keras 3 loads.
///
/// Throws  Error when a layer has no counterpart in Keras, naming it, or shapes do not fit.
std::string write_spec(const Sequential& model, const CompileSpec& compile = {},
                       const std::string& name = "sequential");

}  // namespace ravine
