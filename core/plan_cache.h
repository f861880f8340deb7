#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <unordered_map>

namespace ravine {

/// What a library plan was made for: the operation and every number that shaped it.
///
/// Throws  Error when more than 31 numbers are given: a key that drops some would serve wrong
/// plans.
class PlanKey {
 public:
  PlanKey(const char* operation, std::initializer_list<std::int64_t> numbers);

  std::size_t hash() const;
  friend bool operator==(const PlanKey&, const PlanKey&) = default;

 private:
  static constexpr std::size_t capacity = 31;

  const char* operation_;  // a string literal, compared by address
  std::size_t count_ = 0;
  std::array<std::int64_t, capacity> numbers_{};
};

/// Library descriptors (oneDNN primitives, cuDNN plans) made once a stream and found again by key.
class PlanCache {
 public:
  /// The plan of this key; `make()` returns a new one as std::shared_ptr<Plan> the first time.
  template <class Plan, class Make>
  Plan& get(const PlanKey& key, const Make& make) {
    std::shared_ptr<void>& slot = plans_[key];
    if (slot == nullptr) slot = make();
    return *static_cast<Plan*>(slot.get());
  }

 private:
  struct Hash {
    std::size_t operator()(const PlanKey& key) const { return key.hash(); }
  };
  std::unordered_map<PlanKey, std::shared_ptr<void>, Hash> plans_;
};

}  // namespace ravine
