#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include <ravine/core/state.h>
#include <ravine/core/tape.h>
#include <ravine/layers/initializer.h>

namespace ravine {

/// What the layer that owns a parameter says about it.
struct ParameterOptions {
  Initializer initializer = {};
  Fans fans = {};
  bool trainable = true;
  /// Convolution kernels are [K,R,S,C] here and [R,S,C,K] in Keras's files.
  bool file_is_hwio = false;
};

/// One trained tensor of a model, or one that training only updates (moving statistics).
struct Parameter {
  std::string name;  // "conv2d/kernel": layer and variable, also its name in files
  Shape shape;
  ParameterOptions options;
  Leaf leaf = {};
  std::int64_t offset = 0;  // in the flat range, in elements

  /// The shape it has in files.
  Shape file_shape() const;
};

/// All parameters of a model, in one flat range of memory: the trained ones first.
class Parameters {
 public:
  Parameter& add(std::string name, const Shape& shape, const ParameterOptions& options);
  std::size_t size() const { return parameters_.size(); }
  Parameter& operator[](std::size_t index) { return parameters_[index]; }
  std::deque<Parameter>& all() { return parameters_; }
  const std::deque<Parameter>& all() const { return parameters_; }
  /// Null when there is none of this name.
  Parameter* find(const std::string& name);

  /// Elements of all parameters, and of those that are trained; without the gaps between them.
  std::int64_t count() const;
  std::int64_t trained_count() const;

  /// Places all parameters in memory on the tape's device and fills them by their initialisers.
  void materialise(Tape& tape, std::uint64_t seed);

  /// The part of the flat range that is trained, and a range of equal layout for gradients.
  const Tensor& values() const { return values_; }
  Tensor trained_values() const { return values_.slice(0, {trained_extent_}); }
  const Tensor& gradients() const { return gradients_; }
  /// Makes the gradient range, so that backward passes have somewhere to write; once.
  void want_gradients(Tape& tape);

  /// Copies a parameter from and to the layout it has in files.
  void read(Stream& stream, const Parameter& parameter, std::span<const float> file_values) const;
  std::vector<float> write(Stream& stream, const Parameter& parameter) const;

  void collect(State& state) const { state.add("parameters", values_); }

 private:
  std::deque<Parameter> parameters_;
  Tensor values_;
  Tensor gradients_;
  std::int64_t trained_extent_ = 0;
};

}  // namespace ravine
