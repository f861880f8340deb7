#include <future>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/data/idx.h>
#include <ravine/data/mnist.h>

#include "search_internal.h"

namespace ravine::data {
namespace {

using std::filesystem::path;

struct Source {
  const char* name;
  std::vector<std::string> class_names;
  const char* how_to_get;
};

// The names that files of the same content have in different places; a plain one is faster to read.
std::vector<std::string> variants(const std::string& stem, const std::string& kind) {
  std::vector<std::string> names;
  for (const char* ending : {"", ".gz"}) {
    names.push_back(stem + "-" + kind + ending);
    names.push_back(stem + "." + kind + ending);
  }
  return names;
}

path file_in(const path& folder, const std::string& stem, const std::string& kind) {
  if (const auto file = find_file(folder, variants(stem, kind))) return *file;
  throw IoError(fmt::format("{} has images to train with, but no {}-{} (or .{}, or with .gz)",
                            folder.string(), stem, kind, kind));
}

Dataset part(const Source& source, const path& folder, const std::string& stem) {
  const path images = file_in(folder, stem + "-images", "idx3-ubyte");
  Dataset data = idx(images, file_in(folder, stem + "-labels", "idx1-ubyte"),
                     {.name = source.name, .class_names = source.class_names});
  if (data.sample_shape() != Shape{28, 28, 1}) {
    throw DataError(fmt::format("{}: images {}; those of {} are [28, 28, 1]", images.string(),
                                data.sample_shape().str(), source.name));
  }
  return data;
}

Split load(const Source& source, const path& wanted) {
  const std::vector<path> folders = data_folders(source.name, wanted);
  for (const path& folder : folders) {
    if (!find_file(folder, variants("train-images", "idx3-ubyte"))) continue;
    auto test = std::async(std::launch::async, [&] { return part(source, folder, "t10k"); });
    Dataset train = part(source, folder, "train");
    return {std::move(train), test.get()};
  }
  fail_not_found(source.name, "train-images-idx3-ubyte (or .idx3-ubyte, or with .gz)", folders,
                 source.how_to_get);
}

}  // namespace

Split mnist(const path& folder) {
  return load({.name = "mnist",
               .class_names = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
               .how_to_get = "scripts/get_mnist downloads it."},
              folder);
}

Split fashion_mnist(const path& folder) {
  return load({.name = "fashion-mnist",
               .class_names = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal",
                               "Shirt", "Sneaker", "Bag", "Ankle boot"},
               .how_to_get = "Debian and Ubuntu have it: apt install dataset-fashion-mnist."},
              folder);
}

}  // namespace ravine::data
