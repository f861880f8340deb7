#pragma once

#include <ravine/core/tape.h>
#include <ravine/kernels/loss.h>

namespace ravine {

/// The mean over the batch of −ln softmax(x)[label], a scalar [ ]; see kernels/softmax.h.
///
/// Shapes  x [N,C]   labels i32 [N], or targets f32 [N,C]   weight [N] or empty.
/// Throws  Error naming the shapes when they do not fit.
Variable softmax_cross_entropy(const Variable& x, const Tensor& labels, const Tensor& weight);

/// The mean over the batch of an elementwise loss, a scalar [ ]; see kernels/loss.h for the kinds.
///
/// Shapes  x, targets [N,...]   weight [N] or empty.
Variable element_loss(const Variable& x, const Tensor& targets, const Tensor& weight,
                      kernels::LossKind kind, double delta = 1);

}  // namespace ravine
