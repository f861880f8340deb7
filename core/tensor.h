#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include <ravine/core/device.h>
#include <ravine/core/memory.h>
#include <ravine/core/shape.h>

namespace ravine {

class Stream;

enum class DType : std::uint8_t { f32, u8, i32, i64 };

std::size_t size_of(DType dtype);
const char* to_string(DType dtype);

template <class T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, float>) return DType::f32;
  if constexpr (std::is_same_v<T, std::uint8_t>) return DType::u8;
  if constexpr (std::is_same_v<T, std::int32_t>) return DType::i32;
  if constexpr (std::is_same_v<T, std::int64_t>) return DType::i64;
}

/// A dense, row-major block of numbers on a device; a handle: copies share the numbers.
///
/// A tensor made from a stream lives for one step; used in a later one it throws, in words, instead
/// of showing what has overwritten it. A persistent tensor lives as long as a handle does.
class Tensor {
 public:
  /// An absent tensor: no bias, no gradient wanted.
  Tensor() = default;
  /// Not initialised, from the step arena of `stream`.
  Tensor(Stream& stream, const Shape& shape, DType dtype = DType::f32);

  /// Zeros, in memory of its own.
  static Tensor persistent(Stream& stream, const Shape& shape, DType dtype = DType::f32);
  /// A persistent copy of host values.
  template <class T>
  static Tensor from(Stream& stream, const Shape& shape, std::span<const T> values) {
    return from_bytes(stream, shape, dtype_of<T>(), values.data(), values.size());
  }

  /// Host values as they stand, for a stream of the CPU: nothing is copied, `owner` keeps them.
  /// They must not be written to.
  template <class T>
  static Tensor borrow(const Shape& shape, std::span<const T> values,
                       std::shared_ptr<const void> owner) {
    return borrow_bytes(shape, dtype_of<T>(), values.data(), values.size(), std::move(owner));
  }

  explicit operator bool() const { return data_ != nullptr; }
  const Shape& shape() const { return shape_; }
  std::int64_t elements() const { return shape_.elements(); }
  std::size_t size_bytes() const { return static_cast<std::size_t>(elements()) * size_of(dtype_); }
  DType dtype() const { return dtype_; }
  Device device() const { return device_; }

  /// The first element. Throws Error when T is not the dtype, or the tensor is of an earlier step.
  template <class T = float>
  T* data() const {
    if (dtype_of<T>() != dtype_) fail_dtype(dtype_of<T>());
    return static_cast<T*>(bytes());
  }
  /// The first byte, whatever the dtype.
  void* bytes() const {
    if (generation_counter_ != nullptr && *generation_counter_ != generation_) fail_stale();
    return data_;
  }

  /// The same elements under another shape. Throws Error when their number differs.
  Tensor reshape(const Shape& shape) const;
  /// A part of the elements, from `offset` on, under `shape`. Throws Error when it does not fit.
  Tensor slice(std::int64_t offset, const Shape& shape) const;
  /// A persistent copy, for keeping a value beyond its step.
  Tensor clone(Stream& stream) const;

  /// Copies all elements to the host, waiting for the stream.
  template <class T = float>
  std::vector<T> to_host(Stream& stream) const {
    std::vector<T> values(static_cast<std::size_t>(elements()));
    copy_to_host(stream, dtype_of<T>(), values.data());
    return values;
  }
  /// The value of a tensor of one element, waiting for the stream.
  template <class T = float>
  T item(Stream& stream) const {
    T value{};
    if (elements() != 1) fail_item();
    copy_to_host(stream, dtype_of<T>(), &value);
    return value;
  }
  /// Overwrites all elements with those of `source`, of equal dtype and number.
  void copy_from(Stream& stream, const Tensor& source) const;
  /// Overwrites all elements with host values. Throws Error when their number differs.
  template <class T>
  void copy_from_host(Stream& stream, std::span<const T> values) const {
    copy_from_host(stream, dtype_of<T>(), values.data(), values.size());
  }
  /// Zeroes all elements.
  void zero(Stream& stream) const;

 private:
  static Tensor from_bytes(Stream& stream, const Shape& shape, DType dtype, const void* values,
                           std::size_t count);
  static Tensor borrow_bytes(const Shape& shape, DType dtype, const void* values, std::size_t count,
                             std::shared_ptr<const void> owner);
  void copy_to_host(Stream& stream, DType dtype, void* values) const;
  void copy_from_host(Stream& stream, DType dtype, const void* values, std::size_t count) const;
  [[noreturn]] void fail_dtype(DType asked) const;
  [[noreturn]] void fail_stale() const;
  [[noreturn]] void fail_item() const;

  void* data_ = nullptr;
  Shape shape_;
  std::shared_ptr<const void> memory_;
  std::shared_ptr<const std::uint64_t> generation_counter_;  // null: persistent
  std::uint64_t generation_ = 0;
  Device device_ = Device::cpu();
  DType dtype_ = DType::f32;
};

}  // namespace ravine
