#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include <ravine/kernels/cpu/loops.h>
#include <ravine/kernels/cpu/rows.h>
#include <ravine/kernels/cpu/vector_math.h>
#include <ravine/kernels/loss.h>

namespace ravine::kernels::cpu {
namespace {

constexpr float clip_low = 1e-7f;
constexpr float clip_high = static_cast<float>(1 - 1e-7);

RAVINE_INLINE inline float clip(float p) {
  const float above = p < clip_low ? clip_low : p;
  return above > clip_high ? clip_high : above;
}

/// The derivative of clip(p) times d.
RAVINE_INLINE inline float through_clip(float p, float d) {
  const float above = p < clip_low ? 0 : d;
  return p > clip_high ? 0 : above;
}

/// One element's loss and its derivative by x. Without branches, and NaN in gives NaN in both.
struct Element {
  float loss, gradient;
};

struct Squared {
  RAVINE_INLINE Element operator()(float x, float t) const {
    const float e = x - t;
    return {e * e, 2 * e};
  }
};

struct Absolute {
  RAVINE_INLINE Element operator()(float x, float t) const {
    const float e = x - t;
    const float below = e < 0 ? -1 : e;
    return {std::fabs(e), e > 0 ? 1 : below};
  }
};

struct Huber {
  float delta;
  RAVINE_INLINE Element operator()(float x, float t) const {
    const float e = x - t;
    const float size = std::fabs(e);
    const float above = e < -delta ? -delta : e;
    const float inside = 0.5f * e * e, outside = delta * (size - 0.5f * delta);
    return {size <= delta ? inside : outside, above > delta ? delta : above};
  }
};

struct BinaryLogits {
  RAVINE_INLINE Element operator()(float x, float t) const {
    const float positive = x > 0 ? x : 0;
    return {positive - x * t + math::log1p(math::exp(-std::fabs(x))), math::sigmoid(x) - t};
  }
};

struct Binary {
  RAVINE_INLINE Element operator()(float x, float t) const {
    const float p = clip(x);
    const float q = 1 - p;
    return {-(t * math::log(p) + (1 - t) * math::log(q)), through_clip(x, (1 - t) / q - t / p)};
  }
};

/// Σ share·loss of at most `block` elements; dx = scale·share·gradient unless it is null.
constexpr std::int64_t block = 256;
using Block = std::array<float, static_cast<std::size_t>(block)>;

template <class Loss>
RAVINE_INLINE inline double add_block(const Loss& loss, const float* x, const float* t,
                                      const float* share, std::int64_t count, float scale,
                                      float* dx) {
  Block losses;
  float* to = losses.data();
  if (dx != nullptr) {
    RAVINE_INDEPENDENT
    for (std::int64_t k = 0; k < count; ++k) {
      const Element element = loss(x[k], t[k]);
      to[k] = share[k] * element.loss;
      dx[k] = scale * share[k] * element.gradient;
    }
  } else {
    RAVINE_INDEPENDENT
    for (std::int64_t k = 0; k < count; ++k) to[k] = share[k] * loss(x[k], t[k]).loss;
  }
  return row_total(to, count);
}

/// loss = 1/count · Σ over the chunks of body(begin, end), added in order.
template <class Body>
void mean_of_chunks(Stream& stream, std::int64_t count, std::int64_t grain, const Tensor& loss,
                    const Body& body) {
  const std::int64_t chunks = (count + grain - 1) / grain;
  const Scratch scratch(stream, static_cast<std::size_t>(chunks) * sizeof(double));
  double* partial = scratch.as<double>();
  parallel_for(count, grain, [&](std::int64_t begin, std::int64_t end) {
    vectorized([&]() RAVINE_INLINE { partial[begin / grain] = body(begin, end); });
  });
  double total = 0;
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) total += partial[chunk];
  *loss.data() = count == 0 ? 0 : static_cast<float>(total / static_cast<double>(count));
}

template <class Loss>
void mean_of_elements(Stream& stream, const Loss& element_loss, const Tensor& x,
                      const Tensor& targets, const Tensor& weight, const Tensor& loss,
                      const Tensor& dx) {
  const std::int64_t count = x.elements();
  const std::int64_t width = weight ? count / std::max<std::int64_t>(1, weight.elements()) : count;
  const float* inputs = x.data();
  const float* wanted = targets.data();
  const float* weights = weight ? weight.data() : nullptr;
  float* gradients = dx ? dx.data() : nullptr;
  const auto scale = static_cast<float>(1 / static_cast<double>(count));

  const auto body = [=](std::int64_t begin, std::int64_t end) RAVINE_INLINE {
    const Loss each = element_loss;
    Block share;
    share.fill(1);
    double total = 0;
    for (std::int64_t i = begin; i < end; i += block) {
      const std::int64_t size = std::min(block, end - i);
      if (weights != nullptr) {
        for (std::int64_t k = 0; k < size; ++k) {
          share[static_cast<std::size_t>(k)] = weights[(i + k) / width];
        }
      }
      total += add_block(each, inputs + i, wanted + i, share.data(), size, scale,
                         gradients ? gradients + i : nullptr);
    }
    return total;
  };
  mean_of_chunks(stream, count, heavy_grain, loss, body);
}

/// −t·ln clip(x/Σx), whose gradient goes through the sum of its row too.
RAVINE_INLINE inline double categorical_row(const float* x, const float* t, std::int64_t classes,
                                            double share, float* dx) {
  const auto inverse = static_cast<float>(1 / row_total(x, classes));
  const double result = row_sum(classes, [=](std::int64_t c) RAVINE_INLINE {
    return static_cast<double>(-t[c] * math::log(clip(x[c] * inverse)));
  });
  if (dx == nullptr) return result;
  RAVINE_INDEPENDENT
  for (std::int64_t c = 0; c < classes; ++c) {
    const float p = x[c] * inverse;
    dx[c] = through_clip(p, -t[c] / p);
  }
  const auto mean = static_cast<float>(row_sum(classes, [=](std::int64_t c) RAVINE_INLINE {
    return static_cast<double>(dx[c] * (x[c] * inverse));
  }));
  const auto factor = static_cast<float>(share) * inverse;
  for (std::int64_t c = 0; c < classes; ++c) dx[c] = (dx[c] - mean) * factor;
  return result;
}

void categorical(Stream& stream, const Tensor& x, const Tensor& targets, const Tensor& weight,
                 const Tensor& loss, const Tensor& dx) {
  const std::int64_t classes = std::max<std::int64_t>(1, x.shape().back());
  const std::int64_t rows = x.elements() / classes;
  const std::int64_t width = weight ? rows / std::max<std::int64_t>(1, weight.elements()) : rows;
  const float* inputs = x.data();
  const float* wanted = targets.data();
  const float* weights = weight ? weight.data() : nullptr;
  float* gradients = dx ? dx.data() : nullptr;
  const auto count = static_cast<double>(rows);

  const auto body = [=](std::int64_t begin, std::int64_t end) RAVINE_INLINE {
    double total = 0;
    for (std::int64_t row = begin; row < end; ++row) {
      const double share = weights ? static_cast<double>(weights[row / width]) : 1.0;
      const std::int64_t at = row * classes;
      total += share * categorical_row(inputs + at, wanted + at, classes, share / count,
                                       gradients ? gradients + at : nullptr);
    }
    return total;
  };
  mean_of_chunks(stream, rows, rows_grain(classes, heavy_grain), loss, body);
}

}  // namespace

