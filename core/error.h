#pragma once

#include <stdexcept>
#include <string>

namespace ravine {

/// Misuse of the library, in words with the shapes and values: "conv2d: x has 4 channels but …".
///
/// Everything the library throws on purpose is an Error or one of its kinds below; the programs
/// turn the kind into their exit code.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& what) : std::runtime_error(what) {}
};

/// A spec, data set, or weights file that is missing something, malformed, or does not fit the
/// model.
class DataError : public Error {
 public:
  using Error::Error;
};

/// The operating system refused to read or write; the text names the file and the cause.
class IoError : public Error {
 public:
  using Error::Error;
};

/// A device that was asked for is not available in this build or on this machine.
class DeviceError : public Error {
 public:
  using Error::Error;
};

}  // namespace ravine
