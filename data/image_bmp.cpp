// Windows bitmaps as programs write them today: uncompressed, with a palette or 24 or 32 bits a
// pixel.
#include <array>
#include <cstdlib>

#include <fmt/format.h>

#include "image_internal.h"

namespace ravine::data {
namespace {

using Colour = std::array<std::uint8_t, 3>;

struct Header {
  std::size_t pixels;   // offset of the first row
  std::size_t palette;  // offset of the first colour
  std::size_t colours;
  int width, height;
  bool top_down;
  unsigned bits;
};

// 32-bit files often state their masks; only the usual order blue, green, red is read.
bool has_usual_masks(const ImageFile& file, std::size_t at) {
  return file.little_endian_32(at) == 0xff0000 && file.little_endian_32(at + 4) == 0xff00 &&
         file.little_endian_32(at + 8) == 0xff;
}

Header parse_header(const ImageFile& file) {
  constexpr std::size_t info = 14, smallest = 40, largest = 124;
  constexpr unsigned uncompressed = 0, masks = 3;
  const std::size_t size = file.bytes.size();
  if (size < info + smallest)
    file.fail("BMP", fmt::format("{} bytes are too few for a header", size));
  const std::size_t info_size = file.little_endian_32(info);
  if (info_size < smallest || info_size > largest) {
    file.fail("BMP",
              fmt::format("a header of {} bytes; expected {} to {}", info_size, smallest, largest));
  }
  Header header{};
  const auto width = static_cast<std::int32_t>(file.little_endian_32(info + 4));
  const auto height = static_cast<std::int32_t>(file.little_endian_32(info + 8));
  header.top_down = height < 0;
  file.check_sides("BMP", std::abs(std::int64_t{height}), width);
  header.width = width;
  header.height = std::abs(height);
  header.bits = file.little_endian_16(info + 14);
  const unsigned compression = file.little_endian_32(info + 16);
  const bool usual = compression == uncompressed ||
                     (compression == masks && header.bits == 32 && size >= info + smallest + 12 &&
                      has_usual_masks(file, info + smallest));
  const bool known_bits = header.bits == 1 || header.bits == 4 || header.bits == 8 ||
                          header.bits == 24 || header.bits == 32;
  if (!usual || !known_bits) {
    file.fail("BMP", fmt::format("{} bits a pixel with compression {}; expected 1, 4, 8, 24 or 32 "
                                 "without compression",
                                 header.bits, compression));
  }
  header.pixels = file.little_endian_32(10);
  header.palette = info + info_size;
  if (header.bits <= 8) {
    const unsigned stated = file.little_endian_32(info + 32);
    header.colours = stated == 0 ? 1u << header.bits : stated;
    if (header.colours > 256 || header.palette + 4 * header.colours > size) {
      file.fail("BMP", fmt::format("a palette of {} colours does not fit", header.colours));
    }
  }
  return header;
}

std::uint8_t byte_at(const ImageFile& file, std::size_t at) {
  return static_cast<std::uint8_t>(file.at(at));
}

// Files store blue, green, red.
Colour colour_at(const ImageFile& file, std::size_t at) {
  return {byte_at(file, at + 2), byte_at(file, at + 1), byte_at(file, at)};
}

}  // namespace

Image decode_bmp(const ImageFile& file) {
  const Header header = parse_header(file);
  const auto width = static_cast<std::size_t>(header.width);
  const auto height = static_cast<std::size_t>(header.height);
  const std::size_t row_bytes = (width * header.bits + 31) / 32 * 4;
  if (header.pixels > file.bytes.size() || file.bytes.size() - header.pixels < row_bytes * height) {
    file.fail("BMP", fmt::format("{} bytes; {} rows of {} bytes from offset {} on do not fit",
                                 file.bytes.size(), height, row_bytes, header.pixels));
  }

  std::vector<Colour> palette;
  bool grey = header.bits <= 8;
  for (std::size_t i = 0; i < header.colours; ++i) {
    const Colour colour = palette.emplace_back(colour_at(file, header.palette + 4 * i));
    grey = grey && colour[0] == colour[1] && colour[1] == colour[2];
  }
  const int channels = grey ? 1 : 3;

  Image image{header.height, header.width, channels, {}};
  image.pixels.reserve(width * height * static_cast<std::size_t>(channels));
  for (std::size_t y = 0; y < height; ++y) {
    const std::size_t row = header.pixels + row_bytes * (header.top_down ? y : height - 1 - y);
    for (std::size_t x = 0; x < width; ++x) {
      const std::size_t bit = x * header.bits;
      Colour colour;
      if (header.bits > 8) {
        colour = colour_at(file, row + bit / 8);
      } else {
        // The leftmost pixel has the highest bits of its byte.
        const unsigned shift = 8 - header.bits - bit % 8;
        const unsigned index = file.at(row + bit / 8) >> shift & ((1u << header.bits) - 1);
        if (index >= palette.size()) {
          file.fail("BMP",
                    fmt::format("pixel ({}, {}) has colour {} of {}", x, y, index, palette.size()));
        }
        colour = palette[index];
      }
      image.pixels.insert(image.pixels.end(), colour.begin(), colour.begin() + channels);
    }
  }
  return image;
}

}  // namespace ravine::data
