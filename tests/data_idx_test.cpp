#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/core/file.h>
#include <ravine/data/idx.h>
#include <ravine/data/mnist.h>

#include "data_files.h"
#include "temporary.h"

using namespace ravine;
using data::read_idx;
using std::filesystem::path;

namespace {

// 50 images of 4 × 5, value i is i·7 mod 256, compressed by zlib.
const std::string compressed_images = from_hex(
    "1f8b08000000000002036360e0606660603002621620666560e7139551d632b4b077f30d894eca2c28af6bed993c"
    "6be18af5dbf61e397de9e683e7efbefe61e612949057d335b176f20c088f4bcd29ae6aece89f3677c9ea4d3b0f1c"
    "3f77f5cee3571f7ffc67e3159156d23430b773f5098e4accc82fab6de99e3473c1f2755bf71c3e75f1c6fd676fbf"
    "fc66e214109753d531b672f4f00f8b4dc92eaa6c68ef9b3a67f1aa8d3bf61f3b7be5f6a3971fbeff63e5119652d4"
    "d037b375f10e8a4c48cf2bad69ee9a3863feb2b55b761f3a79e1fabda76f3eff62e4e0179355d136b27470f70b8d"
    "49ce2aaca86feb9d327bd1ca0ddbf71d3d73f9d6c317efbffd65e116925450d733b571f60a8c884fcb2da96eea9c"
    "307dded2359b771d3c71fedadd27af3ffd1cf5ffa8ff4782ff01b5b3227ef8030000");

std::string some_values(std::size_t count) {
  std::string values(count, '\0');
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<char>(i * 7);
  return values;
}

class IdxFiles {
 public:
  path add(const path& name, const std::string& content) const {
    const path file = folder / name;
    std::filesystem::create_directories(file.parent_path());
    write_file(file, content);
    return file;
  }
  std::string refusal(const std::string& content) const {
    const path file = add("bad", content);
    const std::string text = error_of([&] { read_idx(file); });
    CHECK(contains(text, file.string()));
    return text;
  }
  void add_mnist(const path& where, std::uint32_t train, const std::string& suffix = "-idx") const {
    for (const auto& [part, count] :
         {std::pair<std::string, std::uint32_t>{"train", train}, {"t10k", 2}}) {
      add(where / (part + "-images" + suffix + "3-ubyte"),
          idx_file({count, 28, 28}, std::string(784 * count, '\1')));
      add(where / (part + "-labels" + suffix + "1-ubyte"),
          idx_file({count}, std::string(count, '\3')));
    }
  }

