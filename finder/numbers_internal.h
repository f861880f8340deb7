#pragma once

#include <string>

namespace ravine {

/// The shortest text that reads back as the same number: "0.1", "1e-7"; "nan", "inf", "-inf".
std::string shortest(double value);

/// `value` with `digits` significant digits, trailing zeros dropped: "2.34", "1.2e-9".
std::string rounded(double value, int digits);

/// A learning rate as people write it, with three digits: "6.64e-3", "0.382", "10".
std::string rate_text(double lr);

/// `value` with `decimals` places, trailing zeros kept: "0.50".
std::string fixed(double value, int decimals);

}  // namespace ravine
