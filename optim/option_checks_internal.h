#pragma once

namespace ravine {

/// `value` if it is in [0, 1), as momenta and decay rates are. Throws Error naming option and
/// value.
double checked_share(const char* option, double value);
/// `value` if it is finite and above 0 as a float, too. Throws Error naming option and value.
double checked_positive(const char* option, double value);

}  // namespace ravine
