#pragma once

#include <ravine/core/kernel.h>
#include <ravine/kernels/geometry.h>

namespace ravine::kernels {

/// y = max-pool 2×2 (stride 2, no padding) of relu(conv2d(x, w) + b), without writing the full map.
///
/// winner[n,p,q,k] is the place 0..3 in the window, or 4 where relu cut it to zero (NaN counts as
/// alive): the backward functions read neither map.
/// Shapes  x [N,H,W,C]   w [K,R,S,C/groups]   b [K] or empty   y, winner (u8) [N,P/2,Q/2,K]
/// Writes  y and winner, all of them.
using Conv2DReluMaxPoolForward = void(Stream&, const Conv2DGeometry&, const Tensor& x,
                                      const Tensor& w, const Tensor& b, const Tensor& y,
                                      const Tensor& winner);
RAVINE_KERNEL(Conv2DReluMaxPoolForward, conv2d_relu_max_pool_forward);

/// dx = ∂L/∂x given dy = ∂L/∂y of the pooled result. Overwrites dx.
using Conv2DReluMaxPoolBackwardInput = void(Stream&, const Conv2DGeometry&, const Tensor& dy,
                                            const Tensor& winner, const Tensor& w,
                                            const Tensor& dx);
RAVINE_KERNEL(Conv2DReluMaxPoolBackwardInput, conv2d_relu_max_pool_backward_input);

/// dw = ∂L/∂w, db = ∂L/∂b; each may be empty on its own. Overwrites both.
using Conv2DReluMaxPoolBackwardWeight = void(Stream&, const Conv2DGeometry&, const Tensor& dy,
                                             const Tensor& winner, const Tensor& x,
                                             const Tensor& dw, const Tensor& db);
RAVINE_KERNEL(Conv2DReluMaxPoolBackwardWeight, conv2d_relu_max_pool_backward_weight);

}  // namespace ravine::kernels
