#pragma once

#include <ravine/core/kernel.h>

namespace ravine::kernels {

/// y = a + b, y = a − b, y = a · b, elementwise. Equal shapes; y may be a or b. Writes all of y.
using Elementwise2 = void(Stream&, const Tensor& a, const Tensor& b, const Tensor& y);
RAVINE_KERNEL(Elementwise2, add);
RAVINE_KERNEL(Elementwise2, subtract);
RAVINE_KERNEL(Elementwise2, multiply);

/// y = factor·x + offset. y may be x. Writes all of y.
using ScaleShift = void(Stream&, float factor, float offset, const Tensor& x, const Tensor& y);
RAVINE_KERNEL(ScaleShift, scale_shift);

/// y = s·x with s a scalar [ ] in device memory. y may be x. Writes all of y.
using ScaleBy = void(Stream&, const Tensor& s, const Tensor& x, const Tensor& y);
RAVINE_KERNEL(ScaleBy, scale_by);

/// y[i] = s for all i, s a scalar [ ] in device memory, times a constant factor. Writes all of y.
using Broadcast = void(Stream&, float factor, const Tensor& s, const Tensor& y);
RAVINE_KERNEL(Broadcast, broadcast);

/// y[...,c] = factor[c]·x[...,c] + offset[c], along the last axis.
///
/// Shapes  x, y [...,C]   factor, offset [C].   y may be x. Writes all of y.
using ChannelScaleShift = void(Stream&, const Tensor& factor, const Tensor& offset, const Tensor& x,
                               const Tensor& y);
RAVINE_KERNEL(ChannelScaleShift, channel_scale_shift);

}  // namespace ravine::kernels
