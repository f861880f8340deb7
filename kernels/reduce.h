#pragma once

#include <ravine/core/kernel.h>

namespace ravine::kernels {

/// y = factor · Σ x over all elements, a scalar [ ]. Fixed order of sums.
using SumAll = void(Stream&, float factor, const Tensor& x, const Tensor& y);
RAVINE_KERNEL(SumAll, sum_all);

/// y = factor · Σ x² (sum_squares) or factor · Σ |x| (sum_absolute), a scalar [ ]. Fixed order.
RAVINE_KERNEL(SumAll, sum_squares);
RAVINE_KERNEL(SumAll, sum_absolute);

/// y[c] = Σ_n x[n,c].   Shapes  x [...,C] read as [N,C]   y [C].   Fixed order. Writes all of y.
using SumRows = void(Stream&, const Tensor& x, const Tensor& y);
RAVINE_KERNEL(SumRows, sum_rows);

/// count += the number of rows whose largest element stands at their label; rows with NaN never.
///
/// Shapes  x [N,C]   labels i32 [N]   count i64 [ ].   C = 1 compares x ≥ 0.5 with the label.
using CountCorrect = void(Stream&, const Tensor& x, const Tensor& labels, const Tensor& count);
RAVINE_KERNEL(CountCorrect, count_correct);

}  // namespace ravine::kernels
