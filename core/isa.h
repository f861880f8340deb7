#pragma once

namespace ravine {

/// The instruction sets that CPU loops are compiled for; the best the machine has is taken.
enum class Isa { generic, avx2, avx512 };

/// What loops run with: $RAVINE_ISA (generic, avx2, avx512) if set, else the best here.
///
/// Throws  Error when RAVINE_ISA names none of them or one that this machine lacks.
Isa isa();
const char* to_string(Isa isa);

#if defined(__x86_64__)
#define RAVINE_TARGET_AVX2 __attribute__((target("avx2,fma,f16c,bmi2")))
#if defined(__clang__)
#define RAVINE_TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma,bmi2")))
#else
#define RAVINE_TARGET_AVX512 \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma,bmi2,prefer-vector-width=512")))
#endif
#endif

/// Put behind the parameters of the lambda given to `vectorized`: `[&]() RAVINE_INLINE { ... }`.
#define RAVINE_INLINE __attribute__((always_inline))

namespace detail {
#if defined(__x86_64__)
template <class Body>
RAVINE_TARGET_AVX512 void run_avx512(const Body& body) {
  body();
}
template <class Body>
RAVINE_TARGET_AVX2 void run_avx2(const Body& body) {
  body();
}
#endif
}  // namespace detail

/// Runs `body()` compiled for the instruction set of this machine: one source, a clone for each.
///
/// The lambda is marked RAVINE_INLINE and everything it calls is inlined, so that its loops are
/// vectorised anew in each clone.
template <class Body>
void vectorized(const Body& body) {
#if defined(__x86_64__)
  switch (isa()) {
    case Isa::avx512:
      return detail::run_avx512(body);
    case Isa::avx2:
      return detail::run_avx2(body);
    case Isa::generic:
      break;
  }
#endif
  body();
}

}  // namespace ravine
