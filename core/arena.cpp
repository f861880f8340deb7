#include <algorithm>
#include <cstring>

#include <ravine/core/arena.h>

namespace ravine {
namespace {

constexpr std::size_t alignment = 64;
constexpr std::size_t smallest_block = std::size_t{1} << 20;

}  // namespace

StepArena::Allocation StepArena::allocate(std::size_t size) {
  const std::size_t padded = (size + alignment - 1) / alignment * alignment;
  while (block_ < blocks_.size() && blocks_[block_]->size() - offset_ < padded) {
    ++block_;
    offset_ = 0;
  }
  if (block_ == blocks_.size()) {
    blocks_.push_back(std::make_shared<const Memory>(
        device_, std::max({padded, smallest_block, blocks_.empty() ? 0 : blocks_.back()->size()})));
    offset_ = 0;
  }
  std::byte* data = device_.is_dry() ? blocks_[block_]->data() : blocks_[block_]->data() + offset_;
  offset_ += padded;
  used_ += padded;
  high_water_ = std::max(high_water_, used_);
  if (poison_ && device_.is_cpu()) std::memset(data, 0xFF, padded);
  return {data, blocks_[block_]};
}

void StepArena::rewind() {
  // One block of the full size serves all later steps; the small ones stay alive as long as a
  // tensor somebody kept still points into them.
  if (blocks_.size() > 1) {
    blocks_.clear();
    blocks_.push_back(std::make_shared<const Memory>(device_, high_water_));
  }
  block_ = offset_ = used_ = 0;
  ++*generation_;
}

void StepArena::release(const Mark& mark) {
  block_ = mark.block;
  offset_ = mark.offset;
  used_ = mark.used;
}

}  // namespace ravine
