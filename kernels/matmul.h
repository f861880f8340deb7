#pragma once

#include <ravine/core/kernel.h>
#include <ravine/kernels/geometry.h>

namespace ravine::kernels {

/// y = e(x·w + b), a dense layer.
///
/// Shapes  x [N,I]   w [I,O]   b [O] or empty   y [N,O].   e is the epilogue.   Writes all of y.
using DenseForward = void(Stream&, Epilogue, const Tensor& x, const Tensor& w, const Tensor& b,
                          const Tensor& y);
RAVINE_KERNEL(DenseForward, dense_forward);

/// dx = dy·wᵀ for the layer without its epilogue. Overwrites dx.
using DenseBackwardInput = void(Stream&, const Tensor& dy, const Tensor& w, const Tensor& dx);
RAVINE_KERNEL(DenseBackwardInput, dense_backward_input);

/// dw = xᵀ·dy and db[o] = Σ_n dy[n,o]; each may be empty on its own. Overwrites both.
using DenseBackwardWeight = void(Stream&, const Tensor& dy, const Tensor& x, const Tensor& dw,
                                 const Tensor& db);
RAVINE_KERNEL(DenseBackwardWeight, dense_backward_weight);

}  // namespace ravine::kernels
