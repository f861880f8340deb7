#include <ravine/core/error.h>
#include <ravine/core/kernel.h>

namespace ravine {

void fail_no_cuda(const char* name) {
  throw DeviceError(std::string(name) + ": this build has no CUDA");
}

}  // namespace ravine