  TemporaryFolder folder;
};

// A variable of the environment, put back at the end.
class Variable {
 public:
  Variable(const char* name, const path& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    setenv(name, value.c_str(), 1);
  }
  ~Variable() {
    if (before_) {
      setenv(name_, before_->c_str(), 1);
    } else {
      unsetenv(name_);
    }
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

}  // namespace

TEST_CASE_FIXTURE(IdxFiles, "an IDX file is read plain, stored and compressed to the same values") {
  const std::string values = some_values(1000);
  const std::string plain = idx_file({50, 4, 5}, values);
  for (const std::string& content : {plain, gzip_member(plain), compressed_images}) {
    const data::IdxArray array = read_idx(add("images", content));
    CHECK(array.shape == Shape{50, 4, 5});
    CHECK(std::string(array.values.span().begin(), array.values.span().end()) == values);
  }
}

TEST_CASE_FIXTURE(IdxFiles, "gzip members one after the other are one file") {
  const std::string plain = idx_file({50, 4, 5}, some_values(1000));
  const std::string content =
      gzip_member(plain.substr(0, 40)) + gzip_member("") + gzip_member(plain.substr(40));
  CHECK(read_idx(add("images", content)).values.span()[999] == 999 * 7 % 256);
}

TEST_CASE_FIXTURE(IdxFiles, "an IDX file cut short anywhere is refused") {
  const std::string plain = idx_file({6, 2, 3}, some_values(36));
  for (std::size_t length = 0; length < plain.size(); ++length) {
    CHECK_FALSE(refusal(plain.substr(0, length)).empty());
  }
  for (std::size_t length = 0; length < compressed_images.size(); ++length) {
    CHECK_FALSE(refusal(compressed_images.substr(0, length)).empty());
  }
}

TEST_CASE_FIXTURE(IdxFiles, "a changed byte of a compressed file never changes the values") {
  const std::string values = some_values(1000);
  int refused = 0;
  for (std::size_t i = 0; i < compressed_images.size(); ++i) {
    std::string damaged = compressed_images;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    const path file = add("damaged", damaged);
    try {
      const data::IdxArray array = read_idx(file);
      CHECK(std::string(array.values.span().begin(), array.values.span().end()) == values);
    } catch (const DataError& error) {
      CHECK(contains(error.what(), file.string()));
      ++refused;
    }
  }
  CHECK(refused > 300);
}

TEST_CASE_FIXTURE(IdxFiles, "an IDX file longer than its header states is refused") {
  const std::string plain = idx_file({2, 2}, "abcd");
  CHECK(
      contains(refusal(plain + "e"), "17 bytes; the header states [2, 2] values, which makes 16"));
  CHECK(
      contains(refusal(gzip_member(plain + "e")), "more than the 16 bytes that its header states"));
  CHECK(contains(refusal(gzip_member(plain) + "e"), "1 bytes that are no gzip data follow"));
  CHECK(contains(refusal(gzip_member(plain) + gzip_member("e")), "more than the 16 bytes"));
  CHECK(contains(refusal(gzip_member(idx_file({2, 2}, "abc"))), "inflates to 15 bytes"));
}

TEST_CASE_FIXTURE(IdxFiles, "what is no IDX file of bytes is refused with what was found") {
  CHECK(contains(refusal(""), "empty, or not a regular file"));
  CHECK(contains(refusal("abc"), "3 bytes are too few for an IDX file"));
  CHECK(contains(refusal("\x89PNG..."), "it begins with 89 50; expected 00 00"));
  CHECK(contains(refusal(from_hex("00000d0100000001") + "abcd"),
                 "values of IDX type 0x0d (floats); expected 0x08 (unsigned bytes)"));
  CHECK(contains(refusal(from_hex("0000420100000001")), "type 0x42 (unknown)"));
  CHECK(contains(refusal(from_hex("00000800")), "0 axes at offset 3; expected 1 to 4"));
  CHECK(contains(refusal(from_hex("000008ff")), "255 axes at offset 3"));
  CHECK(contains(refusal(from_hex("00000802000000ff")),
                 "it ends at offset 8, inside the header of 12 bytes"));
  CHECK(contains(refusal(idx_file({3, 0}, "")), "the extent at offset 8 is 0"));
}

TEST_CASE_FIXTURE(IdxFiles, "sizes that no file holds are refused before they are allocated") {
  const std::uint32_t most = 0xffffffff;
  for (const auto& file : {idx_file({most, most, most, most}, ""), idx_file({1u << 31}, ""),
                           idx_file({1u << 16, 1u << 16}, ""), idx_file({most, 1}, "")}) {
    CHECK(contains(refusal(file), "the limit is 4294967296 bytes"));
    CHECK(contains(refusal(gzip_member(file)), "the limit is 4294967296 bytes"));
  }
  CHECK(contains(refusal(idx_file({1000, 1000, 1000}, "abc")),
                 "19 bytes; the header states [1000, 1000, 1000] values"));
  CHECK(contains(refusal(gzip_member(idx_file({1000, 1000, 1000}, "abc"))), "cannot hold"));
}

TEST_CASE_FIXTURE(IdxFiles, "a file that cannot be read is an I/O error with its name") {
  CHECK(
      contains(error_of<IoError>([&] { read_idx(folder / "none"); }), (folder / "none").string()));
  CHECK(contains(error_of<IoError>([&] { read_idx(folder.path()); }), folder.path().string()));
  CHECK(contains(error_of([&] { read_idx("/dev/zero"); }), "not a regular file"));
}

TEST_CASE_FIXTURE(IdxFiles, "images and labels make a data set") {
  const path images = add("images", idx_file({3, 2, 2}, some_values(12)));
  const data::Dataset data = data::idx(images, add("labels", idx_file({3}, from_hex("000401"))));
  CHECK(data.name() == "images");
  CHECK(data.sample_shape() == Shape{2, 2, 1});
  CHECK(data.classes() == 5);
  CHECK(data.labels()[1] == 4);
  CHECK(data.bytes()[11] == 77);
  const path colours = add("colours", idx_file({1, 2, 2, 3}, some_values(12)));
  CHECK(data::idx(colours, add("labels", idx_file({1}, "a"))).sample_shape() == Shape{2, 2, 3});
  const path rows = add("rows", idx_file({2, 6}, some_values(12)));
  CHECK(data::idx(rows, add("labels", idx_file({2}, "ab"))).sample_shape() == Shape{6});
}

TEST_CASE_FIXTURE(IdxFiles, "images and labels that do not belong together are refused") {
  const path images = add("images", idx_file({3, 2, 2}, some_values(12)));
  const path two = add("two", idx_file({2}, "ab"));
  CHECK(error_of([&] { data::idx(images, two); }) ==
        images.string() + " holds 3 images, but " + two.string() + " holds 2 labels");
  CHECK(contains(error_of([&] { data::idx(images, images); }), "expected labels [N]"));
  CHECK(contains(error_of([&] { data::idx(two, two); }), "expected images [N, H, W]"));
  const path labels = add("labels", idx_file({3}, from_hex("01020a")));
  CHECK(error_of([&] { data::idx(images, labels, {.name = "digits", .classes = 10}); }) ==
        labels.string() + ": digits: the label of sample 2 is 10; expected 0 to 9");
}

TEST_CASE_FIXTURE(IdxFiles,
                  "MNIST is read from a folder, from one named mnist in it, and by either name") {
  add_mnist("plain", 3);
  CHECK(data::mnist(folder / "plain").train.size() == 3);
  CHECK(data::mnist(folder / "plain").test.size() == 2);
  CHECK(data::mnist(folder / "plain").train.classes() == 10);
  add_mnist("above/mnist", 4, ".idx");
  CHECK(data::mnist(folder / "above").train.size() == 4);
  add_mnist("above/fashion-mnist", 5);
  const data::Split fashion = data::fashion_mnist(folder / "above");
  CHECK(fashion.train.size() == 5);
  CHECK(fashion.train.name() == "fashion-mnist");
  CHECK(fashion.train.class_names()[9] == "Ankle boot");
  const path gz = add("gz/train-images-idx3-ubyte.gz",
                      gzip_member(idx_file({1, 28, 28}, std::string(784, '\1'))));
  add("gz/train-labels-idx1-ubyte.gz", gzip_member(idx_file({1}, "\3")));
  add("gz/t10k-images.idx3-ubyte", idx_file({1, 28, 28}, std::string(784, '\1')));
  add("gz/t10k-labels.idx1-ubyte", idx_file({1}, "\3"));
  CHECK(data::mnist(folder / "gz").train.labels()[0] == 3);
}

TEST_CASE_FIXTURE(IdxFiles,
                  "data are looked for in the folder of the environment, then in the user's") {
  const Variable own("RAVINE_DATA_DIR", folder / "own");
  const Variable user("XDG_DATA_HOME", folder / "user");
  add_mnist("user/ravine/mnist", 6);
  CHECK(data::mnist().train.size() == 6);
  add_mnist("own", 7);
  CHECK(data::mnist().train.size() == 7);
  add_mnist("own/mnist", 8);
  CHECK(data::mnist().train.size() == 8);
}

TEST_CASE_FIXTURE(IdxFiles,
                  "data that are nowhere are reported with every place and how to get them") {
  const Variable own("RAVINE_DATA_DIR", folder / "own");
  const Variable user("XDG_DATA_HOME", folder / "user");
  add("own/readme", "");
  const std::string text = error_of<IoError>([] { data::mnist(); });
  CHECK(contains(text, "mnist was not found"));
  CHECK(contains(text, (folder / "own").string() + "\n"));
  CHECK(contains(text, (folder / "user/ravine/mnist").string() + " (no such folder)"));
  CHECK(contains(text, "/usr/share/datasets/mnist"));
  CHECK(contains(text, "scripts/get_mnist"));
  const path file = add("file", "");
  const std::string given = error_of<IoError>([&] { data::fashion_mnist(file); });
  CHECK(contains(given, file.string() + " (not a folder)"));
  CHECK(contains(given, "apt install dataset-fashion-mnist"));
  CHECK_FALSE(contains(given, "/usr/share"));
}

TEST_CASE_FIXTURE(IdxFiles, "a part of MNIST that is missing or of another size is named") {
  add_mnist("some", 3);
  std::filesystem::remove(folder / "some/t10k-labels-idx1-ubyte");
  const std::string missing = error_of<IoError>([&] { data::mnist(folder / "some"); });
  CHECK(contains(missing, "no t10k-labels-idx1-ubyte"));
  add_mnist("small", 3);
  const path images =
      add("small/train-images-idx3-ubyte", idx_file({3, 20, 28}, std::string(1680, '\0')));
  CHECK(error_of([&] { data::mnist(folder / "small"); }) ==
        images.string() + ": images [20, 28, 1]; those of mnist are [28, 28, 1]");
  add_mnist("labels", 3);
  add("labels/train-labels-idx1-ubyte", idx_file({3}, from_hex("01020a")));
  CHECK(contains(error_of([&] { data::mnist(folder / "labels"); }), "the label of sample 2 is 10"));
}
