#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <ravine/core/shape.h>
#include <ravine/finder/sweep_options.h>
#include <ravine/layers/compile_spec.h>

namespace ravine {

/// What the command line of `ravine-finder` said.
struct ProgramOptions {
  std::string input;  // a model.json, or a saved sweep
  std::string data = "fashion-mnist", data_folder;
  std::optional<Shape> input_shape;
  std::string pixels;  // "unit", "byte", or empty to choose
  std::string device = "auto";
  std::int64_t batch_size = 32;
  std::optional<OptimizerConfig> optimizer;
  std::optional<LossConfig> loss;
  SweepOptions sweep;
  bool shuffle = true;
  std::uint64_t seed = 42;
  int threads = 0;
  std::string weights;
  std::string svg, json, csv;  // files; "-" is standard output
  bool quiet = false;
};

/// Throws  Error in words when a text is not what its option takes.
Shape parse_shape(const std::string& text);                // "28,28,1"
OptimizerConfig parse_optimizer(const std::string& text);  // "sgd:momentum=0.9,nesterov=true"
LossConfig parse_loss(const std::string& text);            // Keras's name, mse, mae

}  // namespace ravine
