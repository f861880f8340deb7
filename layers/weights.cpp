#include <cstring>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/core/safetensors.h>
#include <ravine/layers/module.h>

namespace ravine {

void Module::save_weights(const std::filesystem::path& path,
                          const std::map<std::string, std::string>& metadata) {
  std::vector<std::vector<float>> values;
  std::vector<SafetensorsEntry> entries;
  for (const Parameter& parameter : parameters().all()) {
    values.push_back(parameters().write(stream(), parameter));
    entries.push_back({.name = parameter.name,
                       .type = SafetensorsType::f32,
                       .shape = parameter.file_shape(),
                       .data = std::as_bytes(std::span<const float>(values.back()))});
  }
  write_safetensors(path, std::move(entries), metadata);
}

void Module::load_weights(const std::filesystem::path& path) {
  const SafetensorsFile file = read_safetensors(path);
  // All of the file is checked before any of the model changes.
  for (const Parameter& parameter : parameters().all()) {
    const SafetensorsEntry* entry = file.find(parameter.name);
    if (entry == nullptr) {
      throw DataError(fmt::format("{}: has no '{}' {}, which the model needs", path.string(),
                                  parameter.name, parameter.file_shape().str()));
    }
    if (entry->type != SafetensorsType::f32 || entry->shape != parameter.file_shape()) {
      throw DataError(fmt::format("{}: '{}' is {} {}, the model needs F32 {}", path.string(),
                                  parameter.name, to_string(entry->type), entry->shape.str(),
                                  parameter.file_shape().str()));
    }
  }
  for (const SafetensorsEntry& entry : file.entries()) {
    if (parameters().find(entry.name) == nullptr) {
      throw DataError(fmt::format("{}: holds '{}' {}, which the model does not have", path.string(),
                                  entry.name, entry.shape.str()));
    }
  }
  for (const Parameter& parameter : parameters().all()) {
    const SafetensorsEntry& entry = file.at(parameter.name);
    std::vector<float> values(static_cast<std::size_t>(parameter.shape.elements()));
    std::memcpy(values.data(), entry.data.data(), entry.data.size());
    parameters().read(stream(), parameter, values);
  }
}

}  // namespace ravine
