#pragma once

#include <filesystem>

#include <ravine/data/dataset.h>

namespace ravine::data {

/// MNIST: 60000 and 10000 grey images [28,28,1] of handwritten digits, labels 0 to 9.
///
/// Reads the four IDX files, named train-images-idx3-ubyte or train-images.idx3-ubyte and so on,
/// with or without .gz, from `folder` or its folder `mnist`. Without a folder they are looked for
/// in $RAVINE_DATA_DIR, $XDG_DATA_HOME/ravine (~/.local/share/ravine) and /usr/share/datasets.
/// Throws  IoError listing where it looked; DataError when a file is not what it should be.
Split mnist(const std::filesystem::path& folder = {});

/// Fashion-MNIST: the same for ten kinds of clothing, in folders named `fashion-mnist`.
Split fashion_mnist(const std::filesystem::path& folder = {});

}  // namespace ravine::data
