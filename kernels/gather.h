#pragma once

#include <ravine/core/kernel.h>

namespace ravine::kernels {

/// y[n] = samples[order[cursor+n]], for inputs also y[...,c] = factor[c]·that + offset[c].
///
/// Shapes  samples [S,...] u8 or f32   order i32 [S]   cursor i64 [ ]   factor, offset [C] or [1]
/// y f32 [N,...].   cursor + N ≤ S and order in [0,S) are the caller's promise. Writes all of y.
using GatherInputs = void(Stream&, const Tensor& samples, const Tensor& order, const Tensor& cursor,
                          const Tensor& factor, const Tensor& offset, const Tensor& y);
RAVINE_KERNEL(GatherInputs, gather_inputs);

/// The same without conversion, for labels i32 [S], targets f32 [S,...] and weights f32 [S].
using GatherRows = void(Stream&, const Tensor& rows, const Tensor& order, const Tensor& cursor,
                        const Tensor& y);
RAVINE_KERNEL(GatherRows, gather_rows);

/// counter += by, an i64 [ ] in device memory.
using Advance = void(Stream&, std::int64_t by, const Tensor& counter);
RAVINE_KERNEL(Advance, advance);

}  // namespace ravine::kernels
