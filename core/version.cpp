#include <ravine/core/version.h>

namespace ravine {

const char* version() {
  return RAVINE_VERSION;
}

}  // namespace ravine
