#include <algorithm>
#include <cstddef>
#include <numeric>

#include <ravine/finder/svg_labels_internal.h>

namespace ravine {
namespace {

constexpr double gap = 8;

// The nearest in the least squares: neighbours that touch move as one block, merged from left to
// right.
std::vector<double> spread(const std::vector<LabelWish>& sorted, double left, double right) {
  struct Block {
    double sum = 0;  // of the wished left edges of the block, minus each label's offset in it
    double width = 0;
    std::size_t count = 0;
    double begin() const { return sum / static_cast<double>(count); }
  };
  std::vector<Block> blocks;
  for (const LabelWish& wish : sorted) {
    blocks.push_back({wish.anchor - wish.width / 2, wish.width + gap, 1});
    while (blocks.size() > 1) {
      const Block last = blocks.back();
      Block& before = blocks[blocks.size() - 2];
      if (before.begin() + before.width <= last.begin()) break;
      before.sum += last.sum - static_cast<double>(last.count) * before.width;
      before.width += last.width;
      before.count += last.count;
      blocks.pop_back();
    }
  }

  std::vector<double> begins;
  for (const Block& block : blocks) {
    double at = block.begin();
    for (std::size_t i = 0; i < block.count; ++i) {
      begins.push_back(at);
      at += sorted[begins.size() - 1].width + gap;
    }
  }
  // Back inside the bounds, from the right first: what does not fit at all then hangs out on the
  // right.
  double limit = right + gap;
  for (std::size_t i = begins.size(); i-- > 0;) {
    begins[i] = std::min(begins[i], limit - sorted[i].width - gap);
    limit = begins[i];
  }
  limit = left;
  for (std::size_t i = 0; i < begins.size(); ++i) {
    begins[i] = std::max(begins[i], limit);
    limit = begins[i] + sorted[i].width + gap;
  }
  for (std::size_t i = 0; i < begins.size(); ++i) begins[i] += sorted[i].width / 2;
  return begins;
}

}  // namespace

std::vector<double> place_labels(const std::vector<LabelWish>& wishes, double left, double right) {
  std::vector<std::size_t> order(wishes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return wishes[a].anchor < wishes[b].anchor;
  });
  std::vector<LabelWish> sorted;
  for (const std::size_t i : order) sorted.push_back(wishes[i]);
  const std::vector<double> centers = spread(sorted, left, right);
  std::vector<double> places(wishes.size());
  for (std::size_t i = 0; i < order.size(); ++i) places[order[i]] = centers[i];
  return places;
}

}  // namespace ravine
