#pragma once

#include <ravine/layers/compile_spec.h>
#include <ravine/optim/optimizer.h>
#include <ravine/train/loss.h>

namespace ravine {

/// The optimizer that a saved model was compiled with.
///
/// Throws  DataError when its name is none of ours.
OptimizerSpec make_optimizer(const OptimizerConfig& config);

/// The loss that a saved model was compiled with.
///
/// Throws  DataError when its name is none of ours, or for label smoothing, which we do not have.
Loss make_loss(const LossConfig& config);

}  // namespace ravine
