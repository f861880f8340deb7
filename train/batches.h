#pragma once

#include <cstdint>

#include <ravine/core/scalar.h>
#include <ravine/data/dataset.h>
#include <ravine/train/loss.h>

namespace ravine {

/// A data set as a stream sees it, given out batch by batch in the order of an epoch.
///
/// The data is on the device once, as it stands in the Dataset; each batch is picked and converted
/// there, from an order and a cursor in device memory.
class Batches {
 public:
  Batches(Stream& stream, const data::Dataset& dataset);

  /// The order of epoch number `epoch` for `seed`, from its start.
  void begin_epoch(std::uint64_t seed, std::uint32_t epoch, bool shuffle);

  struct Batch {
    Tensor inputs;
    Answers answers;
  };
  /// The next `rows` samples, in tensors of the step. The caller counts how many are left.
  Batch next(std::int64_t rows);

  std::int64_t size() const { return dataset_.size(); }
  const data::Dataset& dataset() const { return dataset_; }

 private:
  Tensor pick(const Tensor& source, std::int64_t rows);

  Stream& stream_;
  data::Dataset dataset_;
  Tensor inputs_, labels_, targets_, weights_;
  Tensor factor_, offset_;
  Tensor order_;
  Scalar<std::int64_t> cursor_;
};

}  // namespace ravine
