#pragma once

#include <filesystem>
#include <string>

#include <ravine/data/dataset.h>

namespace ravine::data {

struct ImageFolderOptions {
  int channels = 0;           ///< 1 grey, 3 RGB; 0: what the first image has, and all must have it
  int height = 0, width = 0;  ///< both 0: images must be of one size; else all are resized
  std::string name = {};      ///< empty: the folder's own
};

/// Images of a folder with one sub-folder for each class; classes and files sorted by name.
///
/// Formats and limits as read_image; at most 4 GiB of pixels. Names that begin with a dot are left
/// out, and so are files beside the class folders.
/// Throws  IoError when a folder or file cannot be read; DataError naming the file that is no
/// image,
///         is damaged, or differs from the first in size or channels, and for an empty class.
Dataset image_folder(const std::filesystem::path& folder, const ImageFolderOptions& options = {});

}  // namespace ravine::data
