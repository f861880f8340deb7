#include <algorithm>
#include <cmath>
#include <cstdint>

#include <ravine/kernels/cpu/lanes.h>
#include <ravine/kernels/norm.h>

namespace ravine::kernels::cpu {
namespace {

double value_or(const Tensor& tensor, std::int64_t c, double otherwise) {
  return tensor ? static_cast<double>(tensor.data()[c]) : otherwise;
}

/// Something near the mean: that of up to 64 rows spread over the batch.
double rough_mean(const float* x, std::int64_t rows, std::int64_t channels, std::int64_t c) {
  const std::int64_t samples = std::min<std::int64_t>(64, rows);
  double sum = 0;
  for (std::int64_t sample = 0; sample < samples; ++sample) {
    sum += static_cast<double>(x[sample * rows / samples * channels + c]);
  }
  return sum / static_cast<double>(samples);
}

/// y = (x − mean)·factor + offset, all three from the channel.
template <class Mean, class Factor>
void normalise(Stream& stream, const Lanes& lanes, const Tensor& x, const Mean& mean,
               const Factor& factor, const Tensor& beta, const Tensor& y) {
  const LaneTable table_mean(stream, lanes), table_factor(stream, lanes),
      table_offset(stream, lanes);
  const float* means = table_mean.fill(mean);
  const float* factors = table_factor.fill(factor);
  const float* offsets = table_offset.fill([&](std::int64_t c) { return value_or(beta, c, 0); });
  const float* from = x.data();
  float* to = y.data();
  for_each_element(lanes, [=](std::int64_t i, std::int64_t j) RAVINE_INLINE {
    to[i] = (from[i] - means[j]) * factors[j] + offsets[j];
  });
}

double inverse_root(float variance, float epsilon) {
  return 1 / std::sqrt(static_cast<double>(variance) + static_cast<double>(epsilon));
}

/// a[c] = Σ dy and b[c] = Σ dy·(x − mean).
void gradient_sums(Stream& stream, const Lanes& lanes, const Tensor& dy, const Tensor& x,
                   const float* means, double* a, double* b) {
  const float* gradients = dy.data();
  const float* inputs = x.data();
  channel_sums(
      stream, lanes,
      [=](std::int64_t i, std::int64_t j) RAVINE_INLINE {
        return Terms{gradients[i], gradients[i] * (inputs[i] - means[j])};
      },
      a, b);
}

}  // namespace

void batch_norm_forward(Stream& stream, float epsilon, float momentum, const Tensor& x,
                        const BatchNormTensors& tensors, const Tensor& y, const Tensor& mean,
                        const Tensor& inverse_deviation) {
  const Lanes lanes(x);
  const std::int64_t channels = lanes.channels, batch = lanes.elements / channels;
  const Scratch sums(stream, static_cast<std::size_t>(2 * channels) * sizeof(double));
  double* sum = sums.as<double>();
  double* sum_of_squares = sum + channels;

  // One pass about a value near the mean. Even if all 64 rows that it comes from were outliers, the
  // variance would be at most batch/64 times the rounding of floats off.
  const LaneTable table(stream, lanes);
  const float* from = x.data();
  const float* centres =
      table.fill([&](std::int64_t c) { return rough_mean(from, batch, channels, c); });
  channel_sums(
      stream, lanes,
      [=](std::int64_t i, std::int64_t j) RAVINE_INLINE {
        const float d = from[i] - centres[j];
        return Terms{d, d * d};
      },
      sum, sum_of_squares);

  const double keep = static_cast<double>(momentum);
  float* means = mean.data();
  float* inverses = inverse_deviation.data();
  float* moving_mean = tensors.moving_mean.data();
  float* moving_variance = tensors.moving_variance.data();
  for (std::int64_t c = 0; c < channels; ++c) {
    const double shift = sum[c] / static_cast<double>(batch);
    const double spread = sum_of_squares[c] / static_cast<double>(batch) - shift * shift;
    const double variance = spread < 0 ? 0 : spread;
    means[c] = static_cast<float>(static_cast<double>(centres[c]) + shift);
    inverses[c] = static_cast<float>(1 / std::sqrt(variance + static_cast<double>(epsilon)));
    moving_mean[c] = static_cast<float>(keep * static_cast<double>(moving_mean[c]) +
                                        (1 - keep) * static_cast<double>(means[c]));
    moving_variance[c] =
        static_cast<float>(keep * static_cast<double>(moving_variance[c]) + (1 - keep) * variance);
  }

  normalise(
      stream, lanes, x, [&](std::int64_t c) { return means[c]; },
      [&](std::int64_t c) {
        return value_or(tensors.gamma, c, 1) * static_cast<double>(inverses[c]);
      },
      tensors.beta, y);
}

void batch_norm_inference(Stream& stream, float epsilon, const Tensor& x,
                          const BatchNormTensors& tensors, const Tensor& y) {
  const float* means = tensors.moving_mean.data();
  const float* variances = tensors.moving_variance.data();
  normalise(
      stream, Lanes(x), x, [&](std::int64_t c) { return means[c]; },
      [&](std::int64_t c) {
        return value_or(tensors.gamma, c, 1) * inverse_root(variances[c], epsilon);
      },
      tensors.beta, y);
}

void batch_norm_backward(Stream& stream, const Tensor& dy, const Tensor& x, const Tensor& gamma,
                         const Tensor& mean, const Tensor& inverse_deviation, const Tensor& dx,
                         const Tensor& dgamma, const Tensor& dbeta) {
  const Lanes lanes(x);
  const std::int64_t channels = lanes.channels;
  const double batch = static_cast<double>(lanes.elements / channels);
  const float* mean_of = mean.data();
  const float* inverse_of = inverse_deviation.data();
  const Scratch sums(stream, static_cast<std::size_t>(2 * channels) * sizeof(double));
  double* sum = sums.as<double>();
  double* product = sum + channels;
  const LaneTable table_mean(stream, lanes);
  const float* means = table_mean.fill([&](std::int64_t c) { return mean_of[c]; });
  gradient_sums(stream, lanes, dy, x, means, sum, product);

  const auto inverse = [&](std::int64_t c) { return static_cast<double>(inverse_of[c]); };
  for (std::int64_t c = 0; c < channels; ++c) {
    if (dgamma) dgamma.data()[c] = static_cast<float>(product[c] * inverse(c));
    if (dbeta) dbeta.data()[c] = static_cast<float>(sum[c]);
  }
  if (!dx) return;

  // dx = gamma·inverse · (dy − mean(dy) − (x − mean)·inverse²·mean(dy·(x − mean)))
  const LaneTable table_factor(stream, lanes), table_sum(stream, lanes), table_slope(stream, lanes);
  const float* factors =
      table_factor.fill([&](std::int64_t c) { return value_or(gamma, c, 1) * inverse(c); });
  const float* shifts = table_sum.fill([&](std::int64_t c) { return sum[c] / batch; });
  const float* slopes = table_slope.fill(
      [&](std::int64_t c) { return product[c] * inverse(c) * inverse(c) / batch; });
  const float* gradients = dy.data();
  const float* inputs = x.data();
  float* to = dx.data();
  for_each_element(lanes, [=](std::int64_t i, std::int64_t j) RAVINE_INLINE {
    to[i] = factors[j] * (gradients[i] - shifts[j] - (inputs[i] - means[j]) * slopes[j]);
  });
}

void batch_norm_inference_backward(Stream& stream, float epsilon, const Tensor& dy, const Tensor& x,
                                   const BatchNormTensors& tensors, const Tensor& dx,
                                   const Tensor& dgamma, const Tensor& dbeta) {
  const Lanes lanes(x);
  const std::int64_t channels = lanes.channels;
  const float* mean_of = tensors.moving_mean.data();
  const float* variances = tensors.moving_variance.data();
  if (dgamma || dbeta) {
    const Scratch sums(stream, static_cast<std::size_t>(2 * channels) * sizeof(double));
    double* sum = sums.as<double>();
    double* product = sum + channels;
    const LaneTable table_mean(stream, lanes);
    const float* means = table_mean.fill([&](std::int64_t c) { return mean_of[c]; });
    gradient_sums(stream, lanes, dy, x, means, sum, product);
    for (std::int64_t c = 0; c < channels; ++c) {
      if (dgamma) {
        dgamma.data()[c] = static_cast<float>(product[c] * inverse_root(variances[c], epsilon));
      }
      if (dbeta) dbeta.data()[c] = static_cast<float>(sum[c]);
    }
  }
  if (!dx) return;
  const LaneTable table_factor(stream, lanes);
  const float* factors = table_factor.fill([&](std::int64_t c) {
    return value_or(tensors.gamma, c, 1) * inverse_root(variances[c], epsilon);
  });
  const float* gradients = dy.data();
  float* to = dx.data();
  for_each_element(lanes, [=](std::int64_t i, std::int64_t j)
                              RAVINE_INLINE { to[i] = gradients[i] * factors[j]; });
}

}  // namespace ravine::kernels::cpu
