#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/kernels/gather.h>
#include <ravine/kernels/reduce.h>
#include <ravine/train/trainer.h>

namespace ravine {
namespace {

Module& built_on(Module& model, Device device, std::uint64_t seed) {
  if (!model.built()) model.build(device, seed);
  if (model.device() != device) {
    throw Error(fmt::format("trainer: the model is on {}, training was asked for on {}",
                            model.device().str(), device.str()));
  }
  model.parameters().want_gradients(model.tape());
  return model;
}

ParameterRange range_of(Parameters& parameters) {
  ParameterRange range{.parameters = parameters.trained_values(),
                       .gradients = parameters.gradients(),
                       .segments = {}};
  for (const Parameter& parameter : parameters.all()) {
    if (!parameter.options.trainable) continue;
    range.segments.push_back(
        {.offset = parameter.offset, .count = parameter.shape.elements(), .name = parameter.name});
  }
  return range;
}

}  // namespace

Trainer::Trainer(Module& model, const OptimizerSpec& optimizer, Loss loss, Device device,
                 TrainerOptions options)
    : model_(built_on(model, device, options.seed)),
      loss_(std::move(loss)),
      options_(std::move(options)),
      optimizer_(optimizer.make(model_.stream(), range_of(model_.parameters()), options_.groups)),
      random_step_(model_.stream(), 0),
      step_loss_(Tensor::persistent(model_.stream(), {})),
      correct_(model_.stream(), 0) {
  if (options_.batch_size < 1) {
    throw Error(fmt::format("trainer: a batch of {} samples", options_.batch_size));
  }
}

double Trainer::learning_rate() const {
  return optimizer_->learning_rate();
}

void Trainer::learning_rate(double rate) {
  optimizer_->set_learning_rate(rate);
}

double Trainer::gradient_norm() {
  const Tensor squares(stream(), {});
  kernels::sum_squares(stream(), 1, model_.parameters().gradients(), squares);
  return std::sqrt(static_cast<double>(squares.item(stream())));
}

void Trainer::collect(State& state) {
  model_.parameters().collect(state);
  state.add("gradients", model_.parameters().gradients());
  optimizer_->collect(state);
  state.add("random_step", random_step_.tensor());
  state.add("step_loss", step_loss_);
  state.add("correct", correct_.tensor());
  state.add("steps", steps_);
  state.add("epoch", epoch_);
  if (running_fit_) {
    for (Callback* callback : running_fit_->options->callbacks) callback->collect(state);
  }
}

const Trainer::RunningFit& Trainer::running_fit() const {
  if (!running_fit_) throw Error("trainer: no fit is running");
  return *running_fit_;
}

const data::Dataset& Trainer::fit_data() const {
  return *running_fit().train;
}

const FitOptions& Trainer::fit_options() const {
  return *running_fit().options;
}

void Trainer::require_fitting(const data::Dataset& dataset, const char* role) const {
  if (dataset.sample_shape() != model_.input_shape()) {
    throw DataError(fmt::format("{} '{}': samples are {}, the model takes {}", role, dataset.name(),
                                dataset.sample_shape().str(), model_.input_shape().str()));
  }
  const Shape output = model_.output_shape();
  const std::int64_t outputs = output.rank() == 1 ? output[0] : 0;
  // One output tells two classes apart.
  if (dataset.classes() > std::max<std::int64_t>(outputs, 2) && dataset.classes() > outputs) {
    throw DataError(fmt::format("{} '{}': {} classes, the model has outputs {}", role,
                                dataset.name(), dataset.classes(), output.str()));
  }
  if (!dataset.targets().empty() && dataset.target_shape() != output) {
    throw DataError(fmt::format("{} '{}': targets are {}, the model gives {}", role, dataset.name(),
                                dataset.target_shape().str(), output.str()));
  }
}

void Trainer::train_step(Batches& batches, std::int64_t rows) {
  Tape& tape = model_.tape();
  const Batches::Batch batch = batches.next(rows);
  const Variable output =
      model_.run(tape.input(batch.inputs), options_.seed, random_step_.tensor());
  const Variable loss = loss_(output, batch.answers);
  step_loss_.copy_from(stream(), loss.value());
  if (batch.answers.labels) {
    kernels::count_correct(stream(), output.value(), batch.answers.labels, correct_.tensor());
  }
  read_metrics(metric_sums_, output, batch.answers, rows, "");
  tape.backward(loss);
  optimizer_->step();
  kernels::advance(stream(), 1, random_step_.tensor());
}

void Trainer::read_metrics(std::map<std::string, double>& sums, const Variable& output,
                           const Answers& answers, std::int64_t rows,
                           const std::string& prefix) const {
  for (const auto& [name, metric] : options_.metrics) {
    const float value = metric(output, answers).value().item(model_.stream());
    sums[prefix + name] += static_cast<double>(value) * static_cast<double>(rows);
  }
}

Evaluation Trainer::evaluate(const data::Dataset& dataset) {
  require_fitting(dataset, "evaluate");
  Batches batches(stream(), dataset);
  batches.begin_epoch(0, 0, false);
  Scalar<std::int64_t> correct(stream(), 0);
  Evaluation evaluation{.loss = 0, .accuracy = 0, .metrics = {}};
  Tape& tape = model_.tape();
  tape.mode(false, false);
  // Larger batches than in training: nothing is kept for a backward pass.
  const std::int64_t batch_size = std::max<std::int64_t>(options_.batch_size, 256);
  for (std::int64_t done = 0; done < batches.size();) {
    const std::int64_t rows = std::min(batch_size, batches.size() - done);
    tape.begin_step();
    const Batches::Batch batch = batches.next(rows);
    const Variable output = model_.run(tape.input(batch.inputs), 0, {});
    const Variable loss = loss_(output, batch.answers);
    evaluation.loss += static_cast<double>(loss.value().item(stream())) * static_cast<double>(rows);
    if (batch.answers.labels) {
      kernels::count_correct(stream(), output.value(), batch.answers.labels, correct.tensor());
    }
    read_metrics(evaluation.metrics, output, batch.answers, rows, "");
    done += rows;
  }
  const auto count = static_cast<double>(batches.size());
  evaluation.loss /= count;
  for (auto& [name, sum] : evaluation.metrics) sum /= count;
  evaluation.accuracy = dataset.labels().empty()
                            ? std::numeric_limits<double>::quiet_NaN()
                            : static_cast<double>(correct.get(stream())) / count;
  return evaluation;
}

std::vector<float> Trainer::predict(const data::Dataset& dataset) {
  require_fitting(dataset, "predict");
  Batches batches(stream(), dataset);
  batches.begin_epoch(0, 0, false);
  std::vector<float> outputs;
  Tape& tape = model_.tape();
  tape.mode(false, false);
  constexpr std::int64_t batch_size = 256;
  for (std::int64_t done = 0; done < batches.size(); done += batch_size) {
    tape.begin_step();
    const Batches::Batch batch = batches.next(std::min(batch_size, batches.size() - done));
    const Variable output = model_.run(tape.input(batch.inputs), 0, {});
    const std::vector<float> part = output.value().to_host(stream());
    outputs.insert(outputs.end(), part.begin(), part.end());
  }
  return outputs;
}

}  // namespace ravine
