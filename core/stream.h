#pragma once

#include <cstddef>

#include <ravine/core/arena.h>
#include <ravine/core/device.h>
#include <ravine/core/plan_cache.h>

namespace ravine {

/// An ordered sequence of work on one device, with the memory and plans that the work needs.
///
/// Everything a kernel depends on comes from its stream: there is no global current device. One
/// thread uses a stream at a time; streams of different threads share nothing.
class Stream {
 public:
  /// Throws DeviceError when this build or machine has no such device.
  explicit Stream(Device device);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  Device device() const { return device_; }
  StepArena& arena() { return arena_; }
  PlanCache& plans() { return plans_; }

  /// Waits until all work given so far is done.
  void synchronise();

 private:
  Device device_;
  StepArena arena_;
  PlanCache plans_;
};

/// Working memory of one kernel call, from the step arena and given back at the end of its life.
class Scratch {
 public:
  Scratch(Stream& stream, std::size_t size)
      : arena_(stream.arena()), mark_(arena_.mark()), data_(arena_.allocate(size).data) {}
  ~Scratch() { arena_.release(mark_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  template <class T>
  T* as() const {
    return reinterpret_cast<T*>(data_);
  }

 private:
  StepArena& arena_;
  StepArena::Mark mark_;
  std::byte* data_;
};

}  // namespace ravine
