#pragma once

#include <ravine/core/kernel.h>
#include <ravine/kernels/geometry.h>

namespace ravine::kernels {

/// y = x with zeros around it.   Shapes  x [N,H,W,C]   y [N,top+H+bottom,left+W+right,C].
/// Writes all of y.
using Pad2D = void(Stream&, const Padding2D&, const Tensor& x, const Tensor& y);
RAVINE_KERNEL(Pad2D, pad2d);

/// y = x without its border; the backward function of pad2d. Writes all of y.
RAVINE_KERNEL(Pad2D, crop2d);

}  // namespace ravine::kernels
