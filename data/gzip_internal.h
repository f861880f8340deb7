#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace ravine::data {

bool is_gzip(std::span<const std::byte> file);

/// No gzip stream becomes longer than this many times its own length.
constexpr std::size_t max_gzip_ratio = 1032;

/// Inflates the beginning of the first gzip member until `out` is full, and returns how much it
/// holds.
///
/// Throws  DataError, naming the file, when the stream is damaged or ends before.
std::size_t gunzip_beginning(std::span<const std::byte> file, std::span<std::byte> out,
                             const std::string& name);

/// Inflates all members of a gzip file into exactly `out`, checking their checksums.
///
/// Throws  DataError, naming the file, when the stream is damaged, shorter or longer.
void gunzip(std::span<const std::byte> file, std::span<std::byte> out, const std::string& name);

}  // namespace ravine::data
