#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ravine/core/error.h>
#include <ravine/core/file.h>

namespace ravine {
namespace {

using std::filesystem::path;

std::string cause(int error) {
  return std::generic_category().message(error);
}

[[noreturn]] void fail_to(const char* action, const std::string& name, int error) {
  throw IoError(fmt::format("cannot {} {}: {}", action, name, cause(error)));
}

// Calls again when a signal came in between, and waits when somebody left the descriptor
// non-blocking, as shells do with a terminal they share.
template <class Transfer>
ssize_t transfer(int descriptor, short direction, Transfer call) {
  for (;;) {
    const ssize_t count = call();
    if (count >= 0) return count;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd ready{descriptor, direction, 0};
      poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return -1;
    }
  }
}

FileDescriptor open_file(const path& file, int flags, mode_t mode = 0) {
  for (;;) {
    const int descriptor = open(file.c_str(), flags | O_CLOEXEC, mode);
    if (descriptor >= 0 || errno != EINTR) return FileDescriptor(descriptor);
  }
}

// 0, or the errno. Pipes and some network folders have nothing to flush and answer EINVAL.
int flush_to_disk(const FileDescriptor& descriptor) {
  while (fsync(descriptor.number()) != 0) {
    if (errno == EINVAL || errno == EROFS) return 0;
    if (errno != EINTR) return errno;
  }
  return 0;
}

path folder_of(const path& file) {
  return file.has_parent_path() ? file.parent_path() : ".";
}

// The descriptor that a name stands for. Opening /dev/stdout anew instead would start at offset 0
// and overwrite what the program has printed.
std::optional<int> descriptor_named(const path& file) {
  if (file == "-" || file == "/dev/stdout") return STDOUT_FILENO;
  if (file == "/dev/stderr") return STDERR_FILENO;
  if (file.parent_path() != "/dev/fd" && file.parent_path() != "/proc/self/fd") return {};
  const std::string digits = file.filename().string();
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size()) return {};
  return number;
}

// Where a chain of symbolic links ends, which may be a file that is not there yet. A longer chain
// the system does not follow either.
path follow_links(path file) {
  std::error_code error;
  for (int links = 0; links < 40 && !descriptor_named(file); ++links) {
    const path next = std::filesystem::read_symlink(file, error);
    if (error) break;
    file = file.parent_path() / next;
  }
  return file;
}

