#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/core/file.h>
#include <ravine/data/cifar10.h>

#include "dataset_internal.h"
#include "search_internal.h"

namespace ravine::data {
namespace {

using std::filesystem::path;

constexpr std::size_t plane = 32 * 32;
constexpr std::size_t record = 1 + 3 * plane;

const std::vector<std::string>& class_names() {
  static const std::vector<std::string> names = {
      "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
  return names;
}

Dataset read_records(const std::vector<path>& files) {
  std::vector<std::vector<std::byte>> contents;
  std::size_t count = 0;
  for (const path& file : files) {
    contents.push_back(read_file(file, max_data_bytes / files.size()));
    const std::size_t size = contents.back().size();
    if (size == 0 || size % record != 0) {
      throw DataError(fmt::format("{}: {} bytes; expected whole records of {} bytes", file.string(),
                                  size, record));
    }
    count += size / record;
  }

  const std::size_t size = count * 3 * plane;
  const auto pixels = std::make_shared_for_overwrite<std::uint8_t[]>(size);
  std::uint8_t* pixel = pixels.get();
  std::vector<std::int32_t> labels;
  labels.reserve(count);
  for (std::size_t i = 0; i < files.size(); ++i) {
    for (std::size_t at = 0; at < contents[i].size(); at += record) {
      const std::byte* from = contents[i].data() + at;
      labels.push_back(std::to_integer<std::int32_t>(*from++));
      if (std::cmp_greater_equal(labels.back(), class_names().size())) {
        throw DataError(
            fmt::format("{}: the label of record {}, at offset {}, is {}; expected 0 to 9",
                        files[i].string(), at / record, at, labels.back()));
      }
      for (std::size_t p = 0; p < plane; ++p) {
        for (std::size_t c = 0; c < 3; ++c) {
          *pixel++ = std::to_integer<std::uint8_t>(from[c * plane + p]);
        }
      }
    }
  }
  return Dataset::from_bytes({32, 32, 3}, Array<std::uint8_t>(pixels, size), std::move(labels),
                             {.name = "cifar10", .class_names = class_names()});
}

}  // namespace

Split cifar10(const path& folder) {
  std::vector<path> folders;
  for (const path& base : data_folders("cifar10", folder)) {
    folders.insert(folders.end(), {base, base / "cifar-10-batches-bin"});
  }
  for (const path& base : folders) {
    if (!find_file(base, {"data_batch_1.bin"})) continue;
    std::vector<path> train;
    for (int i = 1; i <= 5; ++i) train.push_back(base / fmt::format("data_batch_{}.bin", i));
    return {read_records(train), read_records({base / "test_batch.bin"})};
  }
  fail_not_found("cifar10", "data_batch_1.bin", folders,
                 "Unpack cifar-10-binary.tar.gz from www.cs.toronto.edu/~kriz/cifar.html into one "
                 "of these folders.");
}

}  // namespace ravine::data
