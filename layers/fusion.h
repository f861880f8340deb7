#pragma once

#include <string>
#include <vector>

#include <ravine/layers/layer.h>

namespace ravine {

/// The layers with adjacent ones replaced by one fused operation where a rule fits.
///
/// Rules: Conv2D with relu, then MaxPool2D 2×2 with stride 2 and no padding.
std::vector<Layer> fuse_layers(const std::vector<Layer>& layers);

/// What a summary says about a fused layer; "" for others.
std::string fusion_note(const Layer& layer);

}  // namespace ravine
