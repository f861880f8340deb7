#include <algorithm>
#include <iterator>
#include <set>
#include <thread>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ravine/core/error.h>
#include <ravine/core/file.h>

#include "temporary.h"

using namespace ravine;
namespace fs = std::filesystem;

namespace {

std::string content(const fs::path& file) {
  return read_text_file(file, 1 << 20);
}

std::size_t entries_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

std::string message_of(auto&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// A write past this size fails with EFBIG, as on a disk that fills up.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &old_);
    old_handler_ = signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_{};
  sighandler_t old_handler_ = SIG_DFL;
};

// Root may write everywhere; tests of permissions run as nobody.
class WithoutPrivileges {
 public:
  WithoutPrivileges() : user_(setfsuid(static_cast<uid_t>(-1))) {
    if (user_ == 0) setfsuid(65534);
  }
  ~WithoutPrivileges() { setfsuid(static_cast<uid_t>(user_)); }

 private:
  int user_;
};

// Descriptor 1 leads to a file while this lives.
class StandardOutputTo {
 public:
  explicit StandardOutputTo(const fs::path& file) : saved_((std::fflush(stdout), dup(1))) {
    const int opened = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    dup2(opened, 1);
    close(opened);
  }
  ~StandardOutputTo() {
    std::fflush(stdout);
    dup2(saved_, 1);
    close(saved_);
  }

 private:
  int saved_;
};

}  // namespace

TEST_CASE("a file is read up to its limit and refused one byte above") {
  const TemporaryFolder folder;
  for (const std::size_t size : std::vector<std::size_t>{0, 1, 4095, 4096, 65535, 65536, 200'000}) {
    CAPTURE(size);
    std::string text(size, 'x');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i % 251);
    write_file(folder / "file", text);
    CHECK(read_text_file(folder / "file", size) == text);
    CHECK(read_text_file(folder / "file", size + 1) == text);
    CHECK(std::ranges::equal(read_file(folder / "file", size), std::as_bytes(std::span(text))));
    if (size > 0) CHECK_THROWS_AS(read_file(folder / "file", size - 1), DataError);
  }
  const std::string message = message_of([&] { read_text_file(folder / "file", 1000); });
  CHECK(message == (folder / "file").string() + " has 200000 bytes; the limit is 1000");
}

TEST_CASE("what cannot be read is an IoError that names the file and the cause") {
  const TemporaryFolder folder;
  CHECK_THROWS_AS(read_file(folder.path(), 100), IoError);
  CHECK_THROWS_AS(read_file(folder / "none", 100), IoError);
  CHECK_THROWS_AS(read_file("", 100), IoError);
  CHECK(message_of([&] { read_file(folder.path(), 100); }) ==
        "cannot read " + folder.path().string() + ": Is a directory");
  CHECK(message_of([&] { read_file(folder / "none", 100); }) ==
        "cannot read " + (folder / "none").string() + ": No such file or directory");

  write_file(folder / "secret", "text");
  fs::permissions(folder.path(), fs::perms(0755));
  fs::permissions(folder / "secret", fs::perms::none);
  const WithoutPrivileges nobody;
  CHECK(contains(message_of([&] { read_file(folder / "secret", 100); }), "Permission denied"));
}

