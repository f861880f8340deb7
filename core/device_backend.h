#pragma once

#include <cstddef>

#include <ravine/core/device.h>

namespace ravine {

class Stream;

/// What a device must do besides running kernels. One table a kind of device; all sizes in bytes.
///
/// Copies and fills are ordered with the kernels of the stream; a copy to or from host memory that
/// the caller reads afterwards is finished only after `synchronise`.
struct DeviceBackend {
  int (*device_count)();
  /// 64-byte aligned, not zeroed; null when there is no room.
  void* (*allocate)(int index, std::size_t size);
  void (*release)(int index, void* data, std::size_t size);
  /// What can still be allocated, for the words of a refusal.
  std::size_t (*available)(int index);
  void (*copy)(Stream& stream, void* target, const void* source, std::size_t size);
  void (*fill)(Stream& stream, void* target, int byte, std::size_t size);
  void (*synchronise)(Stream& stream);
};

const DeviceBackend* cpu_backend();
const DeviceBackend* dry_backend();
/// Null in a build without CUDA.
const DeviceBackend* cuda_backend();

/// The table of a device. Throws DeviceError when this build or machine has no such device.
const DeviceBackend& backend_of(Device device);

}  // namespace ravine
