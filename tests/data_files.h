#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include <ravine/core/error.h>

namespace ravine {

/// "ffd8…" as bytes.
inline std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

inline std::string big_endian(std::uint32_t number) {
  return {static_cast<char>(number >> 24), static_cast<char>(number >> 16),
          static_cast<char>(number >> 8), static_cast<char>(number)};
}

inline std::string little_endian(std::uint32_t number) {
  std::string bytes = big_endian(number);
  std::ranges::reverse(bytes);
  return bytes;
}

/// An IDX file of unsigned bytes; `values` need not fit the extents.
inline std::string idx_file(std::initializer_list<std::uint32_t> extents, std::string_view values) {
  std::string file = {0, 0, 8, static_cast<char>(extents.size())};
  for (const std::uint32_t extent : extents) file += big_endian(extent);
  return file + std::string(values);
}

/// The checksum of gzip members and PNG chunks.
inline std::uint32_t crc32_of(std::string_view bytes) {
  std::uint32_t crc = ~0u;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xEDB88320u : 0);
  }
  return ~crc;
}

/// One stored block of deflate, at most 65535 bytes.
inline std::string stored_block(std::string_view bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  return std::string(1, 1) + little_endian(size | ~size << 16) + std::string(bytes);
}

/// A gzip member that stores its bytes uncompressed.
inline std::string gzip_member(std::string_view bytes) {
  return from_hex("1f8b0800000000000003") + stored_block(bytes) + little_endian(crc32_of(bytes)) +
         little_endian(static_cast<std::uint32_t>(bytes.size()));
}

inline std::string png_chunk(std::string_view type, std::string_view data) {
  const std::string body = std::string(type) + std::string(data);
  return big_endian(static_cast<std::uint32_t>(data.size())) + body + big_endian(crc32_of(body));
}

/// A PNG file; `rows` has a filter byte before each row, colour type 0 is grey, 2 RGB, 4 grey and
/// alpha.
inline std::string png_file(std::uint32_t height, std::uint32_t width, int depth, int colour_type,
                            std::string_view rows) {
  std::uint32_t a = 1, b = 0;  // Adler-32
  for (const char byte : rows) {
    a = (a + static_cast<unsigned char>(byte)) % 65521;
    b = (b + a) % 65521;
  }
  const std::string header = big_endian(width) + big_endian(height) +
                             std::string{static_cast<char>(depth), static_cast<char>(colour_type)} +
                             std::string(3, '\0');
  return from_hex("89504e470d0a1a0a") + png_chunk("IHDR", header) +
         png_chunk("IDAT", from_hex("7801") + stored_block(rows) + big_endian(b << 16 | a)) +
         png_chunk("IEND", "");
}

/// What an error of this kind says, "" when nothing is thrown.
template <class Kind = DataError, class Action>
std::string error_of(const Action& action) {
  try {
    action();
  } catch (const Kind& error) {
    return error.what();
  }
  return "";
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace ravine
