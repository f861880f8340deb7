#pragma once

#include <cstdint>

#include <ravine/core/stream.h>
#include <ravine/core/tensor.h>

namespace ravine {

/// One number in device memory that changes between steps.
///
/// A kernel reads it where it runs: a host value in a launch would be frozen when the step is
/// captured and train silently wrong.
template <class T>
class Scalar {
 public:
  Scalar(Stream& stream, T value) : tensor_(Tensor::persistent(stream, {}, dtype_of<T>())) {
    set(stream, value);
  }

  void set(Stream& stream, T value) {
    tensor_.template copy_from_host<T>(stream, std::span<const T>(&value, 1));
  }
  /// The value after all work given to the stream so far; waits for it.
  T get(Stream& stream) const { return tensor_.template item<T>(stream); }

  const Tensor& tensor() const { return tensor_; }

 private:
  Tensor tensor_;
};

}  // namespace ravine
