#pragma once

namespace ravine {

/// The version of this library, "0.1.0".
const char* version();

}  // namespace ravine
