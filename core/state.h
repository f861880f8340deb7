#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include <ravine/core/stream.h>
#include <ravine/core/tensor.h>

namespace ravine {

/// A list, by name, of everything that training changes.
///
/// Whoever owns state adds it in `collect(State&)`; a snapshot copies the list, a checkpoint writes
/// it. What is not listed here is lost on resume, so the tests compare bytes.
class State {
 public:
  struct TensorEntry {
    std::string name;
    Tensor tensor;
  };
  struct ValueEntry {
    std::string name;
    void* data;
    std::size_t size;
  };

  /// Device memory, restored by copying into the same tensor.
  void add(std::string name, const Tensor& tensor) {
    tensors_.push_back({std::move(name), tensor});
  }

  /// A plain host value; the reference must outlive the State.
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void add(std::string name, T& value) { values_.push_back({std::move(name), &value, sizeof(T)}); }

  const std::vector<TensorEntry>& tensors() const { return tensors_; }
  const std::vector<ValueEntry>& values() const { return values_; }

 private:
  std::vector<TensorEntry> tensors_;
  std::vector<ValueEntry> values_;
};

/// A copy of a State at one moment, in memory, to be put back bit for bit.
class Snapshot {
 public:
  Snapshot(Stream& stream, State state);

  /// Puts everything back; can be done any number of times.
  void restore() const;

 private:
  Stream& stream_;
  State state_;
  std::vector<Tensor> tensors_;
  std::vector<std::byte> values_;
};

}  // namespace ravine
