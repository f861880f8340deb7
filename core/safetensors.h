#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ravine/core/file.h>
#include <ravine/core/shape.h>

namespace ravine {

/// What the numbers of a tensor in a safetensors file are, in the order files are sorted by.
enum class SafetensorsType : std::uint8_t {
  boolean,
  u8,
  i8,
  i16,
  u16,
  f16,
  bf16,
  i32,
  u32,
  f32,
  f64,
  i64,
  u64
};

/// Bytes of one number.
std::size_t size_of(SafetensorsType type);
/// As files have it: "F32".
const char* to_string(SafetensorsType type);

/// One named tensor, dense and row-major, little-endian. `data` belongs to somebody else.
struct SafetensorsEntry {
  std::string name;
  SafetensorsType type = SafetensorsType::f32;
  Shape shape;
  std::span<const std::byte> data;
};

using SafetensorsMetadata = std::map<std::string, std::string>;

/// A file that was read whole; owns the data of its entries.
class SafetensorsFile {
 public:
  /// In the order of their data, which starts at an address that any number may start at. A writer
  /// that mixes types may leave a tensor at an odd address: copy it, do not cast.
  const std::vector<SafetensorsEntry>& entries() const { return entries_; }
  /// The entry of this name, or null.
  const SafetensorsEntry* find(std::string_view name) const;
  /// Throws  DataError when there is none.
  const SafetensorsEntry& at(std::string_view name) const;
  const SafetensorsMetadata& metadata() const { return metadata_; }

 private:
  friend class SafetensorsReader;

  std::string source_;
  std::vector<SafetensorsEntry> entries_;
  std::map<std::string, std::size_t, std::less<>> index_;
  SafetensorsMetadata metadata_;
  std::unique_ptr<std::byte[]> data_;
};

/// What a file may hold at most, in bytes.
struct SafetensorsLimits {
  std::size_t header = std::size_t{16} << 20;
  std::size_t data = std::size_t{16} << 30;
};

/// Reads a file after checking it: sizes, types, shapes, and that the tensors follow each other
/// without hole or overlap to the end of the file.
///
/// Throws  DataError with the file and the JSON pointer in its header; IoError when the file cannot
///         be read.
/// Source  https://github.com/huggingface/safetensors, "Format".
SafetensorsFile read_safetensors(const std::filesystem::path& file,
                                 const SafetensorsLimits& limits = {});

/// Writes the tensors, the widest types first and sorted by name within a type, as the reference
/// implementation does: so each starts at an address that its type allows.
///
/// The data goes from the entries to the file without a copy. Throws  Error when a name comes
/// twice, is "__metadata__" or not UTF-8, or when data and shape differ in size; IoError as
/// OutputFile does.
void write_safetensors(const std::filesystem::path& file, std::vector<SafetensorsEntry> entries,
                       const SafetensorsMetadata& metadata = {},
                       Durability durability = Durability::synced);

}  // namespace ravine
