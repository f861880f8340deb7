#pragma once

#include <ravine/core/kernel.h>
#include <ravine/kernels/geometry.h>

namespace ravine::kernels {

/// y[n, h·fh+i, w·fw+j, c] = x[n,h,w,c] for 0 ≤ i < fh, 0 ≤ j < fw: each pixel becomes a rectangle.
///
/// Shapes  x [N,H,W,C]   y [N,H·fh,W·fw,C].   Writes all of y.
using Upsample2D = void(Stream&, Extent2 factor, const Tensor& x, const Tensor& y);
RAVINE_KERNEL(Upsample2D, upsample2d_forward);

/// dx[n,h,w,c] = Σ of dy over the rectangle of (h,w), row by row. Overwrites dx.
RAVINE_KERNEL(Upsample2D, upsample2d_backward);

}  // namespace ravine::kernels
