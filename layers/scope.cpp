#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/layers/scope.h>

namespace ravine {

Scope::Scope(Tape& dry_tape, Parameters& parameters, std::vector<SummaryRow>& rows)
    : tape_(dry_tape), parameters_(parameters), rows_(&rows) {
  random_step_ = Tensor(dry_tape.stream(), {}, DType::i64);
}

Scope::Scope(Tape& tape, Parameters& parameters, std::uint64_t seed, const Tensor& random_step)
    : tape_(tape), parameters_(parameters), seed_(seed), random_step_(random_step) {}

Scope::Named::~Named() {
  if (!scope_.making()) return;
  scope_.path_.resize(length_);
  scope_.open_rows_.pop_back();
}

Scope::Named Scope::layer(const char* kind, const std::string& name) {
  const std::size_t length = path_.size();
  if (making()) {
    std::string own = name.empty() ? kind : name;
    for (int i = 1; !names_taken_.insert(path_ + own).second; ++i) {
      if (!name.empty()) throw Error(fmt::format("two layers are called '{}'", path_ + own));
      own = fmt::format("{}_{}", kind, i);
    }
    path_ += own;
    rows_->push_back({.name = path_, .kind = kind});
    open_rows_.push_back(rows_->size() - 1);
    path_ += '/';
  }
  return Named(*this, length);
}

Parameter& Scope::next(const char* name, const Shape& shape, const ParameterOptions& options) {
  if (making()) {
    for (const std::size_t row : open_rows_) (*rows_)[row].parameters += shape.elements();
    return parameters_.add(path_ + name, shape, options);
  }
  if (cursor_ == parameters_.size()) {
    throw Error(
        fmt::format("forward asks for '{}' {} after all {} parameters of the model; it must "
                    "ask for the same ones in every pass",
                    name, shape.str(), parameters_.size()));
  }
  Parameter& parameter = parameters_[cursor_++];
  if (parameter.shape != shape || !parameter.name.ends_with(name)) {
    throw Error(fmt::format("{} was made with shape {}, but this input asks for {} {}",
                            parameter.name, parameter.shape.str(), name, shape.str()));
  }
  return parameter;
}

Variable Scope::parameter(const char* name, const Shape& shape, const ParameterOptions& options) {
  Parameter& parameter = next(name, shape, options);
  if (making()) return tape_.input(Tensor(tape_.stream(), shape), options.trainable);
  return parameter.leaf;
}

Tensor Scope::state(const char* name, const Shape& shape, const Initializer& initializer) {
  const Parameter& parameter = next(name, shape, {.initializer = initializer, .trainable = false});
  if (making()) return Tensor(tape_.stream(), shape);
  return parameter.leaf.value();
}

kernels::DropoutRandom Scope::random(double rate, std::optional<std::uint64_t> seed) {
  return {.rate = rate, .seed = seed.value_or(seed_), .stream = random_streams_++};
}

void Scope::require_all_asked() const {
  if (making() || cursor_ == parameters_.size()) return;
  throw Error(
      fmt::format("forward asked for {} of the model's {} parameters; it must ask for the "
                  "same ones in every pass",
                  cursor_, parameters_.size()));
}

void Scope::note_output(const Shape& output, const std::string& note) {
  if (!making() || rows_->empty()) return;
  rows_->back().output = output;
  rows_->back().note = note;
}

}  // namespace ravine
