#include <memory>
#include <utility>

#include <ravine/data/epoch_order.h>
#include <ravine/kernels/gather.h>
#include <ravine/train/batches.h>

namespace ravine {
namespace {

/// On the CPU the data set's own memory, elsewhere a copy on the device.
template <class T>
Tensor resident(Stream& stream, const data::Dataset& dataset, const Shape& shape,
                std::span<const T> values) {
  if (values.empty()) return {};
  if (!stream.device().is_cpu()) return Tensor::from<T>(stream, shape, values);
  return Tensor::borrow<T>(shape, values, std::make_shared<data::Dataset>(dataset));
}

}  // namespace

Batches::Batches(Stream& stream, const data::Dataset& dataset)
    : stream_(stream), dataset_(dataset), cursor_(stream, 0) {
  const std::int64_t count = dataset.size();
  const Shape shape = dataset.sample_shape().with_batch(count);
  inputs_ = dataset.holds_bytes() ? resident(stream, dataset, shape, dataset.bytes())
                                  : resident(stream, dataset, shape, dataset.floats());
  labels_ = resident(stream, dataset, {count}, dataset.labels());
  targets_ = resident(stream, dataset, dataset.target_shape().with_batch(count), dataset.targets());
  weights_ = resident(stream, dataset, {count}, dataset.weights());
  const auto channels = static_cast<std::int64_t>(dataset.factor().size());
  factor_ = Tensor::from<float>(stream, {channels}, dataset.factor());
  offset_ = Tensor::from<float>(stream, {channels}, dataset.offset());
  order_ = Tensor::persistent(stream, {count}, DType::i32);
}

void Batches::begin_epoch(std::uint64_t seed, std::uint32_t epoch, bool shuffle) {
  const auto order = data::epoch_order(seed, epoch, dataset_.size(), shuffle);
  order_.copy_from_host<std::int32_t>(stream_, order);
  cursor_.set(stream_, 0);
}

Tensor Batches::pick(const Tensor& source, std::int64_t rows) {
  if (!source) return {};
  const Tensor picked(stream_, source.shape().without_batch().with_batch(rows), source.dtype());
  kernels::gather_rows(stream_, source, order_, cursor_.tensor(), picked);
  return picked;
}

Batches::Batch Batches::next(std::int64_t rows) {
  const Tensor inputs(stream_, dataset_.sample_shape().with_batch(rows));
  kernels::gather_inputs(stream_, inputs_, order_, cursor_.tensor(), factor_, offset_, inputs);
  Batch batch{inputs,
              {.labels = pick(labels_, rows),
               .targets = pick(targets_, rows),
               .weight = pick(weights_, rows)}};
  kernels::advance(stream_, rows, cursor_.tensor());
  return batch;
}

}  // namespace ravine
