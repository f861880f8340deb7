#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <ravine/core/device.h>
#include <ravine/core/tape.h>
#include <ravine/layers/scope.h>

namespace ravine {

/// A model: a forward function with parameters. Derive from it, or chain layers in a Sequential.
///
/// `forward` is a plain function of its input; layers called in it (`Conv2D{32, 3, relu}(scope,
/// x)`) make their parameters in the first pass and find them again in every later one.
class Module {
 public:
  Module();
  virtual ~Module();
  Module(Module&&) noexcept;
  Module& operator=(Module&&) noexcept;

  virtual Variable forward(Scope& scope, const Variable& x) const = 0;
  /// The shape of one sample, without the batch.
  virtual Shape input_shape() const = 0;

  /// Makes the parameters on a device; done by the first that needs them. Same seed, same bits.
  ///
  /// Throws  Error when it is built already, or when shapes do not fit, naming the layer.
  void build(Device device = Device::best(), std::uint64_t seed = 42);
  bool built() const { return built_ != nullptr; }

  // The rest builds the model on the best device if nobody has.
  Device device();
  Stream& stream();
  Tape& tape();
  Parameters& parameters();
  /// The shape of one sample's output.
  Shape output_shape();
  /// Bytes that a step takes from the arena, for `batch` samples, with the backward pass.
  std::size_t step_bytes(std::int64_t batch);

  /// Runs a forward pass within a step that the caller has begun on `tape()`.
  Variable run(const Variable& x, std::uint64_t random_seed, const Tensor& random_step);

  /// Outputs for samples laid one behind the other, in batches; moving statistics, no dropout.
  ///
  /// Throws  Error when `inputs` is not a whole number of samples.
  std::vector<float> predict(std::span<const float> inputs, std::int64_t batch = 256);

  /// Writes all parameters as safetensors, atomically, with `metadata` beside them.
  void save_weights(const std::filesystem::path& path,
                    const std::map<std::string, std::string>& metadata = {});
  /// Reads all parameters by name.
  ///
  /// Throws  DataError naming the file and the parameter that is missing, left over or of another
  /// shape; the model is unchanged then.
  void load_weights(const std::filesystem::path& path);

  /// The layers in a line: "conv2d 32, flatten, dense 128, dropout, dense 10".
  std::string outline();
  /// A table of layers, output shapes and parameter counts.
  std::string summary();

 private:
  struct Built;
  Built& ensure_built();
  std::unique_ptr<Built> built_;
};

}  // namespace ravine
