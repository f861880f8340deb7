#include <algorithm>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/core/plan_cache.h>

namespace ravine {

PlanKey::PlanKey(const char* operation, std::initializer_list<std::int64_t> numbers)
    : operation_(operation), count_(numbers.size()) {
  if (count_ > capacity) {
    throw Error(
        fmt::format("{}: a plan key of {} numbers; the limit is {}", operation, count_, capacity));
  }
  std::copy(numbers.begin(), numbers.end(), numbers_.begin());
}

std::size_t PlanKey::hash() const {
  std::uint64_t hash = reinterpret_cast<std::uintptr_t>(operation_);
  for (std::size_t i = 0; i < count_; ++i) {
    hash = (hash ^ static_cast<std::uint64_t>(numbers_[i])) * 0x9E3779B97F4A7C15;
    hash ^= hash >> 32;
  }
  return hash;
}

}  // namespace ravine
