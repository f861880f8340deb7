#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace ravine {

/// The extents of a tensor, outermost first; rank 0 is a scalar.
///
/// At most 8 dimensions, each in [0, 2³¹), the number of elements below 2⁶⁰: their bytes
/// fit into 64 bits.
/// Throws  Error when a limit is passed, naming the extents.
class Shape {
 public:
  static constexpr int max_rank = 8;

  Shape() = default;
  Shape(std::initializer_list<std::int64_t> extents);
  explicit Shape(std::span<const std::int64_t> extents);

  int rank() const { return rank_; }
  std::int64_t operator[](int axis) const { return extents_[static_cast<std::size_t>(axis)]; }
  std::int64_t back() const { return (*this)[rank_ - 1]; }
  std::span<const std::int64_t> extents() const {
    return {extents_.data(), static_cast<std::size_t>(rank_)};
  }

  /// The product of all extents; 1 for a scalar.
  std::int64_t elements() const { return elements_; }

  /// The shape with `extent` put before the first axis: [H,W,C] → [N,H,W,C].
  Shape with_batch(std::int64_t extent) const;
  /// The shape without its first axis: [N,H,W,C] → [H,W,C]. Throws on a scalar.
  Shape without_batch() const;

  /// "[32, 28, 28, 1]".
  std::string str() const;

  friend bool operator==(const Shape& a, const Shape& b) {
    return a.rank_ == b.rank_ && a.extents_ == b.extents_;
  }

 private:
  std::array<std::int64_t, max_rank> extents_{};
  std::int64_t elements_ = 1;
  int rank_ = 0;
};

}  // namespace ravine
