#pragma once

#include <cstdint>

#include <ravine/core/kernel.h>

namespace ravine::kernels {

/// Which random numbers a dropout draws: Philox with this seed and stream, and the step as counter.
struct DropoutRandom {
  double rate;  // the share that is dropped, in [0, 1)
  std::uint64_t seed;
  std::uint32_t stream;  // one a dropout layer
};

/// y[i] = kept(i) ? x[i]/(1−rate) : 0; element i is kept iff its Philox word ≥ ⌈rate·2³²⌉.
///
/// The word is number i mod 4 of counter (i/4, step, stream, 0). Forward on x and backward on dy
/// are the same function: no mask is stored.   step i64 [ ].   y may be x. Writes all of y.
using Dropout = void(Stream&, const DropoutRandom&, const Tensor& step, const Tensor& x,
                     const Tensor& y);
RAVINE_KERNEL(Dropout, dropout);

}  // namespace ravine::kernels
