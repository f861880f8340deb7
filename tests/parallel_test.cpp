#include <atomic>
#include <cmath>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include <ravine/core/parallel.h>

#include "threads.h"

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#include <ravine/core/error.h>

using namespace ravine;
using namespace ravine::test;

namespace {

using Chunk = std::pair<std::int64_t, std::int64_t>;

std::set<Chunk> chunks_of(std::int64_t count, std::int64_t grain) {
  std::mutex mutex;
  std::set<Chunk> chunks;
  parallel_for(count, grain, [&](std::int64_t begin, std::int64_t end) {
    const std::scoped_lock lock(mutex);
    CHECK(chunks.insert({begin, end}).second);
  });
  return chunks;
}

/// A sum in float whose bits depend on the order of its additions.
float ordered_sum(std::int64_t count, std::int64_t grain) {
  std::vector<float> partial(static_cast<std::size_t>((count + grain - 1) / grain));
  parallel_for(count, grain, [&](std::int64_t begin, std::int64_t end) {
    float sum = 0;
    for (std::int64_t i = begin; i < end; ++i) sum += 1 / static_cast<float>(1 + i * i % 977);
    partial[static_cast<std::size_t>(begin / grain)] = sum;
  });
  float total = 0;
  for (const float value : partial) total += value;
  return total;
}

constexpr int thread_counts[] = {1, 2, 3, 8};

}  // namespace

TEST_CASE("the chunks cover the range once, whatever the number of threads") {
  for (const int threads : thread_counts) {
    const ThreadCount set(threads);
    CHECK(chunks_of(10, 4) == std::set<Chunk>{{0, 4}, {4, 8}, {8, 10}});
    CHECK(chunks_of(8, 4) == std::set<Chunk>{{0, 4}, {4, 8}});
    CHECK(chunks_of(3, 4) == std::set<Chunk>{{0, 3}});
    CHECK(chunks_of(0, 4).empty());
    CHECK(chunks_of(1000, 1).size() == 1000);
  }
}

TEST_CASE("partial sums kept by chunk give the same bits for any number of threads") {
  for (const std::int64_t grain : {1, 7, 1000}) {
    check_same_bits_for_any_thread_count(
        [grain] { return std::vector<float>{ordered_sum(10007, grain)}; });
  }
}

TEST_CASE("a call from inside a body runs its chunks in order on the calling thread") {
  for (const int threads : thread_counts) {
    const ThreadCount set(threads);
    std::atomic<int> out_of_order = 0, elsewhere = 0, inner_chunks = 0;
    parallel_for(16, 1, [&](std::int64_t, std::int64_t) {
      const std::thread::id outer = std::this_thread::get_id();
      std::int64_t next = 0;
      parallel_for(100, 10, [&](std::int64_t begin, std::int64_t end) {
        if (begin != next) ++out_of_order;
        if (std::this_thread::get_id() != outer) ++elsewhere;
        next = end;
        ++inner_chunks;
      });
    });
    CHECK(out_of_order == 0);
    CHECK(elsewhere == 0);
    CHECK(inner_chunks == 160);
  }
}

TEST_CASE("an exception of a body reaches the caller, and the next region works") {
  for (const int threads : thread_counts) {
    const ThreadCount set(threads);
    for (const std::int64_t guilty : {0, 7, 15}) {
      const auto run = [guilty] {
        parallel_for(16, 1, [guilty](std::int64_t begin, std::int64_t) {
          if (begin == guilty) throw Error("chunk " + std::to_string(begin));
        });
      };
      CHECK_THROWS_WITH_AS(run(), ("chunk " + std::to_string(guilty)).c_str(), Error);
      CHECK(chunks_of(100, 3).size() == 34);
    }
    CHECK_THROWS_AS(parallel_for(16, 1, [](std::int64_t, std::int64_t) { throw 7; }), int);
  }
}

TEST_CASE("an exception of a nested body reaches the caller") {
  for (const int threads : thread_counts) {
    const ThreadCount set(threads);
    const auto nested = [] {
      parallel_for(4, 1, [](std::int64_t, std::int64_t) {
        parallel_for(4, 1, [](std::int64_t begin, std::int64_t) {
          if (begin == 2) throw std::runtime_error("inner");
        });
      });
    };
    CHECK_THROWS_WITH_AS(nested(), "inner", std::runtime_error);
  }
}

TEST_CASE("callers on threads of their own get their own results") {
  const ThreadCount set(2);
  const float expected = ordered_sum(10007, 7);
  std::vector<float> sums(4);
  {
    std::vector<std::jthread> callers;
    for (float& sum : sums) {
      callers.emplace_back([&sum] {
        for (int round = 0; round < 5; ++round) sum = ordered_sum(10007, 7);
      });
    }
  }
  for (const float sum : sums) CHECK(sum == expected);
}

TEST_CASE("thread counts outside [1, 1024] are refused and change nothing") {
  const ThreadCount set(3);
  CHECK_THROWS_AS(set_thread_count(0), Error);
  CHECK_THROWS_AS(set_thread_count(-1), Error);
  CHECK_THROWS_AS(set_thread_count(1025), Error);
  CHECK(thread_count() == 3);
}

TEST_CASE("denormals are flushed inside and the caller's mode is as before afterwards") {
  for (const int threads : thread_counts) {
    const ThreadCount set(threads);
    std::atomic<int> denormals = 0;
    const volatile float tiny = 1e-39f, small = 1e-30f;
    const auto region = [&] {
      parallel_for(64, 1, [&](std::int64_t begin, std::int64_t) {
        // A denormal read, and one that a product makes.
        const volatile float read = tiny * 2.0f, made = small * 1e-10f;
        if (read != 0 || made != 0) ++denormals;
        if (begin == 40) throw Error("leave by an exception");
      });
    };
    CHECK_THROWS_AS(region(), Error);
    CHECK(denormals == 0);
    const volatile float doubled = tiny * 2.0f;
    CHECK(doubled > 0);
  }
}

#if defined(__SSE__)
TEST_CASE("the caller's floating-point control word is put back, whatever it was") {
  const unsigned before = _mm_getcsr();
  constexpr unsigned round_down = 0x2000, flush_to_zero = 0x8000, control = 0xFFC0;
  for (const int threads : thread_counts) {
    const ThreadCount set(threads);
    for (const unsigned mode : {before, before | round_down, before | flush_to_zero}) {
      _mm_setcsr(mode);
      parallel_for(16, 1, [](std::int64_t, std::int64_t) {});
      const unsigned after = _mm_getcsr();
      _mm_setcsr(before);
      CHECK((after & control) == (mode & control));
    }
  }
}
#endif
