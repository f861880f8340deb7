#include <ravine/core/device_backend.h>
#include <ravine/core/stream.h>

namespace ravine {

Stream::Stream(Device device) : device_(device), arena_(device) {
  backend_of(device);
}

void Stream::synchronise() {
  backend_of(device_).synchronise(*this);
}

}  // namespace ravine
