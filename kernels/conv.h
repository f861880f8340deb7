#pragma once

#include <ravine/core/kernel.h>
#include <ravine/kernels/geometry.h>

namespace ravine::kernels {

/// y[n,p,q,k] = e(b[k] + Σ_rsc x[n, p·stride+r·dilation−top, q·stride+s·dilation−left, c] ·
/// w[k,r,s,c])
///
/// Shapes  x [N,H,W,C]   w [K,R,S,C/groups]   b [K] or empty   y [N,P,Q,K].   e is the epilogue.
/// Writes  y, all of it; nothing else.
/// Source  Dumoulin & Visin 2016, arXiv:1603.07285.
using Conv2DForward = void(Stream&, const Conv2DGeometry&, Epilogue, const Tensor& x,
                           const Tensor& w, const Tensor& b, const Tensor& y);
RAVINE_KERNEL(Conv2DForward, conv2d_forward);

/// dx = ∂L/∂x given dy = ∂L/∂y, both of the convolution without its epilogue. Overwrites dx.
using Conv2DBackwardInput = void(Stream&, const Conv2DGeometry&, const Tensor& dy, const Tensor& w,
                                 const Tensor& dx);
RAVINE_KERNEL(Conv2DBackwardInput, conv2d_backward_input);

/// dw = ∂L/∂w and db[k] = Σ_npq dy[n,p,q,k]; each may be empty on its own. Overwrites both.
using Conv2DBackwardWeight = void(Stream&, const Conv2DGeometry&, const Tensor& dy, const Tensor& x,
                                  const Tensor& dw, const Tensor& db);
RAVINE_KERNEL(Conv2DBackwardWeight, conv2d_backward_weight);

}  // namespace ravine::kernels