template <class Bytes>
Bytes read_all(const path& file, std::size_t limit) {
  InputFile input(file);
  if (input.size() && *input.size() > limit) {
    throw DataError(
        fmt::format("{} has {} bytes; the limit is {}", file.string(), *input.size(), limit));
  }
  // One byte more than expected: a read that does not fill it has seen the end.
  std::size_t room = input.size() ? static_cast<std::size_t>(*input.size()) : 65535;
  Bytes bytes;
  std::size_t filled = 0;
  do {
    bytes.resize(std::min(room, limit) + 1);
    filled += input.read(std::as_writable_bytes(std::span(bytes)).subspan(filled));
    if (filled > limit) {
      throw DataError(fmt::format("{} has more than the {} bytes allowed", file.string(), limit));
    }
    room = std::max(2 * room, std::size_t{65535});
  } while (filled == bytes.size());
  bytes.resize(filled);
  return bytes;
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

FileDescriptor::~FileDescriptor() {
  close();
}

int FileDescriptor::close() {
  // Not again after EINTR: the number is free by then and may be another thread's.
  const int number = std::exchange(number_, -1);
  return number < 0 || ::close(number) == 0 || errno == EINTR ? 0 : errno;
}

InputFile::InputFile(const path& file)
    : name_(file.string()), descriptor_(open_file(file, O_RDONLY)) {
  if (!descriptor_) fail_to("read", name_, errno);
  struct stat status {};
  if (fstat(descriptor_.number(), &status) != 0) fail_to("read", name_, errno);
  if (S_ISDIR(status.st_mode)) fail_to("read", name_, EISDIR);
  // Files made by the kernel as they are read, as in /proc, say 0.
  if (S_ISREG(status.st_mode) && status.st_size > 0)
    size_ = static_cast<std::uint64_t>(status.st_size);
}

std::size_t InputFile::read(std::span<std::byte> bytes) {
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const auto rest = bytes.subspan(filled);
    const ssize_t count = transfer(descriptor_.number(), POLLIN, [&] {
      return ::read(descriptor_.number(), rest.data(), rest.size());
    });
    if (count < 0) fail_to("read", name_, errno);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  return filled;
}

std::vector<std::byte> read_file(const path& file, std::size_t limit) {
  return read_all<std::vector<std::byte>>(file, limit);
}

std::string read_text_file(const path& file, std::size_t limit) {
  return read_all<std::string>(file, limit);
}

OutputFile::OutputFile(const path& file, Durability durability)
    : path_(file), target_(file), durability_(durability) {
  if (file.empty()) fail(ENOENT);
  struct stat status {};
  const bool named = descriptor_named(file).has_value();
  const bool exists = !named && stat(file.c_str(), &status) == 0;
  if (!named && !exists && errno != ENOENT) fail(errno);
  if (exists && S_ISDIR(status.st_mode)) fail(EISDIR);

  if (!named) target_ = follow_links(file);
  if (descriptor_named(target_) || (exists && !S_ISREG(status.st_mode))) {
    open_directly();
  } else {
    open_temporary(exists);
  }
}

OutputFile::~OutputFile() {
  abandon();
}

void OutputFile::open_directly() {
  if (const std::optional<int> number = descriptor_named(target_)) {
    std::fflush(stdout);  // what was printed before comes before
    descriptor_ = FileDescriptor(fcntl(*number, F_DUPFD_CLOEXEC, 0));
  } else {
    descriptor_ = open_file(target_, O_WRONLY);
  }
  if (!descriptor_) fail(errno);
}

void OutputFile::open_temporary(bool replaces) {
  // A rename would get past the write protection of the old file.
  if (replaces && faccessat(AT_FDCWD, target_.c_str(), W_OK, AT_EACCESS) != 0) fail(errno);

  static std::atomic<unsigned> counter{0};
  const mode_t mode = replaces ? 0600 : 0666;
  // A name may be taken: by a process of this number that crashed, or on another machine.
  for (int attempt = 0; attempt < 1000 && !descriptor_; ++attempt) {
    const path name = folder_of(target_) / fmt::format(".ravine-{}-{}.tmp", getpid(), counter++);
    descriptor_ = open_file(name, O_WRONLY | O_CREAT | O_EXCL, mode);
    if (descriptor_) {
      temporary_ = name;
    } else if (errno != EEXIST) {
      fail(errno);
    }
  }
  if (!descriptor_) fail(EEXIST);
  if (!replaces) return;

  struct stat old {
  }, fresh{};
  if (stat(target_.c_str(), &old) != 0 || fstat(descriptor_.number(), &fresh) != 0) fail(errno);
  if (old.st_uid != fresh.st_uid || old.st_gid != fresh.st_gid) {
    // Only root may give files away; for everybody else the new file is their own.
    [[maybe_unused]] const int ignored = fchown(descriptor_.number(), old.st_uid, old.st_gid);
  }
  if (fchmod(descriptor_.number(), old.st_mode & 0777) != 0) fail(errno);
}

void OutputFile::write(std::span<const std::byte> bytes) {
  check_open();
  while (!bytes.empty()) {
    const ssize_t count = transfer(descriptor_.number(), POLLOUT, [&] {
      return ::write(descriptor_.number(), bytes.data(), bytes.size());
    });
    if (count < 0) fail(errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void OutputFile::write(std::string_view text) {
  write(std::as_bytes(std::span(text)));
}

void OutputFile::commit() {
  check_open();
  const bool sync = durability_ == Durability::synced;
  if (const int error = sync ? flush_to_disk(descriptor_) : 0) fail(error);
  if (const int error = descriptor_.close()) fail(error);
  if (temporary_.empty()) return;

  // Opened before the rename, so that a folder that cannot be flushed is found in time.
  FileDescriptor folder;
  if (sync) folder = open_file(folder_of(target_), O_RDONLY | O_DIRECTORY);
  if (sync && !folder) fail(errno);
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) fail(errno);
  temporary_.clear();
  if (const int error = sync ? flush_to_disk(folder) : 0) {
    throw IoError(fmt::format("{} is written, but its folder cannot be flushed to the disk: {}",
                              path_.string(), cause(error)));
  }
}

void OutputFile::check_open() const {
  if (!descriptor_) {
    throw Error(
        fmt::format("{} is written or given up already; nothing can be added", path_.string()));
  }
}

void OutputFile::abandon() {
  descriptor_.close();
  if (!temporary_.empty()) unlink(temporary_.c_str());
  temporary_.clear();
}

void OutputFile::fail(int error) {
  abandon();
  fail_to("write", path_.string(), error);
}

void write_file(const path& file, std::span<const std::byte> bytes, Durability durability) {
  OutputFile output(file, durability);
  output.write(bytes);
  output.commit();
}

void write_file(const path& file, std::string_view text, Durability durability) {
  write_file(file, std::as_bytes(std::span(text)), durability);
}

}  // namespace ravine
