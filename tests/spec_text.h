#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <ravine/core/error.h>
#include <ravine/layers/spec.h>

namespace ravine::test {

inline std::filesystem::path golden(const std::string& name) {
  return std::filesystem::path(RAVINE_TEST_DIR) / "golden" / name;
}

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// {"class_name": …, "config": {"name": …, …}}
inline std::string layer_text(const std::string& class_name, const std::string& options) {
  return R"({"class_name": ")" + class_name + R"(", "config": {)" + options + "}}";
}

/// A Sequential of images [6, 5, 2] with these layers, "," between them.
inline std::string model_text(const std::string& layers, const std::string& compile = "{}") {
  return R"({"class_name": "Sequential", "config": {"name": "m", "layers": [)"
         R"({"class_name": "InputLayer", "config": {"batch_shape": [null, 6, 5, 2]}}, )" +
         layers + R"(]}, "compile_config": )" + compile + "}";
}

/// The one layer behind the input of a model.
template <class T>
T read_one(const std::string& class_name, const std::string& options) {
  const ModelSpec spec = read_spec_text(model_text(layer_text(class_name, options)), "m.json");
  const T* layer = spec.model.layers().at(1).get_if<T>();
  if (layer == nullptr) throw Error("the layer is a " + spec.model.layers().at(1).kind());
  return *layer;
}

/// How the model was compiled.
inline CompileSpec read_compiled(const std::string& compile) {
  return read_spec_text(model_text(layer_text("ReLU", R"("name": "out")"), compile), "m.json")
      .compile;
}

/// What is said when the text is read.
inline std::string refusal(const std::string& text, const SpecOptions& options = {}) {
  try {
    read_spec_text(text, "m.json", options);
  } catch (const DataError& error) {
    return error.what();
  }
  return "it was read";
}

}  // namespace ravine::test
