#pragma once

#include <cstddef>

#include <ravine/core/device.h>

namespace ravine {

/// One owned range of device memory, 64-byte aligned, freed at the end of its life.
///
/// Throws  Error with the bytes wanted and available when the device has no room.
class Memory {
 public:
  Memory(Device device, std::size_t size);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }
  Device device() const { return device_; }

 private:
  Device device_;
  std::size_t size_;
  std::byte* data_;
};

}  // namespace ravine