TEST_CASE("a pipe is read until it is closed, up to the limit") {
  const TemporaryFolder folder;
  const fs::path pipe = folder / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  const std::string text(300'000, 'p');
  {
    std::thread writer([&] { write_file(pipe, text); });
    CHECK(read_text_file(pipe, text.size()) == text);
    writer.join();
  }
  {
    std::thread writer([&] { write_file(pipe, text); });
    CHECK(message_of([&] { read_text_file(pipe, text.size() - 1); }) ==
          pipe.string() + " has more than the 299999 bytes allowed");
    writer.join();
  }
}

TEST_CASE("a file of the kernel that does not know its size is read to its end") {
  CHECK_FALSE(InputFile("/proc/self/status").size().has_value());
  CHECK(contains(content("/proc/self/status"), "Name:"));
  CHECK_THROWS_AS(read_file("/dev/zero", 100'000), DataError);
  CHECK(read_file("/dev/null", 0).empty());
}

TEST_CASE("an input file is read piece by piece and says when it ends") {
  const TemporaryFolder folder;
  write_file(folder / "file", "0123456789");
  InputFile input(folder / "file");
  CHECK(input.size() == 10);
  std::byte bytes[7];
  CHECK(input.read(bytes) == 7);
  CHECK(bytes[6] == std::byte{'6'});
  CHECK(input.read(bytes) == 3);
  CHECK(bytes[0] == std::byte{'7'});
  CHECK(input.read(bytes) == 0);
}

TEST_CASE("a file written in pieces appears whole at its commit") {
  for (const Durability durability : {Durability::cached, Durability::synced}) {
    const TemporaryFolder folder;
    write_file(folder / "file", "old");
    OutputFile output(folder / "file", durability);
    output.write("new, ");
    output.write(std::string(100'000, 'n'));
    output.write("");
    CHECK(content(folder / "file") == "old");
    CHECK(entries_in(folder.path()) == 2);
    output.commit();
    CHECK(content(folder / "file") == "new, " + std::string(100'000, 'n'));
    CHECK(entries_in(folder.path()) == 1);
  }
}

TEST_CASE("an output file without a commit leaves nothing behind") {
  const TemporaryFolder folder;
  { OutputFile(folder / "new").write("text"); }
  CHECK(entries_in(folder.path()) == 0);
  write_file(folder / "file", "old");
  { OutputFile(folder / "file").write("text"); }
  CHECK(content(folder / "file") == "old");
  CHECK(entries_in(folder.path()) == 1);
}

TEST_CASE("an output file takes nothing more after its commit") {
  const TemporaryFolder folder;
  OutputFile output(folder / "file");
  output.commit();
  CHECK_THROWS_AS(output.write("more"), Error);
  CHECK_THROWS_AS(output.commit(), Error);
  CHECK(content(folder / "file").empty());
}

TEST_CASE("a disk that fills up leaves the old file and no temporary") {
  const TemporaryFolder folder;
  write_file(folder / "file", "old");
  std::string message;
  {
    const FileSizeLimit limit(50'000);
    OutputFile output(folder / "file");
    output.write(std::string(40'000, 'x'));
    // The first of the two writes is short: 10,000 bytes fit, then nothing does.
    message = message_of([&] { output.write(std::string(20'000, 'x')); });
    CHECK_THROWS_AS(output.commit(), Error);
  }
  CHECK(message == "cannot write " + (folder / "file").string() + ": File too large");
  CHECK(content(folder / "file") == "old");
  CHECK(entries_in(folder.path()) == 1);
}

TEST_CASE("a full device is an IoError") {
  CHECK(message_of([] { write_file("/dev/full", "text"); }) ==
        "cannot write /dev/full: No space left on device");
  CHECK_NOTHROW(write_file("/dev/null", "text", Durability::synced));
}

TEST_CASE("a place that cannot be written is an IoError before any byte is made") {
  const TemporaryFolder folder;
  CHECK_THROWS_AS(OutputFile(folder.path()), IoError);
  CHECK_THROWS_AS(OutputFile(folder / "none" / "file"), IoError);
  CHECK_THROWS_AS(OutputFile(folder / "new/"), IoError);
  CHECK_THROWS_AS(OutputFile(""), IoError);
  write_file(folder / "file", "old");
  CHECK_THROWS_AS(OutputFile(folder / "file" / "below"), IoError);
  CHECK_THROWS_AS(OutputFile(folder / "file/"), IoError);
  fs::create_symlink("loop", folder / "loop");
  CHECK_THROWS_AS(OutputFile(folder / "loop"), IoError);
  CHECK(entries_in(folder.path()) == 2);

  fs::permissions(folder.path(), fs::perms(0555));
  {
    const WithoutPrivileges nobody;
    CHECK(message_of([&] { OutputFile(folder / "new"); }) ==
          "cannot write " + (folder / "new").string() + ": Permission denied");
  }
  // The folder would let the rename through; the file says no.
  fs::permissions(folder.path(), fs::perms(0777));
  fs::permissions(folder / "file", fs::perms(0444));
  {
    const WithoutPrivileges nobody;
    CHECK_THROWS_AS(OutputFile(folder / "file"), IoError);
  }
  CHECK(content(folder / "file") == "old");
  CHECK(entries_in(folder.path()) == 2);
}

TEST_CASE("a folder that goes away while its file is written is an IoError") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "sub");
  OutputFile output(folder / "sub" / "file", Durability::synced);
  output.write("text");
  fs::remove_all(folder / "sub");
  CHECK_THROWS_AS(output.commit(), IoError);
}

TEST_CASE("a replaced file keeps its mode, a new one follows the umask") {
  const TemporaryFolder folder;
  const auto mode = [&](const char* name) {
    return static_cast<int>(fs::status(folder / name).permissions());
  };
  const mode_t old_mask = umask(027);
  write_file(folder / "new", "text");
  CHECK(mode("new") == 0640);
  for (const int kept : {0600, 0644, 0666, 0755}) {
    fs::permissions(folder / "new", fs::perms(kept));
    write_file(folder / "new", "again");
    CHECK(mode("new") == kept);
  }
  umask(old_mask);
}

TEST_CASE("symbolic links are followed, also to a file that is not there yet") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "sub");
  write_file(folder / "sub" / "file", "old");
  fs::create_symlink("sub/file", folder / "first");
  fs::create_symlink(folder / "first", folder / "second");
  write_file(folder / "second", "new");
  CHECK(fs::is_symlink(folder / "second"));
  CHECK(fs::is_symlink(folder / "first"));
  CHECK(content(folder / "sub" / "file") == "new");

  fs::create_symlink("sub/later", folder / "dangling");
  write_file(folder / "dangling", "made");
  CHECK(fs::is_symlink(folder / "dangling"));
  CHECK(content(folder / "sub" / "later") == "made");
  CHECK(entries_in(folder / "sub") == 2);
}

TEST_CASE("a pipe is written directly, also when it is full and non-blocking") {
  const TemporaryFolder folder;
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
  FileDescriptor read_end(ends[0]);
  FileDescriptor write_end(ends[1]);
  const std::string text(300'000, 'w');
  std::string received;
  std::thread thread([&] { received = content("/dev/fd/" + std::to_string(read_end.number())); });
  write_file("/dev/fd/" + std::to_string(write_end.number()), text, Durability::synced);
  write_end.close();
  thread.join();
  CHECK(received == text);

  FileDescriptor reader(open((folder / "pipe").c_str(), O_RDWR | O_CLOEXEC));
  write_file(folder / "pipe", "hello");
  char bytes[16];
  CHECK(read(reader.number(), bytes, sizeof bytes) == 5);
  CHECK(fs::is_fifo(folder / "pipe"));
  CHECK(entries_in(folder.path()) == 1);
}

TEST_CASE("standard output is continued, not replaced or overwritten") {
  const TemporaryFolder folder;
  fs::create_symlink("/dev/stdout", folder / "link");
  const fs::path link = folder / "link";
  {
    const StandardOutputTo file(folder / "out");
    std::printf("printed\n");
    write_file("-", "dash\n");
    write_file("/dev/stdout", "device\n");
    write_file("/dev/fd/1", "number\n");
    write_file(link, "link\n");
    std::printf("printed after\n");
  }
  CHECK(content(folder / "out") == "printed\ndash\ndevice\nnumber\nlink\nprinted after\n");
  CHECK(entries_in(folder.path()) == 2);
}

TEST_CASE("writers of one file in many threads never mix") {
  const TemporaryFolder folder;
  std::vector<std::thread> threads;
  for (char letter = 'a'; letter < 'i'; ++letter) {
    threads.emplace_back([&, letter] {
      for (int i = 0; i < 20; ++i) {
        OutputFile output(folder / "file");
        for (int piece = 0; piece < 10; ++piece) output.write(std::string(1000, letter));
        output.commit();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string text = content(folder / "file");
  CHECK(text.size() == 10'000);
  CHECK(std::set<char>(text.begin(), text.end()).size() == 1);
  CHECK(entries_in(folder.path()) == 1);
}
