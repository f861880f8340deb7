#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ravine {

/// Owns one descriptor of the operating system and closes it.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int number) : number_(number) {}
  FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  explicit operator bool() const { return number_ >= 0; }
  int number() const { return number_; }
  /// Closes and says whether what was written arrived: 0 or the errno. Closed in either case.
  int close();

 private:
  int number_ = -1;
};

/// A file, pipe or device open for reading from its beginning.
///
/// Throws  IoError when it cannot be opened or read, or is a folder.
class InputFile {
 public:
  explicit InputFile(const std::filesystem::path& path);

  /// Length in bytes when it was opened; nothing where that is not known, as for pipes and /proc.
  std::optional<std::uint64_t> size() const { return size_; }
  /// Fills `bytes` from where the last read ended; returns fewer than asked only at the end.
  std::size_t read(std::span<std::byte> bytes);

 private:
  std::string name_;
  FileDescriptor descriptor_;
  std::optional<std::uint64_t> size_;
};

/// Everything in a file, or what comes through a pipe until it is closed.
///
/// Throws  IoError when it cannot be read; DataError when it holds more than `limit` bytes, before
///         more memory than that is taken.
std::vector<std::byte> read_file(const std::filesystem::path& path, std::size_t limit);
std::string read_text_file(const std::filesystem::path& path, std::size_t limit);

/// What a finished file has to outlive.
enum class Durability {
  cached,  ///< a crash of this program
  synced,  ///< a power cut: file and folder are flushed to the disk
};

/// Writes a file that appears whole or not at all.
///
/// The bytes go to a temporary file in the same folder, which commit() renames over the old one;
/// mode and owner of a replaced file are kept and symbolic links are followed. Without a commit, or
/// after an error, the temporary is removed and the old file is as it was. "-", /dev/stdout, pipes
/// and devices have no "whole": they are written directly. Throws  IoError naming the file and the
/// cause; Error when used after commit() or a failure.
class OutputFile {
 public:
  explicit OutputFile(const std::filesystem::path& path,
                      Durability durability = Durability::cached);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  /// Puts the file in its place. The last call.
  void commit();

 private:
  void open_directly();
  void open_temporary(bool replaces);
  void check_open() const;
  void abandon();
  [[noreturn]] void fail(int error);

  std::filesystem::path path_;       // as the caller said it, for messages
  std::filesystem::path target_;     // where the symbolic links lead
  std::filesystem::path temporary_;  // empty when written directly
  Durability durability_;
  FileDescriptor descriptor_;
};

/// OutputFile, written and committed at once.
void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes,
                Durability durability = Durability::cached);
void write_file(const std::filesystem::path& path, std::string_view text,
                Durability durability = Durability::cached);

}  // namespace ravine
