#pragma once

#include <cstdint>
#include <filesystem>

#include <ravine/core/shape.h>
#include <ravine/data/array.h>
#include <ravine/data/dataset.h>

namespace ravine::data {

/// The unsigned bytes of an IDX file.
struct IdxArray {
  Shape shape;
  Array<std::uint8_t> values;
};

/// Reads an IDX file of unsigned bytes, plain or gzip-compressed (told by content, not by name).
///
/// Throws  IoError when it cannot be read; DataError when it is anything else, has another length
///         than its header states, or more than 4 GiB.
/// Source  yann.lecun.com/exdb/mnist: 00 00 type axes, big-endian extents, values.
IdxArray read_idx(const std::filesystem::path& path);

/// Images [N,H,W] or [N,H,W,C], or rows [N,F], and their labels [N], from two IDX files.
///
/// Without a name in the options, the data set is named after the file of images.
/// Throws  as read_idx; DataError when the files do not belong together.
Dataset idx(const std::filesystem::path& images, const std::filesystem::path& labels,
            const DatasetOptions& options = {});

}  // namespace ravine::data
