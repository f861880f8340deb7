#include <algorithm>

#include <fmt/format.h>

#include <ravine/core/device_backend.h>
#include <ravine/core/error.h>
#include <ravine/core/memory.h>

namespace ravine {

Memory::Memory(Device device, std::size_t size) : device_(device), size_(size), data_(nullptr) {
  const DeviceBackend& backend = backend_of(device);
  // Linux promises memory that it does not have: ask before a large range, not after.
  constexpr std::size_t worth_asking = std::size_t{64} << 20;
  const bool fits = size < worth_asking || size <= backend.available(device.index());
  if (fits) {
    data_ =
        static_cast<std::byte*>(backend.allocate(device.index(), std::max<std::size_t>(size, 1)));
  }
  if (data_ == nullptr) {
    throw Error(fmt::format("{}: {:.1f} MiB of memory wanted, {:.1f} MiB available", device.str(),
                            static_cast<double>(size) / (1 << 20),
                            static_cast<double>(backend.available(device.index())) / (1 << 20)));
  }
}

Memory::~Memory() {
  backend_of(device_).release(device_.index(), data_, size_);
}

}  // namespace ravine
