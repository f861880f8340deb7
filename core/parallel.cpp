#include <atomic>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <omp.h>

#include <ravine/core/error.h>
#include <ravine/core/parallel.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace ravine {
namespace {

constexpr int most_threads = 1024;

int default_thread_count() {
  if (const char* text = std::getenv("RAVINE_THREADS")) {
    int count = 0;
    const char* end = text + std::strlen(text);
    const auto [stop, code] = std::from_chars(text, end, count);
    if (code == std::errc() && stop == end && count >= 1 && count <= most_threads) return count;
    throw Error(
        fmt::format("RAVINE_THREADS='{}': expected a number in [1, {}]", text, most_threads));
  }
#if RAVINE_THREADS_STD
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
#else
  return std::min(omp_get_num_procs(), most_threads);
#endif
}

std::atomic<int>& thread_setting() {
  static std::atomic<int> setting = default_thread_count();
  return setting;
}

/// Flush-to-zero and denormals-are-zero for the life of the object, then the caller's mode again:
/// Adam on denormal moments is ten times slower.
class FlushDenormals {
 public:
#if defined(__SSE__)
  FlushDenormals() : saved_(_mm_getcsr()) {
    constexpr unsigned flush_to_zero = 1u << 15, denormals_are_zero = 1u << 6;
    _mm_setcsr(saved_ | flush_to_zero | denormals_are_zero);
  }
  ~FlushDenormals() {
    _mm_setcsr(saved_);
  }
#elif defined(__aarch64__)
  FlushDenormals() {
    asm volatile("mrs %0, fpcr" : "=r"(saved_));
    asm volatile("msr fpcr, %0" : : "r"(saved_ | (1ull << 24)));
  }
  ~FlushDenormals() {
    asm volatile("msr fpcr, %0" : : "r"(saved_));
  }
#endif
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
#if defined(__SSE__)
  unsigned saved_;
#elif defined(__aarch64__)
  unsigned long long saved_;
#endif
};

/// One thread for whatever a library inside a chunk would run in parallel; a region of one thread
/// does not count as parallel for OpenMP, so this must be said.
class OneThreadForLibraries {
 public:
  OneThreadForLibraries() : saved_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OneThreadForLibraries() { omp_set_num_threads(saved_); }
  OneThreadForLibraries(const OneThreadForLibraries&) = delete;
  OneThreadForLibraries& operator=(const OneThreadForLibraries&) = delete;

 private:
  int saved_;
};

/// Keeps the first exception of a parallel region; nothing may leave an OpenMP region by throwing.
class FirstError {
 public:
  template <class Work>
  void guard(const Work& work) noexcept {
    try {
      work();
    } catch (...) {
      const std::scoped_lock lock(mutex_);
      if (error_ == nullptr) error_ = std::current_exception();
    }
  }
  void rethrow() const {
    if (error_ != nullptr) std::rethrow_exception(error_);
  }

 private:
  std::mutex mutex_;
  std::exception_ptr error_;
};

thread_local bool inside_region = false;

/// Thread `index` of `threads` takes a contiguous share of the chunks.
void run_share(std::int64_t chunks, int index, int threads, void (*run)(const void*, std::int64_t),
               const void* body) {
  const FlushDenormals flush;
  const OneThreadForLibraries one_thread;
  inside_region = true;
  const std::int64_t end = chunks * (index + 1) / threads;
  for (std::int64_t chunk = chunks * index / threads; chunk < end; ++chunk) run(body, chunk);
}

}  // namespace

int thread_count() {
  return thread_setting().load(std::memory_order_relaxed);
}

void set_thread_count(int count) {
  if (count < 1 || count > most_threads) {
    throw Error(
        fmt::format("{} threads asked for: expected a number in [1, {}]", count, most_threads));
  }
  thread_setting().store(count, std::memory_order_relaxed);
}

void detail::run_chunks(std::int64_t chunks, void (*run)(const void*, std::int64_t),
                        const void* body) {
  if (chunks <= 0) return;
  if (inside_region) {
    for (std::int64_t chunk = 0; chunk < chunks; ++chunk) run(body, chunk);
    return;
  }
  const int threads = static_cast<int>(std::min<std::int64_t>(thread_count(), chunks));
  FirstError first_error;
  const auto share = [&](int index) {
    first_error.guard([&] { run_share(chunks, index, threads, run, body); });
    inside_region = false;
  };
  if (threads == 1) {
    share(0);
    first_error.rethrow();
    return;
  }
#if RAVINE_THREADS_STD
  std::vector<std::jthread> others;
  for (int index = 1; index < threads; ++index) others.emplace_back(share, index);
  share(0);
  others.clear();
#else
#pragma omp parallel num_threads(threads)
  {
    // The runtime may give fewer threads than asked for; every share has to run all the same.
    for (int index = omp_get_thread_num(); index < threads; index += omp_get_num_threads()) {
      share(index);
    }
  }
#endif
  first_error.rethrow();
}

}  // namespace ravine
