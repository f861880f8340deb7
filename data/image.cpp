#include <algorithm>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/core/file.h>
#include <ravine/data/image.h>

#include "image_internal.h"
#include "pixels_internal.h"

namespace ravine::data {
namespace {

constexpr std::size_t max_file = std::size_t{64} << 20;

std::size_t pixel_bytes(int height, int width, int channels) {
  return static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
         static_cast<std::size_t>(channels);
}

bool begins_with(std::span<const std::byte> file, std::string_view signature) {
  return file.size() >= signature.size() &&
         std::memcmp(file.data(), signature.data(), signature.size()) == 0;
}

Image decode(const ImageFile& file) {
  if (begins_with(file.bytes, "\x89PNG\r\n\x1a\n")) return decode_png(file);
  if (begins_with(file.bytes, "\xff\xd8\xff")) return decode_jpeg(file);
  if (begins_with(file.bytes, "BM")) return decode_bmp(file);
  if (begins_with(file.bytes, "P5") || begins_with(file.bytes, "P6")) return decode_pnm(file);
  if (file.bytes.empty()) throw DataError(fmt::format("{} is empty", file.name));
  std::string beginning;
  for (const std::byte byte : file.bytes.first(std::min<std::size_t>(file.bytes.size(), 8))) {
    beginning += fmt::format(" {:02x}", std::to_integer<unsigned>(byte));
  }
  throw DataError(fmt::format("{}: no PNG, JPEG, BMP or binary PNM image: it begins with{}",
                              file.name, beginning));
}

}  // namespace

unsigned ImageFile::big_endian_32(std::size_t offset) const {
  return at(offset) << 24 | at(offset + 1) << 16 | at(offset + 2) << 8 | at(offset + 3);
}

unsigned ImageFile::little_endian_16(std::size_t offset) const {
  return at(offset) | at(offset + 1) << 8;
}

unsigned ImageFile::little_endian_32(std::size_t offset) const {
  return little_endian_16(offset) | little_endian_16(offset + 2) << 16;
}

void ImageFile::fail(std::string_view format, std::string_view what) const {
  throw DataError(fmt::format("{}: {} image: {}", name, format, what));
}

void ImageFile::check_sides(std::string_view format, std::int64_t height,
                            std::int64_t width) const {
  if (height < 1 || width < 1 || height > max_image_side || width > max_image_side) {
    fail(format, fmt::format("{} × {} pixels (height × width); sides are 1 to {}", height, width,
                             max_image_side));
  }
}

Image Image::to_channels(int wanted) const {
  if (wanted != 1 && wanted != 3) {
    throw Error(fmt::format("{} channels asked for; expected 1 or 3", wanted));
  }
  Image image{height, width, wanted, std::vector<std::uint8_t>(pixel_bytes(height, width, wanted))};
  convert_channels(pixels, channels, image.pixels, wanted);
  return image;
}

Image Image::resized(int to_height, int to_width) const {
  for (const int side : {height, width, to_height, to_width}) {
    if (side < 1 || side > max_image_side) {
      throw Error(fmt::format("cannot resize {} × {} to {} × {}: sides are 1 to {}", height, width,
                              to_height, to_width, max_image_side));
    }
  }
  Image image{to_height, to_width, channels,
              std::vector<std::uint8_t>(pixel_bytes(to_height, to_width, channels))};
  Resizer(height, width, channels, to_height, to_width)(pixels, image.pixels);
  return image;
}

Image read_image(const std::filesystem::path& path, int channels) {
  return decode_image(read_file(path, max_file), path.string(), channels);
}

Image decode_image(std::span<const std::byte> file, const std::string& name, int channels) {
  Image image = decode({file, name});
  return channels == 0 || channels == image.channels ? std::move(image)
                                                     : image.to_channels(channels);
}

}  // namespace ravine::data
