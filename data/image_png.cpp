#include <cstdlib>
#include <memory>

#include <fmt/format.h>
#include <libdeflate.h>

#include "image_internal.h"
#include "pixels_internal.h"

namespace {

// The largest image takes 128 MiB while it is decoded (four channels of 16 bits).
constexpr std::size_t max_allocation = std::size_t{256} << 20;

void* capped_malloc(std::size_t size) {
  return size > max_allocation ? nullptr : std::malloc(size);
}

void* capped_realloc(void* memory, std::size_t size) {
  return size > max_allocation ? nullptr : std::realloc(memory, size);
}

}  // namespace

// Only PNG: Debian 12's stb_image is 2.27, whose JPEG decoder writes out of bounds on malformed
// files, and whose BMP and PNM decoders make up the pixels that a truncated file lacks.
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_MAX_DIMENSIONS 4096
#define STBI_MALLOC(size) capped_malloc(size)
#define STBI_REALLOC(memory, size) capped_realloc(memory, size)
#define STBI_FREE(memory) std::free(memory)
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#include <stb/stb_image.h>

namespace ravine::data {
namespace {

static_assert(STBI_MAX_DIMENSIONS == max_image_side);

constexpr std::size_t signature_length = 8;
constexpr std::size_t header_end = signature_length + 12 + 13;

// stb_image skips the checksums, and decodes a file damaged in one byte to other pixels.
void check_chunks(const ImageFile& file) {
  const std::size_t size = file.bytes.size();
  const auto type_at = [&](std::size_t at) {
    return std::string_view(reinterpret_cast<const char*>(&file.bytes[at + 4]), 4);
  };
  if (size < header_end || type_at(signature_length) != "IHDR") {
    file.fail("PNG", "the header chunk IHDR is missing");
  }
  bool has_pixels = false;
  for (std::size_t at = signature_length; size - at >= 12;) {
    const std::size_t length = file.big_endian_32(at);
    if (length > size - at - 12) break;
    if (libdeflate_crc32(0, &file.bytes[at + 4], 4 + length) !=
        file.big_endian_32(at + 8 + length)) {
      file.fail("PNG", fmt::format("damaged: the chunk at offset {} fails its checksum", at));
    }
    if (type_at(at) == "IEND") return;
    if (type_at(at) == "IDAT") {
      // stb_image would copy no bytes to a null pointer.
      if (length == 0 && !has_pixels) file.fail("PNG", "the first chunk of pixels is empty");
      has_pixels = true;
    }
    at += 12 + length;
  }
  file.fail("PNG", fmt::format("it ends too early, after {} bytes", size));
}

}  // namespace

Image decode_png(const ImageFile& file) {
  check_chunks(file);
  file.check_sides("PNG", file.big_endian_32(20), file.big_endian_32(16));
  const auto* bytes = reinterpret_cast<const stbi_uc*>(file.bytes.data());
  const int size = static_cast<int>(file.bytes.size());
  int width = 0, height = 0, components = 0;
  // One or two components are grey without and with alpha, three or four RGB.
  const bool known = stbi_info_from_memory(bytes, size, &width, &height, &components) != 0;
  const int channels = components <= 2 ? 1 : 3;
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      known ? stbi_load_from_memory(bytes, size, &width, &height, &components, channels) : nullptr,
      stbi_image_free);
  if (pixels == nullptr) file.fail("PNG", fmt::format("damaged: {}", stbi_failure_reason()));
  const std::size_t count = static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
                            static_cast<std::size_t>(channels);
  return {height, width, channels, {pixels.get(), pixels.get() + count}};
}

}  // namespace ravine::data
