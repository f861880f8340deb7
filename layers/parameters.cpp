#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/layers/parameters.h>

namespace ravine {
namespace {

// Each parameter starts on a cache line: its rows load aligned, and no two share a line.
constexpr std::int64_t alignment = 16;

std::int64_t place(std::deque<Parameter>& parameters, bool trainable, std::int64_t offset) {
  for (Parameter& parameter : parameters) {
    if (parameter.options.trainable != trainable) continue;
    parameter.offset = offset;
    offset += (parameter.shape.elements() + alignment - 1) / alignment * alignment;
  }
  return offset;
}

}  // namespace

Shape Parameter::file_shape() const {
  if (!options.file_is_hwio) return shape;
  return {shape[1], shape[2], shape[3], shape[0]};
}

Parameter& Parameters::add(std::string name, const Shape& shape, const ParameterOptions& options) {
  if (find(name) != nullptr) throw Error(fmt::format("two parameters are called '{}'", name));
  return parameters_.emplace_back(Parameter{std::move(name), shape, options});
}

Parameter* Parameters::find(const std::string& name) {
  for (Parameter& parameter : parameters_) {
    if (parameter.name == name) return &parameter;
  }
  return nullptr;
}

std::int64_t Parameters::count() const {
  std::int64_t sum = 0;
  for (const Parameter& parameter : parameters_) sum += parameter.shape.elements();
  return sum;
}

std::int64_t Parameters::trained_count() const {
  std::int64_t sum = 0;
  for (const Parameter& parameter : parameters_) {
    if (parameter.options.trainable) sum += parameter.shape.elements();
  }
  return sum;
}

void Parameters::materialise(Tape& tape, std::uint64_t seed) {
  Stream& stream = tape.stream();
  trained_extent_ = place(parameters_, true, 0);
  values_ = Tensor::persistent(stream, {place(parameters_, false, trained_extent_)});
  std::uint32_t index = 0;
  for (Parameter& parameter : parameters_) {
    const Initializer& initializer = parameter.options.initializer;
    std::vector<float> values(static_cast<std::size_t>(parameter.shape.elements()));
    initialize(initializer, parameter.options.fans,
               {initializer.seed.value_or(seed), RandomUse::initialiser, index++}, values);
    const Tensor value = values_.slice(parameter.offset, parameter.shape);
    value.copy_from_host<float>(stream, values);
    parameter.leaf.bind(tape, value, {});
  }
}

void Parameters::want_gradients(Tape& tape) {
  if (gradients_) return;
  gradients_ = Tensor::persistent(tape.stream(), {trained_extent_});
  for (Parameter& parameter : parameters_) {
    if (!parameter.options.trainable) continue;
    parameter.leaf.bind(tape, parameter.leaf.value(),
                        gradients_.slice(parameter.offset, parameter.shape));
  }
}

void Parameters::read(Stream& stream, const Parameter& parameter,
                      std::span<const float> file_values) const {
  const Tensor& value = parameter.leaf.value();
  if (!parameter.options.file_is_hwio) {
    value.copy_from_host(stream, file_values);
    return;
  }
  const auto filters = static_cast<std::size_t>(parameter.shape[0]);
  const std::size_t taps = file_values.size() / std::max<std::size_t>(filters, 1);
  std::vector<float> values(file_values.size());
  for (std::size_t k = 0; k < filters; ++k) {
    for (std::size_t i = 0; i < taps; ++i) values[k * taps + i] = file_values[i * filters + k];
  }
  value.copy_from_host<float>(stream, values);
}

std::vector<float> Parameters::write(Stream& stream, const Parameter& parameter) const {
  std::vector<float> values = parameter.leaf.value().to_host(stream);
  if (!parameter.options.file_is_hwio) return values;
  const auto filters = static_cast<std::size_t>(parameter.shape[0]);
  const std::size_t taps = values.size() / std::max<std::size_t>(filters, 1);
  std::vector<float> file_values(values.size());
  for (std::size_t k = 0; k < filters; ++k) {
    for (std::size_t i = 0; i < taps; ++i) file_values[i * filters + k] = values[k * taps + i];
  }
  return file_values;
}

}  // namespace ravine
