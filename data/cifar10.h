#pragma once

#include <filesystem>

#include <ravine/data/dataset.h>

namespace ravine::data {

/// CIFAR-10, binary version: 50000 and 10000 images [32,32,3] of ten classes.
///
/// Reads data_batch_1.bin to data_batch_5.bin and test_batch.bin from `folder`, or from
/// cifar-10-batches-bin or `cifar10` in it; without a folder, where mnist() looks.
/// Throws  IoError listing where it looked; DataError when a file is not whole records or a label
/// is
///         not in 0 to 9, naming the record.
/// Source  cs.toronto.edu/~kriz/cifar.html: records of a label and planes of red, green and blue.
Split cifar10(const std::filesystem::path& folder = {});

}  // namespace ravine::data
