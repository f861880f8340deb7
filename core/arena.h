#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <ravine/core/memory.h>

namespace ravine {

/// Memory that lives for one training step and is then used again from the start.
///
/// After a `rewind` the n-th request of the next step gets the n-th address, so a captured step can
/// be replayed. Requests are 64-byte aligned. The arena grows while the first steps run and keeps
/// one block of the largest step's size afterwards.
class StepArena {
 public:
  explicit StepArena(Device device) : device_(device) {}

  struct Allocation {
    std::byte* data;
    std::shared_ptr<const Memory> memory;
  };
  Allocation allocate(std::size_t size);

  /// Starts the next step: everything allocated so far is stale from now on.
  void rewind();

  /// How many steps have begun; a tensor remembers the one it was made in.
  std::uint64_t generation() const { return *generation_; }
  std::shared_ptr<const std::uint64_t> generation_counter() const { return generation_; }

  /// Bytes handed out since the last rewind, and the most that any step has had.
  std::size_t used() const { return used_; }
  std::size_t high_water() const { return high_water_; }

  /// Fills every new allocation with NaN bytes, so that a test sees what a kernel leaves unwritten.
  void poison(bool on) { poison_ = on; }

  /// A place to come back to: `release` gives back all that was allocated since `mark`.
  struct Mark {
    std::size_t block;
    std::size_t offset;
    std::size_t used;
  };
  Mark mark() const { return {block_, offset_, used_}; }
  void release(const Mark& mark);

 private:
  Device device_;
  std::vector<std::shared_ptr<const Memory>> blocks_;
  std::size_t block_ = 0;   // the block that requests are cut from
  std::size_t offset_ = 0;  // its first free byte
  std::size_t used_ = 0;
  std::size_t high_water_ = 0;
  bool poison_ = false;
  std::shared_ptr<std::uint64_t> generation_ = std::make_shared<std::uint64_t>(1);
};

}  // namespace ravine
