#include <algorithm>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/layers/module.h>

namespace ravine {

struct Module::Built {
  explicit Built(Device device) : stream(device), tape(stream) {}

  Stream stream;
  Tape tape;
  Parameters parameters;
  std::vector<SummaryRow> rows;
  Shape output;  // of one sample
};

Module::Module() = default;
Module::~Module() = default;
Module::Module(Module&&) noexcept = default;
Module& Module::operator=(Module&&) noexcept = default;

void Module::build(Device device, std::uint64_t seed) {
  if (built_ != nullptr) {
    throw Error(fmt::format("the model is built already, on {}", built_->stream.device().str()));
  }
  auto built = std::make_unique<Built>(device);
  Stream dry(Device::dry());
  Tape tape(dry);
  Scope scope(tape, built->parameters, built->rows);
  const Variable x = tape.input(Tensor(dry, input_shape().with_batch(1)));
  const Shape output = forward(scope, x).shape();
  if (output.rank() == 0 || output[0] != 1) {
    throw Error(fmt::format("forward turned 1 sample into {}; its result must keep the batch first",
                            output.str()));
  }
  built->output = output.without_batch();
  built->parameters.materialise(built->tape, seed);
  built_ = std::move(built);
}

Module::Built& Module::ensure_built() {
  if (built_ == nullptr) build();
  return *built_;
}

Device Module::device() {
  return ensure_built().stream.device();
}

Stream& Module::stream() {
  return ensure_built().stream;
}

Tape& Module::tape() {
  return ensure_built().tape;
}

Parameters& Module::parameters() {
  return ensure_built().parameters;
}

Shape Module::output_shape() {
  return ensure_built().output;
}

std::size_t Module::step_bytes(std::int64_t batch) {
  Stream dry(Device::dry());
  Tape tape(dry);
  Parameters parameters;
  std::vector<SummaryRow> rows;
  Scope scope(tape, parameters, rows);
  const Variable y = forward(scope, tape.input(Tensor(dry, input_shape().with_batch(batch))));
  const Variable sum =
      record("sum", {y}, Tensor(dry, {}), [y](Gradients& grad, const Tensor&) { grad.of(y); });
  tape.backward(sum);
  // The making pass takes its parameters from the arena too; a real step has them elsewhere.
  const auto trained = static_cast<std::size_t>(parameters.trained_count());
  const auto all = static_cast<std::size_t>(parameters.count());
  return dry.arena().high_water() - std::min(dry.arena().high_water(), (all + trained) * 4);
}

Variable Module::run(const Variable& x, std::uint64_t random_seed, const Tensor& random_step) {
  Scope scope(x.tape(), ensure_built().parameters, random_seed, random_step);
  const Variable y = forward(scope, x);
  scope.require_all_asked();
  return y;
}

std::vector<float> Module::predict(std::span<const float> inputs, std::int64_t batch) {
  Built& built = ensure_built();
  const Shape sample = input_shape();
  const auto step = static_cast<std::size_t>(sample.elements());
  if (batch < 1) throw Error(fmt::format("predict: a batch of {} samples", batch));
  if (step == 0 || inputs.size() % step != 0) {
    throw Error(fmt::format("predict: {} numbers are not a whole number of samples {}",
                            inputs.size(), sample.str()));
  }
  const std::size_t count = inputs.size() / step;
  std::vector<float> outputs;
  outputs.reserve(count * static_cast<std::size_t>(built.output.elements()));
  built.tape.mode(false, false);
  for (std::size_t first = 0; first < count; first += static_cast<std::size_t>(batch)) {
    const std::size_t rows = std::min(static_cast<std::size_t>(batch), count - first);
    built.tape.begin_step();
    const Tensor x(built.stream, sample.with_batch(static_cast<std::int64_t>(rows)));
    x.copy_from_host(built.stream, inputs.subspan(first * step, rows * step));
    const Variable y = run(built.tape.input(x), 0, {});
    const std::vector<float> part = y.value().to_host(built.stream);
    outputs.insert(outputs.end(), part.begin(), part.end());
  }
  return outputs;
}

std::string Module::outline() {
  std::string text;
  for (const SummaryRow& row : ensure_built().rows) {
    if (row.kind == "input_layer") continue;
    text += fmt::format("{}{}", text.empty() ? "" : ", ", row.kind);
    if (row.parameters > 0 && row.output.rank() > 0) text += fmt::format(" {}", row.output.back());
  }
  return text;
}

std::string Module::summary() {
  const Built& built = ensure_built();
  const auto label = [](const SummaryRow& row) {
    return fmt::format("{} ({})", row.name, row.kind);
  };
  std::size_t width = 30;
  for (const SummaryRow& row : built.rows) width = std::max(width, label(row).size());
  std::string text =
      fmt::format("{:<{}} {:<20} {:>12}\n", "Layer (kind)", width, "Output shape", "Parameters");
  for (const SummaryRow& row : built.rows) {
    const std::string shape = row.output.rank() > 0 ? row.output.without_batch().str() : "";
    text += fmt::format("{:<{}} {:<20} {:>12}{}\n", label(row), width, shape, row.parameters,
                        row.note.empty() ? "" : "  " + row.note);
  }
  const std::int64_t count = built.parameters.count(), trained = built.parameters.trained_count();
  return text + fmt::format("{} parameters, {} of them trained\n", count, trained);
}

}  // namespace ravine
