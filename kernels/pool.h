#pragma once

#include <ravine/core/kernel.h>
#include <ravine/kernels/geometry.h>

namespace ravine::kernels {

/// The type of a max-pool's winners: u8 where the window has at most 256 places, else i32.
inline DType winner_dtype(const Pool2DGeometry& g) {
  return g.window.h * g.window.w <= 256 ? DType::u8 : DType::i32;
}

/// y[n,p,q,c] = max over the window; winner[n,p,q,c] = its place r·S + s, the first of equals.
///
/// A NaN in the window wins. Places in the padding take no part.
/// Shapes  x [N,H,W,C]   y, winner [N,P,Q,C].   Writes both; winner may be empty.
using MaxPool2DForward = void(Stream&, const Pool2DGeometry&, const Tensor& x, const Tensor& y,
                              const Tensor& winner);
RAVINE_KERNEL(MaxPool2DForward, max_pool2d_forward);

/// dx[n,h,w,c] = Σ of dy over the windows that (h,w) won. Overwrites dx.
using MaxPool2DBackward = void(Stream&, const Pool2DGeometry&, const Tensor& dy,
                               const Tensor& winner, const Tensor& dx);
RAVINE_KERNEL(MaxPool2DBackward, max_pool2d_backward);

/// y[n,p,q,c] = mean over the places of the window that are not padding.
///
/// Shapes  x [N,H,W,C]   y [N,P,Q,C].   Writes all of y.
using AveragePool2DForward = void(Stream&, const Pool2DGeometry&, const Tensor& x, const Tensor& y);
RAVINE_KERNEL(AveragePool2DForward, average_pool2d_forward);

/// dx = ∂L/∂x of the mean. Overwrites dx.
using AveragePool2DBackward = void(Stream&, const Pool2DGeometry&, const Tensor& dy,
                                   const Tensor& dx);
RAVINE_KERNEL(AveragePool2DBackward, average_pool2d_backward);

}  // namespace ravine::kernels
