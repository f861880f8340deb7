#pragma once

#include <vector>

namespace ravine {

/// A label that wants to stand centred over `anchor`, in pixels.
struct LabelWish {
  double anchor = 0;
  double width = 0;
};

/// Centres for labels in one row, in the order of the wishes: none over another, as near to their
/// anchors as that allows, between `left` and `right` where they fit in all.
std::vector<double> place_labels(const std::vector<LabelWish>& wishes, double left, double right);

}  // namespace ravine
