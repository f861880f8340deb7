#pragma once

#include <string_view>

#include <ravine/data/image.h>

namespace ravine::data {

/// The bytes of an image file and its name, and how a decoder refuses it.
struct ImageFile {
  std::span<const std::byte> bytes;
  std::string name;

  unsigned at(std::size_t offset) const { return std::to_integer<unsigned>(bytes[offset]); }
  unsigned big_endian_32(std::size_t offset) const;
  unsigned little_endian_16(std::size_t offset) const;
  unsigned little_endian_32(std::size_t offset) const;

  /// "digit.png: PNG image: …", a DataError.
  [[noreturn]] void fail(std::string_view format, std::string_view what) const;
  /// Refuses sides outside [1, 4096], before anything is allocated for them.
  void check_sides(std::string_view format, std::int64_t height, std::int64_t width) const;
};

/// Each decodes one format as the file has it, in 1 or 3 channels; the signature is checked
/// already.
Image decode_png(const ImageFile& file);
Image decode_jpeg(const ImageFile& file);
Image decode_bmp(const ImageFile& file);
Image decode_pnm(const ImageFile& file);

}  // namespace ravine::data
