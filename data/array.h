#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace ravine::data {

/// Values in host memory that copies share and nobody changes: a vector moved in, or a caller's
/// buffer.
template <class T>
class Array {
 public:
  Array() = default;
  Array(std::vector<T> values) {
    const auto owner = std::make_shared<const std::vector<T>>(std::move(values));
    *this = Array(std::shared_ptr<const T[]>(owner, owner->data()), owner->size());
  }
  Array(std::initializer_list<T> values) : Array(std::vector<T>(values)) {}
  /// The buffer is freed by the pointer's own deleter, or not at all where that does nothing.
  Array(std::shared_ptr<const T[]> values, std::size_t size)
      : values_(std::move(values)), size_(size) {}

  std::span<const T> span() const { return {values_.get(), size_}; }
  operator std::span<const T>() const { return span(); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// `count` values from `first` on, sharing the memory; the caller promises that they exist.
  Array slice(std::size_t first, std::size_t count) const {
    return Array(std::shared_ptr<const T[]>(values_, values_.get() + first), count);
  }

 private:
  std::shared_ptr<const T[]> values_;
  std::size_t size_ = 0;
};

}  // namespace ravine::data
