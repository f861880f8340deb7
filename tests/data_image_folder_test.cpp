#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/core/file.h>
#include <ravine/core/parallel.h>
#include <ravine/data/image_folder.h>

#include "data_files.h"
#include "temporary.h"

using namespace ravine;
using data::image_folder;
using std::filesystem::path;
using Bytes = std::vector<std::uint8_t>;

namespace {

class ImageFolder {
 public:
  path add(const path& name, const std::string& content) const {
    const path file = root() / name;
    std::filesystem::create_directories(file.parent_path());
    write_file(file, content);
    return file;
  }
  path root() const { return folder / "pets"; }
  std::string refusal(const data::ImageFolderOptions& options = {}) const {
    return error_of([&] { image_folder(root(), options); });
  }

  TemporaryFolder folder;
};

// A binary grey image, one row.
std::string row(const std::string& pixels) {
  return "P5 " + std::to_string(pixels.size()) + " 1 255\n" + pixels;
}

const std::string rgb_pixel = "P6 1 1 255\nabc";

}  // namespace

TEST_CASE_FIXTURE(ImageFolder, "classes and images come in the order of their names") {
  add("dog/2.pgm", row("ef"));
  add("dog/1.pgm", row("cd"));
  add("cat/z.pgm", row("ab"));
  add("dog/.hidden", "no image");
  add(".git/config", "no class");
  add("labels.txt", "beside the classes");
  const data::Dataset data = image_folder(root());
  CHECK(data.name() == "pets");
  CHECK(image_folder(root() / "").name() == "pets");
  CHECK(data.class_names() == std::vector<std::string>{"cat", "dog"});
  CHECK(data.sample_shape() == Shape{1, 2, 1});
  CHECK(std::ranges::equal(data.bytes(), Bytes{'a', 'b', 'c', 'd', 'e', 'f'}));
  CHECK(std::ranges::equal(data.labels(), std::vector<std::int32_t>{0, 1, 1}));
}

TEST_CASE_FIXTURE(ImageFolder, "PNG and PNM images mix, and are what their content says") {
  add("a/1.txt", png_file(1, 2, 8, 0, from_hex("000102")));
  add("a/2.png", row("ab"));
  CHECK(image_folder(root()).size() == 2);
}

TEST_CASE_FIXTURE(ImageFolder,
                  "images of other sizes or channels are refused, or converted where asked for") {
  const path first = add("a/1", row("ab"));
  const path second = add("a/2", row("abcd"));
  CHECK(refusal() == second.string() + " is 1 × 4 pixels (height × width), but " + first.string() +
                         " is 1 × 2; ask for a size to resize them");
  CHECK(image_folder(root(), {.height = 2, .width = 3}).sample_shape() == Shape{2, 3, 1});
  const path third = add("a/2", rgb_pixel);
  CHECK(refusal() == third.string() + " has 3 channels, but " + first.string() +
                         " has 1; ask for 1 or 3 channels to convert them");
  const data::Dataset converted = image_folder(root(), {.channels = 3, .height = 1, .width = 1});
  CHECK(std::ranges::equal(converted.bytes(), Bytes{'b', 'b', 'b', 'a', 'b', 'c'}));
}

TEST_CASE_FIXTURE(ImageFolder, "the first bad file is named, whatever the number of threads") {
  for (int i = 0; i < 100; ++i) add("a/" + std::to_string(1000 + i), row("ab"));
  const path bad = add("a/1020", "no image");
  add("a/1060", row("ab").substr(0, 10));
  add("a/1090", "");
  const int threads = thread_count();
  for (const int count : {1, 2, 5}) {
    set_thread_count(count);
    CHECK(refusal() == bad.string() +
                           ": no PNG, JPEG, BMP or binary PNM image: it begins with 6e 6f 20 69 6d "
                           "61 67 65");
  }
  set_thread_count(threads);
}

TEST_CASE_FIXTURE(ImageFolder, "a folder without classes, or a class without images, is refused") {
  const path file = add("image", row("ab"));
  CHECK(refusal() == root().string() + " has no sub-folders; expected one for each class");
  add("a/1", row("ab"));
  std::filesystem::create_directory(root() / "empty");
  CHECK(refusal() == (root() / "empty").string() + ": a class without images");
  CHECK(contains(error_of<IoError>([&] { image_folder(folder / "none"); }), "cannot read folder"));
  CHECK(contains(error_of<IoError>([&] { image_folder(file); }), "cannot read folder"));
}

TEST_CASE_FIXTURE(ImageFolder, "a folder inside a class is refused") {
  add("a/1", row("ab"));
  add("a/b/2", row("ab"));
  CHECK(contains(error_of<IoError>([&] { image_folder(root()); }), (root() / "a/b").string()));
}

TEST_CASE_FIXTURE(ImageFolder, "impossible options are refused") {
  add("a/1", row("ab"));
  CHECK_THROWS_AS(image_folder(root(), {.channels = 2}), Error);
  CHECK_THROWS_AS(image_folder(root(), {.height = 5}), Error);
  CHECK_THROWS_AS(image_folder(root(), {.height = -1, .width = 5}), Error);
  CHECK_THROWS_AS(image_folder(root(), {.height = 5, .width = 5000}), Error);
}
