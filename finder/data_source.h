#pragma once

#include <cstdint>
#include <string>

#include <ravine/data/dataset.h>

namespace ravine {

/// What `ravine-finder` is told about the data.
struct DataRequest {
  std::string source = "fashion-mnist";  // as --data takes it
  std::string folder;                    // --data-dir
  Shape input;                           // of the model, without the batch
  Shape output;
  bool wants_labels = true;  // by the loss; else real-valued targets
  std::uint64_t seed = 42;
};

/// The training data that a request names: fashion-mnist, mnist, cifar10, synthetic, folder:DIR or
/// idx:IMAGES,LABELS.
///
/// Throws  Error listing the sources when it is none of them; DataError when its samples are not
/// what
///         the model takes, saying how they differ.
data::Dataset open_data(const DataRequest& request);

}  // namespace ravine
