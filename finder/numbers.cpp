#include <array>
#include <charconv>

#include <ravine/finder/numbers_internal.h>

namespace ravine {
namespace {

// to_chars alone: no locale turns 0.125 into 0,125.
template <class... Format>
std::string text_of(double value, Format... format) {
  std::array<char, 512> buffer;
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format...);
  return error == std::errc{} ? std::string(buffer.data(), end) : std::string("?");
}

// "1.20e-07" to "1.2e-7": without padding, as a person writes it.
std::string trimmed(std::string text) {
  const auto e = text.find('e');
  std::string mantissa = text.substr(0, e);
  if (mantissa.find('.') != std::string::npos) {
    mantissa.erase(mantissa.find_last_not_of('0') + 1);
    if (mantissa.back() == '.') mantissa.pop_back();
  }
  if (e == std::string::npos) return mantissa;
  std::string exponent = text.substr(e + 1);
  const std::string sign = exponent.front() == '-' ? "-" : "";
  exponent.erase(0, exponent.find_first_not_of("+-0"));
  return exponent.empty() ? mantissa : mantissa + "e" + sign + exponent;
}

}  // namespace

std::string shortest(double value) {
  return trimmed(text_of(value));
}

std::string rounded(double value, int digits) {
  return trimmed(text_of(value, std::chars_format::general, digits));
}

std::string rate_text(double lr) {
  if (lr >= 0.09995 && lr < 999.5) return rounded(lr, 3);
  return trimmed(text_of(lr, std::chars_format::scientific, 2));
}

std::string fixed(double value, int decimals) {
  return text_of(value, std::chars_format::fixed, decimals);
}

}  // namespace ravine