void element_loss(Stream& stream, LossKind kind, float delta, const Tensor& x,
                  const Tensor& targets, const Tensor& weight, const Tensor& loss,
                  const Tensor& dx) {
  switch (kind) {
    case LossKind::squared:
      return mean_of_elements(stream, Squared{}, x, targets, weight, loss, dx);
    case LossKind::absolute:
      return mean_of_elements(stream, Absolute{}, x, targets, weight, loss, dx);
    case LossKind::huber:
      return mean_of_elements(stream, Huber{delta}, x, targets, weight, loss, dx);
    case LossKind::binary_logits:
      return mean_of_elements(stream, BinaryLogits{}, x, targets, weight, loss, dx);
    case LossKind::binary:
      return mean_of_elements(stream, Binary{}, x, targets, weight, loss, dx);
    case LossKind::categorical:
      return categorical(stream, x, targets, weight, loss, dx);
  }
}

void one_hot(Stream&, const Tensor& labels, const Tensor& targets) {
  const std::int64_t rows = labels.elements();
  const std::int64_t classes = rows == 0 ? 0 : targets.elements() / rows;
  const auto* label_of = labels.data<std::int32_t>();
  float* to = targets.data();
  parallel_for(rows, rows_grain(classes), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      float* target = to + row * classes;
      const std::int64_t label = label_of[row];
      if (classes == 1) {
        target[0] = static_cast<float>(label);
        continue;
      }
      std::fill_n(target, classes, 0.0f);
      if (label >= 0 && label < classes) target[label] = 1;
    }
  });
}

}  // namespace ravine::kernels::cpu
