#pragma once

#include <cstring>

#include <doctest/doctest.h>

#include <ravine/core/parallel.h>

namespace ravine::test {

/// Another number of threads for the life of the object.
class ThreadCount {
 public:
  explicit ThreadCount(int count) : before_(thread_count()) { set_thread_count(count); }
  ~ThreadCount() { set_thread_count(before_); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;

 private:
  int before_;
};

/// Fails unless the vector that run() returns has the same bits with 1, 2, 3 and 8 threads.
template <class Run>
void check_same_bits_for_any_thread_count(const Run& run) {
  const ThreadCount alone(1);
  const auto expected = run();
  for (const int count : {2, 3, 8}) {
    const ThreadCount together(count);
    const auto actual = run();
    REQUIRE(actual.size() == expected.size());
    INFO(count, " threads");
    CHECK(std::memcmp(actual.data(), expected.data(), expected.size() * sizeof(expected[0])) == 0);
  }
}

}  // namespace ravine::test
