#include <cstring>

#include <ravine/core/state.h>

namespace ravine {

Snapshot::Snapshot(Stream& stream, State state) : stream_(stream), state_(std::move(state)) {
  for (const auto& entry : state_.tensors()) tensors_.push_back(entry.tensor.clone(stream_));
  for (const auto& entry : state_.values()) {
    const auto* bytes = static_cast<const std::byte*>(entry.data);
    values_.insert(values_.end(), bytes, bytes + entry.size);
  }
  stream_.synchronise();
}

void Snapshot::restore() const {
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    state_.tensors()[i].tensor.copy_from(stream_, tensors_[i]);
  }
  const std::byte* bytes = values_.data();
  for (const auto& entry : state_.values()) {
    std::memcpy(entry.data, bytes, entry.size);
    bytes += entry.size;
  }
  stream_.synchronise();
}

}  // namespace ravine
