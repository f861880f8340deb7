#include <algorithm>

#include <fmt/format.h>

#include "image_internal.h"

namespace ravine::data {
namespace {

bool is_space(unsigned character) {
  return character == ' ' || (character >= 9 && character <= 13);
}

// The next number of the header, after white space and comments; `at` moves behind it.
int next_number(const ImageFile& file, std::size_t& at) {
  const auto more = [&] { return at < file.bytes.size(); };
  while (more() && (is_space(file.at(at)) || file.at(at) == '#')) {
    if (file.at(at) == '#') {
      while (more() && file.at(at) != '\n') ++at;
    } else {
      ++at;
    }
  }
  const std::size_t first = at;
  int number = 0;
  for (; more() && file.at(at) >= '0' && file.at(at) <= '9' && number < 1'000'000; ++at) {
    number = 10 * number + static_cast<int>(file.at(at) - '0');
  }
  if (at == first) file.fail("PNM", fmt::format("a number is missing at offset {}", at));
  return number;
}

}  // namespace

Image decode_pnm(const ImageFile& file) {
  const int channels = file.at(1) == '5' ? 1 : 3;
  std::size_t at = 2;
  const int width = next_number(file, at);
  const int height = next_number(file, at);
  const int maximum = next_number(file, at);
  file.check_sides("PNM", height, width);
  if (maximum != 255) {
    file.fail("PNM", fmt::format("values up to {}; expected bytes up to 255", maximum));
  }
  if (at == file.bytes.size() || !is_space(file.at(at))) {
    file.fail("PNM", fmt::format("white space is missing at offset {}", at));
  }
  ++at;
  const std::size_t size = static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
                           static_cast<std::size_t>(channels);
  if (file.bytes.size() - at != size) {
    file.fail("PNM", fmt::format("{} bytes of pixels; {} × {} × {} need {}", file.bytes.size() - at,
                                 height, width, channels, size));
  }
  Image image{height, width, channels, std::vector<std::uint8_t>(size)};
  std::ranges::transform(file.bytes.subspan(at), image.pixels.begin(),
                         [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
  return image;
}

}  // namespace ravine::data
