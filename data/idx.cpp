#include <array>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <sys/mman.h>

#include <ravine/core/error.h>
#include <ravine/core/file.h>
#include <ravine/data/idx.h>

#include "dataset_internal.h"
#include "gzip_internal.h"

namespace ravine::data {
namespace {

constexpr std::size_t max_axes = 4;
constexpr std::size_t max_header = 4 + 4 * max_axes;

struct Header {
  Shape shape;
  std::size_t length;  // of the header itself
  std::size_t total;   // of header and values
};

std::string type_name(unsigned type) {
  switch (type) {
    case 0x08:
      return "unsigned bytes";
    case 0x09:
      return "signed bytes";
    case 0x0B:
      return "16-bit integers";
    case 0x0C:
      return "32-bit integers";
    case 0x0D:
      return "floats";
    case 0x0E:
      return "doubles";
    default:
      return "unknown";
  }
}

// Checks everything that the first bytes say before anything is allocated for the rest.
Header parse_header(std::span<const std::byte> file, const std::string& name) {
  const auto byte = [&](std::size_t i) { return std::to_integer<unsigned>(file[i]); };
  if (file.size() < 4) {
    throw DataError(fmt::format("{}: {} bytes are too few for an IDX file", name, file.size()));
  }
  if (byte(0) != 0 || byte(1) != 0) {
    throw DataError(fmt::format("{}: no IDX file: it begins with {:02x} {:02x}; expected 00 00",
                                name, byte(0), byte(1)));
  }
  if (byte(2) != 0x08) {
    throw DataError(
        fmt::format("{}: values of IDX type {:#04x} ({}); expected 0x08 (unsigned bytes)", name,
                    byte(2), type_name(byte(2))));
  }
  const std::size_t axes = byte(3);
  if (axes < 1 || axes > max_axes) {
    throw DataError(fmt::format("{}: {} axes at offset 3; expected 1 to {}", name, axes, max_axes));
  }
  const std::size_t length = 4 + 4 * axes;
  if (file.size() < length) {
    throw DataError(fmt::format("{}: it ends at offset {}, inside the header of {} bytes", name,
                                file.size(), length));
  }
  std::vector<std::int64_t> extents;
  std::string product;  // for the message
  std::uint64_t values = 1;
  bool fits = true;
  for (std::size_t at = 4; at < length; at += 4) {
    const unsigned extent = byte(at) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3);
    if (extent == 0) throw DataError(fmt::format("{}: the extent at offset {} is 0", name, at));
    extents.push_back(extent);
    product += fmt::format("{}{}", at == 4 ? "" : " × ", extent);
    fits = fits && extent <= std::numeric_limits<std::int32_t>::max() &&
           !__builtin_mul_overflow(values, extent, &values);
  }
  if (!fits || values > max_data_bytes - length) {
    throw DataError(fmt::format("{}: the header states {} values; the limit is {} bytes", name,
                                product, max_data_bytes));
  }
  return {Shape(extents), length, length + static_cast<std::size_t>(values)};
}

// Asks for all pages at once: page faults one by one are an eighth of the time to load MNIST. Where
// the kernel does not know the request (Linux before 5.14), or has larger pages, it stays at that.
std::shared_ptr<std::byte[]> make_buffer(std::size_t size) {
  auto buffer = std::make_shared_for_overwrite<std::byte[]>(size);
#ifdef MADV_POPULATE_WRITE
  constexpr std::size_t page = 4096;
  void* first = buffer.get();
  std::size_t room = size;
  if (std::align(page, page, first, room) != nullptr) {
    madvise(first, room / page * page, MADV_POPULATE_WRITE);
  }
#endif
  return buffer;
}

IdxArray without_header(const Header& header, const std::shared_ptr<std::byte[]>& file) {
  const auto* values = reinterpret_cast<const std::uint8_t*>(file.get() + header.length);
  return {header.shape, Array<std::uint8_t>(std::shared_ptr<const std::uint8_t[]>(file, values),
                                            header.total - header.length)};
}

}  // namespace

IdxArray read_idx(const std::filesystem::path& path) {
  const std::string name = path.string();
  InputFile input(path);
  if (!input.size()) throw DataError(fmt::format("{}: empty, or not a regular file", name));
  if (*input.size() > max_data_bytes) {
    throw DataError(
        fmt::format("{}: {} bytes; the limit is {}", name, *input.size(), max_data_bytes));
  }
  const auto size = static_cast<std::size_t>(*input.size());
  const std::shared_ptr<std::byte[]> buffer = make_buffer(size);
  const std::span<std::byte> file(buffer.get(), size);
  if (input.read(file) != size) {
    throw DataError(fmt::format("{}: it became shorter while it was read", name));
  }

  if (!is_gzip(file)) {
    const Header header = parse_header(file, name);
    if (header.total != size) {
      throw DataError(fmt::format("{}: {} bytes; the header states {} values, which makes {}", name,
                                  size, header.shape.str(), header.total));
    }
    return without_header(header, buffer);
  }

  std::array<std::byte, max_header> beginning;
  const std::size_t known = gunzip_beginning(file, beginning, name);
  const Header header = parse_header(std::span(beginning).first(known), name);
  if (header.total / max_gzip_ratio > size) {
    throw DataError(
        fmt::format("{}: the header states {} values, which {} bytes of gzip data "
                    "cannot hold",
                    name, header.shape.str(), size));
  }
  const std::shared_ptr<std::byte[]> inflated = make_buffer(header.total);
  gunzip(file, {inflated.get(), header.total}, name);
  return without_header(header, inflated);
}

Dataset idx(const std::filesystem::path& images, const std::filesystem::path& labels,
            const DatasetOptions& options) {
  const IdxArray answers = read_idx(labels);
  if (answers.shape.rank() != 1) {
    throw DataError(
        fmt::format("{}: values {}; expected labels [N]", labels.string(), answers.shape.str()));
  }
  const IdxArray inputs = read_idx(images);
  if (inputs.shape.rank() < 2) {
    throw DataError(fmt::format("{}: values {}; expected images [N, H, W]", images.string(),
                                inputs.shape.str()));
  }
  if (inputs.shape[0] != answers.shape[0]) {
    throw DataError(fmt::format("{} holds {} images, but {} holds {} labels", images.string(),
                                inputs.shape[0], labels.string(), answers.shape[0]));
  }

  DatasetOptions named = options;
  if (named.name.empty()) named.name = images.filename().string();
  Shape sample = inputs.shape.without_batch();
  if (sample.rank() == 2) sample = Shape{sample[0], sample[1], 1};
  const std::span<const std::uint8_t> bytes = answers.values;
  try {
    return Dataset::from_bytes(sample, inputs.values,
                               std::vector<std::int32_t>(bytes.begin(), bytes.end()), named);
  } catch (const DataError& error) {
    throw DataError(fmt::format("{}: {}", labels.string(), error.what()));
  }
}

}  // namespace ravine::data
