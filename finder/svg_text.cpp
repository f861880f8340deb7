#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <fmt/format.h>

#include <ravine/finder/numbers_internal.h>
#include <ravine/finder/svg_text_internal.h>

namespace ravine {
namespace {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 0;  // 0: not UTF-8 here
};

CodePoint decode(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < bytes) return {};
  std::uint32_t value = first & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3FU);
  }
  const bool overlong = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000);
  const bool surrogate = value >= 0xD800 && value < 0xE000;
  return overlong || surrogate || value > 0x10FFFF ? CodePoint{} : CodePoint{value, bytes};
}

bool allowed_in_xml(std::uint32_t c) {
  return (c >= 0x20 && c < 0x7F) || c == '\t' || c == '\n' ||
         (c >= 0xA0 && c != 0xFFFE && c != 0xFFFF);
}

// Shares of the font's size: of DejaVu Sans, wider than most, for Latin letters.
double relative_width(std::uint32_t c) {
  if (c >= 0x1100) return c < 0x2000 || c >= 0x2E80 ? 1.0 : 0.6;
  if (c >= 0x80) return 0.63;
  const char letter = static_cast<char>(c);
  if (std::string_view("ijltfr.,:;'!| ").find(letter) != std::string_view::npos) return 0.36;
  return std::string_view("mwMW").find(letter) != std::string_view::npos ? 0.95 : 0.63;
}

}  // namespace

std::string escape_xml(std::string_view text) {
  std::string escaped;
  while (!text.empty()) {
    const CodePoint c = decode(text);
    const std::size_t bytes = std::max<std::size_t>(c.bytes, 1);
    if (c.bytes == 0 || !allowed_in_xml(c.value)) {
      escaped += "\uFFFD";
    } else if (c.value == '&') {
      escaped += "&amp;";
    } else if (c.value == '<') {
      escaped += "&lt;";
    } else if (c.value == '>') {
      escaped += "&gt;";
    } else if (c.value == '"') {
      escaped += "&quot;";
    } else {
      escaped += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
  return escaped;
}

std::string pixels(double value) {
  std::string text = fixed(std::clamp(value, -1e6, 1e6), 2);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

double text_width(std::string_view text, double font_size) {
  double width = 0;
  while (!text.empty()) {
    const CodePoint c = decode(text);
    width += relative_width(c.bytes == 0 ? 0xFFFD : c.value);
    text.remove_prefix(std::max<std::size_t>(c.bytes, 1));
  }
  return width * font_size;
}

std::string shortened(std::string_view text, int characters) {
  std::string kept;
  double width = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const CodePoint c = decode(rest);
    const std::size_t bytes = std::max<std::size_t>(c.bytes, 1);
    width += relative_width(c.bytes == 0 ? 0xFFFD : c.value) / relative_width('x');
    if (width > characters) return kept + "…";
    kept += rest.substr(0, bytes);
    rest.remove_prefix(bytes);
  }
  return kept;
}

std::string text(double x, double y, std::string_view attributes, std::string_view content) {
  return fmt::format("<text x=\"{}\" y=\"{}\" {}>{}</text>\n", pixels(x), pixels(y), attributes,
                     content);
}

}  // namespace ravine
