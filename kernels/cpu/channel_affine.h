#pragma once

#include <ravine/core/stream.h>
#include <ravine/core/tensor.h>
#include <ravine/kernels/cpu/loops.h>

namespace ravine::kernels::cpu {

/// factor[c] and offset[c] repeated over one channel period, so that loops never count channels.
class ChannelAffine {
 public:
  ChannelAffine(Stream& stream, const Tensor& factor, const Tensor& offset)
      : period_(channel_period(factor.elements())),
        memory_(stream, static_cast<std::size_t>(2 * period_) * sizeof(float)) {
    const std::int64_t channels = factor.elements();
    float* factors = memory_.as<float>();
    float* offsets = factors + period_;
    for (std::int64_t i = 0; i < period_; ++i) {
      // Division by the channels would take longer than a batch of a few images.
      factors[i] = i < channels ? factor.data()[i] : factors[i - channels];
      offsets[i] = i < channels ? offset.data()[i] : offsets[i - channels];
    }
  }

  std::int64_t period() const { return period_; }

  /// y[i] = factor·x[i] + offset for i of [0, count); x[0] belongs to channel 0. y may be x.
  template <class T>
  RAVINE_INLINE void apply(const T* x, float* y, std::int64_t count) const {
    const float* factor = memory_.as<float>();
    const float* offset = factor + period_;
    const std::int64_t period = period_;
    for (std::int64_t start = 0; start < count; start += period) {
      const std::int64_t size = std::min(period, count - start);
      const T* from = x + start;
      float* to = y + start;
      RAVINE_INDEPENDENT
      for (std::int64_t i = 0; i < size; ++i) {
        to[i] = factor[i] * static_cast<float>(from[i]) + offset[i];
      }
    }
  }

 private:
  std::int64_t period_;
  Scratch memory_;
};

}  // namespace ravine::kernels::cpu
