#pragma once

#include <algorithm>
#include <cstdint>

namespace ravine {

/// Threads that `parallel_for` uses: set here, else $RAVINE_THREADS, else one a core.
///
/// The bits of every result are the same for any number.
int thread_count();
/// Throws Error when `count` is not in [1, 1024].
void set_thread_count(int count);

namespace detail {
void run_chunks(std::int64_t chunks, void (*run)(const void* body, std::int64_t chunk),
                const void* body);
}  // namespace detail

/// Runs body(begin, end) over [0, count), cut into chunks of `grain`; the last may be shorter.
///
/// The cut depends on count and grain alone, never on the number of threads: partial results kept
/// by chunk and added in order are the same bits everywhere. Denormals are flushed to zero inside.
/// A call from inside a body runs its chunks in order on the calling thread. The first exception of
/// a body is thrown again when all threads are done.
template <class Body>
void parallel_for(std::int64_t count, std::int64_t grain, const Body& body) {
  struct Context {
    const Body& body;
    std::int64_t count, grain;
  };
  const Context context{body, count, grain};
  detail::run_chunks((count + grain - 1) / grain,
                     [](const void* data, std::int64_t chunk) {
                       const auto& [run, all, step] = *static_cast<const Context*>(data);
                       run(chunk * step, std::min((chunk + 1) * step, all));
                     },
                     &context);
}

}  // namespace ravine
