#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <sys/mman.h>

#include <ravine/core/device_backend.h>
#include <ravine/core/error.h>

namespace ravine {
namespace {

constexpr std::size_t alignment = 64;
constexpr std::size_t huge_page = std::size_t{2} << 20;

void* allocate_host(int, std::size_t size) {
  // Large ranges are streamed through by every step: 2 MiB pages save most of their TLB misses.
  const std::size_t unit = size >= huge_page ? huge_page : alignment;
  void* data = std::aligned_alloc(unit, (size + unit - 1) / unit * unit);
  if (data != nullptr && unit == huge_page) madvise(data, size, MADV_HUGEPAGE);
  return data;
}

std::size_t available_host(int) {
  // MemAvailable counts the page cache that the kernel would give up; sysconf's free pages do not.
  std::ifstream file("/proc/meminfo");
  std::string key, unit;
  std::size_t kibibytes = 0;
  while (file >> key >> kibibytes >> unit) {
    if (key == "MemAvailable:") return kibibytes * 1024;
  }
  return ~std::size_t{0};
}

constexpr DeviceBackend cpu_table{
    .device_count = [] { return 1; },
    .allocate = allocate_host,
    .release = [](int, void* data, std::size_t) { std::free(data); },
    .available = available_host,
    .copy =
        [](Stream&, void* target, const void* source, std::size_t size) {
          if (size > 0) std::memcpy(target, source, size);  // an empty range has no address
        },
    .fill =
        [](Stream&, void* target, int byte, std::size_t size) {
          if (size > 0) std::memset(target, byte, size);
        },
    .synchronise = [](Stream&) {},
};

// Addresses of the dry device are never read; any that is not null says "allocated".
alignas(alignment) unsigned char dry_address[alignment];

constexpr DeviceBackend dry_table{
    .device_count = [] { return 1; },
    .allocate = [](int, std::size_t) -> void* { return dry_address; },
    .release = [](int, void*, std::size_t) {},
    .available = [](int) { return ~std::size_t{0}; },
    .copy = [](Stream&, void*, const void*, std::size_t) {},
    .fill = [](Stream&, void*, int, std::size_t) {},
    .synchronise = [](Stream&) {},
};

}  // namespace

const DeviceBackend* cpu_backend() {
  return &cpu_table;
}

const DeviceBackend* dry_backend() {
  return &dry_table;
}

#if !RAVINE_HAS_CUDA
const DeviceBackend* cuda_backend() {
  return nullptr;
}
#endif

const DeviceBackend& backend_of(Device device) {
  if (device.is_cpu()) return cpu_table;
  if (device.is_dry()) return dry_table;
  const DeviceBackend* cuda = cuda_backend();
  if (cuda == nullptr) {
    throw DeviceError(fmt::format("device {}: this build has no CUDA", device.str()));
  }
  if (device.index() >= cuda->device_count()) {
    throw DeviceError(fmt::format("device {}: this machine has {} usable GPUs", device.str(),
                                  cuda->device_count()));
  }
  return *cuda;
}

}  // namespace ravine
