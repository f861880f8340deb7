#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace ravine::data {

/// An image in host memory: `pixels` [height,width,channels], channels 1 (grey) or 3 (RGB).
struct Image {
  int height = 0, width = 0, channels = 0;
  std::vector<std::uint8_t> pixels;

  /// Grey ↔ RGB, as Dataset::to_channels.
  Image to_channels(int wanted) const;
  /// As Dataset::resized.
  Image resized(int to_height, int to_width) const;
};

/// Reads a PNG, JPEG, BMP or binary PNM image; the content decides which, not the name.
///
/// `channels` 1 or 3, or 0 for what the file has. Alpha is dropped, 16-bit samples keep their upper
/// byte. At most 4096 × 4096 pixels and 64 MiB of file.
/// Throws  IoError when the file cannot be read; DataError when it is anything else, truncated or
///         damaged.
Image read_image(const std::filesystem::path& path, int channels = 0);

/// The same for the bytes of a file; `name` is for messages.
Image decode_image(std::span<const std::byte> file, const std::string& name, int channels = 0);

}  // namespace ravine::data
