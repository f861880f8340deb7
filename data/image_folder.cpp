#include <algorithm>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/core/parallel.h>
#include <ravine/data/image.h>
#include <ravine/data/image_folder.h>

#include "dataset_internal.h"
#include "pixels_internal.h"

namespace ravine::data {
namespace {

using std::filesystem::path;

// What a folder holds, sorted, without the names that begin with a dot.
std::vector<path> entries(const path& folder) {
  std::error_code error;
  std::vector<path> found;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (!entry->path().filename().string().starts_with('.')) found.push_back(entry->path());
  }
  if (error)
    throw IoError(fmt::format("cannot read folder {}: {}", folder.string(), error.message()));
  std::ranges::sort(found);
  return found;
}

struct Listing {
  std::vector<path> files;
  std::vector<std::int32_t> labels;
  std::vector<std::string> classes;
};

Listing list(const path& folder) {
  Listing all;
  for (const path& class_folder : entries(folder)) {
    if (!std::filesystem::is_directory(class_folder)) continue;
    const std::vector<path> files = entries(class_folder);
    if (files.empty())
      throw DataError(fmt::format("{}: a class without images", class_folder.string()));
    all.files.insert(all.files.end(), files.begin(), files.end());
    all.labels.insert(all.labels.end(), files.size(),
                      static_cast<std::int32_t>(all.classes.size()));
    all.classes.push_back(class_folder.filename().string());
  }
  if (all.classes.empty()) {
    throw DataError(
        fmt::format("{} has no sub-folders; expected one for each class", folder.string()));
  }
  return all;
}

// One image as the data set wants it: `expected` is the first image's size and channels.
Image read_like(const path& file, const ImageFolderOptions& options, const Image* expected,
                const path& first_file) {
  Image image = read_image(file, options.channels);
  if (expected != nullptr && image.channels != expected->channels) {
    throw DataError(
        fmt::format("{} has {} channels, but {} has {}; ask for 1 or 3 channels to "
                    "convert them",
                    file.string(), image.channels, first_file.string(), expected->channels));
  }
  if (options.height != 0) return image.resized(options.height, options.width);
  if (expected != nullptr && (image.height != expected->height || image.width != expected->width)) {
    throw DataError(
        fmt::format("{} is {} × {} pixels (height × width), but {} is {} × {}; ask for a "
                    "size to resize them",
                    file.string(), image.height, image.width, first_file.string(), expected->height,
                    expected->width));
  }
  return image;
}

// Runs work(0 … count − 1) in parallel; what is thrown is what a loop in order would have thrown.
template <class Work>
void parallel_in_order(std::int64_t count, const Work& work) {
  std::mutex mutex;
  std::int64_t failed = count;
  std::exception_ptr error;
  parallel_for(count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      {
        const std::scoped_lock lock(mutex);
        if (failed < i) return;
      }
      try {
        work(static_cast<std::size_t>(i));
      } catch (...) {
        const std::scoped_lock lock(mutex);
        if (i < failed) {
          failed = i;
          error = std::current_exception();
        }
      }
    }
  });
  if (error != nullptr) std::rethrow_exception(error);
}

void check(const ImageFolderOptions& options) {
  const bool resize = options.height != 0 || options.width != 0;
  const auto is_side = [](int side) { return side >= 1 && side <= max_image_side; };
  if (resize && !(is_side(options.height) && is_side(options.width))) {
    throw Error(fmt::format("image_folder: a size of {} × {} asked for; sides are 1 to {}",
                            options.height, options.width, max_image_side));
  }
  if (options.channels != 0 && options.channels != 1 && options.channels != 3) {
    throw Error(
        fmt::format("image_folder: {} channels asked for; expected 1, 3 or 0 (as the files)",
                    options.channels));
  }
}

}  // namespace

Dataset image_folder(const path& folder, const ImageFolderOptions& options) {
  check(options);
  const Listing all = list(folder);
  const Image first = read_like(all.files[0], options, nullptr, all.files[0]);
  const std::size_t each = first.pixels.size();
  const std::size_t count = all.files.size();
  if (each > max_data_bytes / count) {
    throw DataError(fmt::format("{}: {} images of {} bytes; the limit is {} bytes together",
                                folder.string(), count, each, max_data_bytes));
  }

  const auto pixels = std::make_shared_for_overwrite<std::uint8_t[]>(count * each);
  parallel_in_order(static_cast<std::int64_t>(count), [&](std::size_t i) {
    const Image image = read_like(all.files[i], options, &first, all.files[0]);
    std::ranges::copy(image.pixels, pixels.get() + i * each);
  });

  // A trailing slash leaves no file name; absolute() gives one to "." as well.
  path named = std::filesystem::absolute(folder).lexically_normal();
  if (!named.has_filename()) named = named.parent_path();
  return Dataset::from_bytes(
      {first.height, first.width, first.channels}, Array<std::uint8_t>(pixels, count * each),
      all.labels,
      {.name = options.name.empty() ? named.filename().string() : options.name,
       .class_names = all.classes});
}

}  // namespace ravine::data
