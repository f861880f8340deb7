#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <ravine/core/error.h>
#include <ravine/core/shape.h>

namespace ravine {

Shape::Shape(std::initializer_list<std::int64_t> extents)
    : Shape(std::span<const std::int64_t>(extents.begin(), extents.size())) {}

Shape::Shape(std::span<const std::int64_t> extents) {
  if (extents.size() > max_rank) {
    throw Error(fmt::format("shape [{}] has {} dimensions; the limit is {}",
                            fmt::join(extents, ", "), extents.size(), max_rank));
  }
  for (const std::int64_t extent : extents) {
    if (extent < 0 || extent > std::numeric_limits<std::int32_t>::max()) {
      throw Error(fmt::format("shape [{}]: {} is not in [0, 2147483647]", fmt::join(extents, ", "),
                              extent));
    }
    if (__builtin_mul_overflow(elements_, extent, &elements_) || elements_ >> 60 != 0) {
      throw Error(fmt::format("shape [{}] has 2^60 elements or more", fmt::join(extents, ", ")));
    }
    extents_[static_cast<std::size_t>(rank_++)] = extent;
  }
}

Shape Shape::with_batch(std::int64_t extent) const {
  std::array<std::int64_t, max_rank + 1> all{extent};
  std::copy_n(extents_.begin(), rank_, all.begin() + 1);
  return Shape(std::span<const std::int64_t>(all.data(), static_cast<std::size_t>(rank_ + 1)));
}

Shape Shape::without_batch() const {
  if (rank_ == 0) throw Error("a scalar has no batch axis to leave out");
  return Shape(extents().subspan(1));
}

std::string Shape::str() const {
  return fmt::format("[{}]", fmt::join(extents(), ", "));
}

}  // namespace ravine
