#include <algorithm>
#include <limits>
#include <memory>
#include <new>

#include <fmt/format.h>
#include <libdeflate.h>
#include <zlib.h>

#include <ravine/core/error.h>

#include "gzip_internal.h"

namespace ravine::data {

bool is_gzip(std::span<const std::byte> file) {
  return file.size() >= 2 && file[0] == std::byte{0x1f} && file[1] == std::byte{0x8b};
}

std::size_t gunzip_beginning(std::span<const std::byte> file, std::span<std::byte> out,
                             const std::string& name) {
  z_stream stream{};
  // zlib does not write to its input, but its C interface says that it might.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(file.data()));
  stream.avail_in = static_cast<uInt>(std::min<std::size_t>(file.size(), 1 << 30));
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  constexpr int gzip_only = 16 + MAX_WBITS;
  if (inflateInit2(&stream, gzip_only) != Z_OK) throw std::bad_alloc();
  const int result = inflate(&stream, Z_SYNC_FLUSH);
  const std::string message = stream.msg == nullptr ? "it ends too early" : stream.msg;
  inflateEnd(&stream);
  if (result != Z_OK && result != Z_STREAM_END) {
    throw DataError(fmt::format("{}: damaged gzip data: {}", name, message));
  }
  return out.size() - stream.avail_out;
}

void gunzip(std::span<const std::byte> file, std::span<std::byte> out, const std::string& name) {
  const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> decompressor(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  if (decompressor == nullptr) throw std::bad_alloc();

  const std::size_t expected = out.size();
  const std::size_t length = file.size();
  while (!file.empty()) {
    const std::size_t offset = length - file.size();
    if (offset > 0 && !is_gzip(file)) {
      throw DataError(fmt::format("{}: {} bytes that are no gzip data follow the end at offset {}",
                                  name, file.size(), offset));
    }
    std::size_t read = 0, written = 0;
    const libdeflate_result result = libdeflate_gzip_decompress_ex(
        decompressor.get(), file.data(), file.size(), out.data(), out.size(), &read, &written);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE) {
      throw DataError(fmt::format(
          "{}: it inflates to more than the {} bytes that its header states", name, expected));
    }
    if (result != LIBDEFLATE_SUCCESS) {
      throw DataError(fmt::format("{}: damaged or truncated gzip data in the member at offset {}",
                                  name, offset));
    }
    file = file.subspan(read);
    out = out.subspan(written);
  }
  if (!out.empty()) {
    throw DataError(fmt::format("{}: it inflates to {} bytes; its header states {}", name,
                                expected - out.size(), expected));
  }
}

}  // namespace ravine::data
