#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/data/cifar10.h>
#include <ravine/data/idx.h>
#include <ravine/data/image_folder.h>
#include <ravine/data/mnist.h>
#include <ravine/data/synthetic.h>
#include <ravine/finder/data_source.h>

namespace ravine {
namespace {

data::Dataset synthetic(const DataRequest& request) {
  constexpr std::int64_t samples = 6000;
  const Shape& input = request.input;
  const std::int64_t outputs = request.output.elements();
  if (request.wants_labels && input.rank() == 3) {
    return data::synthetic_images({.train = samples,
                                   .test = 1,
                                   .height = input[0],
                                   .width = input[1],
                                   .channels = input[2],
                                   .classes = static_cast<int>(std::max<std::int64_t>(outputs, 2)),
                                   .seed = request.seed})
        .train;
  }
  if (!request.wants_labels && input.rank() == 1) {
    return data::synthetic_regression({.train = samples,
                                       .test = 1,
                                       .features = input[0],
                                       .targets = outputs,
                                       .seed = request.seed})
        .train;
  }
  throw DataError(
      fmt::format("--data synthetic makes images [H,W,C] with labels or rows [features] "
                  "with targets; the model takes {} and its loss wants {}",
                  input.str(), request.wants_labels ? "labels" : "targets"));
}

/// The data that stands behind the first of `prefixes` that the source begins with.
data::Dataset open_source(const DataRequest& request) {
  const std::string& source = request.source;
  const std::string_view text = source;
  if (text == "fashion-mnist") return data::fashion_mnist(request.folder).train;
  if (text == "mnist") return data::mnist(request.folder).train;
  if (text == "cifar10") return data::cifar10(request.folder).train;
  if (text == "synthetic") return synthetic(request);
  constexpr std::string_view folder_prefix = "folder:", idx_prefix = "idx:";
  if (text.starts_with(folder_prefix)) {
    return data::image_folder(source.substr(folder_prefix.size()));
  }
  if (text.starts_with(idx_prefix)) {
    const std::string files = source.substr(idx_prefix.size());
    const std::size_t comma = files.find(',');
    if (comma != std::string::npos) {
      return data::idx(files.substr(0, comma), files.substr(comma + 1));
    }
  }
  throw Error(
      fmt::format("--data {}: expected fashion-mnist, mnist, cifar10, synthetic, folder:DIR "
                  "or idx:IMAGES,LABELS",
                  source));
}

}  // namespace

data::Dataset open_data(const DataRequest& request) {
  data::Dataset dataset = open_source(request);
  if (dataset.sample_shape() != request.input) {
    throw DataError(fmt::format("--data {}: samples are {}, the model takes {}", request.source,
                                dataset.sample_shape().str(), request.input.str()));
  }
  return dataset;
}

}  // namespace ravine
