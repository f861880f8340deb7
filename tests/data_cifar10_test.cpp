#include <string>

#include <doctest/doctest.h>

#include <ravine/core/file.h>
#include <ravine/data/cifar10.h>

#include "data_files.h"
#include "temporary.h"

using namespace ravine;
using std::filesystem::path;

namespace {

// A record whose pixel p has red p mod 251, green 1 and blue 2.
std::string record(char label) {
  std::string red(1024, '\0');
  for (std::size_t p = 0; p < red.size(); ++p) red[p] = static_cast<char>(p % 251);
  return label + red + std::string(1024, '\1') + std::string(1024, '\2');
}

class CifarFiles {
 public:
  void add(const path& where) const {
    std::filesystem::create_directories(folder / where);
    for (char i = 1; i <= 5; ++i) {
      write_file(folder / where / ("data_batch_" + std::to_string(i) + ".bin"),
                 record(i) + record(0));
    }
    write_file(folder / where / "test_batch.bin", record(9));
  }
  std::string refusal(const std::string& content) const {
    add("bad");
    const path file = folder / "bad/data_batch_3.bin";
    write_file(file, content);
    const std::string text = error_of([&] { data::cifar10(folder / "bad"); });
    CHECK(contains(text, file.string()));
    return text;
  }

  TemporaryFolder folder;
};

}  // namespace

TEST_CASE_FIXTURE(CifarFiles, "the planes of CIFAR-10 become images, the batches in order") {
  add("cifar");
  const data::Split split = data::cifar10(folder / "cifar");
  CHECK(split.train.size() == 10);
  CHECK(split.test.size() == 1);
  CHECK(split.train.sample_shape() == Shape{32, 32, 3});
  CHECK(split.train.classes() == 10);
  CHECK(split.test.class_names()[static_cast<std::size_t>(split.test.labels()[0])] == "truck");
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(split.train.labels()[2 * i] == static_cast<int>(i) + 1);
    CHECK(split.train.labels()[2 * i + 1] == 0);
  }
  const auto pixel = split.train.bytes().subspan(9 * 3072 + 3 * 300, 3);
  CHECK(pixel[0] == 300 % 251);
  CHECK(pixel[1] == 1);
  CHECK(pixel[2] == 2);
}

TEST_CASE_FIXTURE(CifarFiles, "CIFAR-10 is found in the folder its archive unpacks to") {
  add("data/cifar-10-batches-bin");
  CHECK(data::cifar10(folder / "data").train.size() == 10);
  add("more/cifar10/cifar-10-batches-bin");
  CHECK(data::cifar10(folder / "more").train.size() == 10);
}

TEST_CASE_FIXTURE(CifarFiles, "files that are not whole records are refused") {
  CHECK(contains(refusal(""), "0 bytes; expected whole records of 3073 bytes"));
  for (const std::size_t length : {1u, 3072u, 3074u, 6145u}) {
    CHECK(contains(refusal((record(1) + record(2)).substr(0, length)),
                   std::to_string(length) + " bytes; expected whole records"));
  }
}

TEST_CASE_FIXTURE(CifarFiles, "a label out of range is named with its record") {
  CHECK(contains(refusal(record(1) + record(10)),
                 "the label of record 1, at offset 3073, is 10; expected 0 to 9"));
}

TEST_CASE_FIXTURE(CifarFiles, "missing files are named") {
  CHECK(
      contains(error_of<IoError>([&] { data::cifar10(folder.path()); }), "cifar10 was not found"));
  add("some");
  std::filesystem::remove(folder / "some/data_batch_4.bin");
  CHECK(contains(error_of<IoError>([&] { data::cifar10(folder / "some"); }), "data_batch_4.bin"));
}
