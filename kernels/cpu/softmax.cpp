#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include <ravine/kernels/cpu/loops.h>
#include <ravine/kernels/cpu/rows.h>
#include <ravine/kernels/cpu/vector_math.h>
#include <ravine/kernels/softmax.h>

namespace ravine::kernels::cpu {
namespace {

/// The largest element; NaN counts as −∞ here and comes back through the exponentials.
RAVINE_INLINE inline float row_max(const float* x, std::int64_t count) {
  constexpr std::int64_t lanes = 16;
  std::array<float, lanes> most;
  most.fill(-std::numeric_limits<float>::infinity());
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
      float& value = most[static_cast<std::size_t>(lane)];
      value = x[i + lane] > value ? x[i + lane] : value;
    }
  }
  float result = -std::numeric_limits<float>::infinity();
  for (; i < count; ++i) result = x[i] > result ? x[i] : result;
  if (count < lanes) return result;
  for (const float value : most) result = value > result ? value : result;
  return result;
}

/// e = exp(x − the row's largest) for `rows` rows side by side; e may be x.
RAVINE_INLINE inline void exponentials(const float* x, std::int64_t rows, std::int64_t classes,
                                       float* e) {
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* from = x + row * classes;
    float* to = e + row * classes;
    const float most = row_max(from, classes);
    RAVINE_INDEPENDENT
    for (std::int64_t c = 0; c < classes; ++c) to[c] = from[c] - most;
  }
  // Over all rows at once: one row of ten classes would leave half of the vectors idle.
  RAVINE_INDEPENDENT
  for (std::int64_t i = 0; i < rows * classes; ++i) e[i] = math::exp(e[i]);
}

/// What one row of a cross-entropy has: its logits, their exponentials (where the gradient goes
/// too), and the sum of those.
struct Row {
  std::int64_t index;
  const float* x;
  float* e;
  double sum;

  /// ln Σ exp x; infinite and NaN logits give NaN.
  RAVINE_INLINE double log_sum(std::int64_t classes) const {
    return std::log(sum) + static_cast<double>(row_max(x, classes));
  }
};

/// loss = 1/N Σ weight·row(…), where row(Row, scale) returns one row's loss and, when `dx` is not
/// empty, turns the exponentials into scale · ∂loss/∂x.
template <class RowLoss>
void cross_entropy(Stream& stream, const Tensor& x, const Tensor& weight, const Tensor& loss,
                   const Tensor& dx, std::int64_t rows, const RowLoss& row_loss) {
  if (rows == 0) {
    *loss.data() = 0;
    return;
  }
  const std::int64_t classes = x.elements() / rows;
  const std::int64_t grain = rows_grain(classes, heavy_grain);
  const std::int64_t chunks = (rows + grain - 1) / grain;
  const Scratch sums(stream, static_cast<std::size_t>(chunks) * sizeof(double));
  const Scratch own(stream, dx ? 0 : x.size_bytes());
  double* partial = sums.as<double>();
  float* exponential = dx ? dx.data() : own.as<float>();
  const float* logits = x.data();
  const float* weights = weight ? weight.data() : nullptr;
  const double count = static_cast<double>(rows);

  parallel_for(rows, grain, [&](std::int64_t begin, std::int64_t end) {
    vectorized([&]() RAVINE_INLINE {
      exponentials(logits + begin * classes, end - begin, classes, exponential + begin * classes);
      double total = 0;
      for (std::int64_t n = begin; n < end; ++n) {
        float* e = exponential + n * classes;
        const Row row{n, logits + n * classes, e, row_total(e, classes)};
        const double share = weights ? static_cast<double>(weights[n]) : 1.0;
        total += share * row_loss(row, share / count);
      }
      partial[begin / grain] = total;
    });
  });

  double total = 0;
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) total += partial[chunk];
  *loss.data() = static_cast<float>(total / count);
}

}  // namespace

void softmax_forward(Stream&, const Tensor& x, const Tensor& y) {
  if (x.elements() == 0) return;
  const std::int64_t classes = x.shape().back();
  const float* from = x.data();
  float* to = y.data();
  parallel_for(x.elements() / classes, rows_grain(classes, heavy_grain),
               [&](std::int64_t begin, std::int64_t end) {
                 vectorized([&]() RAVINE_INLINE {
                   exponentials(from + begin * classes, end - begin, classes, to + begin * classes);
                   for (std::int64_t row = begin; row < end; ++row) {
                     float* e = to + row * classes;
                     const auto scale = static_cast<float>(1 / row_total(e, classes));
                     for (std::int64_t c = 0; c < classes; ++c) e[c] *= scale;
                   }
                 });
               });
}

void softmax_backward(Stream&, const Tensor& dy, const Tensor& y, const Tensor& dx) {
  if (y.elements() == 0) return;
  const std::int64_t classes = y.shape().back();
  const float* gradients = dy.data();
  const float* outputs = y.data();
  float* to = dx.data();
  parallel_for(y.elements() / classes, rows_grain(classes, heavy_grain),
               [&](std::int64_t begin, std::int64_t end) {
                 vectorized([&]() RAVINE_INLINE {
                   for (std::int64_t row = begin; row < end; ++row) {
                     const float* g = gradients + row * classes;
                     const float* p = outputs + row * classes;
                     float* d = to + row * classes;
                     const auto mean =
                         static_cast<float>(row_sum(classes, [=](std::int64_t c) RAVINE_INLINE {
                           return static_cast<double>(g[c]) * static_cast<double>(p[c]);
                         }));
                     RAVINE_INDEPENDENT
                     for (std::int64_t c = 0; c < classes; ++c) d[c] = p[c] * (g[c] - mean);
                   }
                 });
               });
}

void softmax_cross_entropy(Stream& stream, const Tensor& x, const Tensor& labels,
                           const Tensor& weight, const Tensor& loss, const Tensor& dx) {
  const std::int64_t rows = labels.elements();
  const std::int64_t classes = rows == 0 ? 0 : x.elements() / rows;
  const std::int32_t* label_of = labels.data<std::int32_t>();
  const bool with_gradient = static_cast<bool>(dx);
  cross_entropy(stream, x, weight, loss, dx, rows, [=](const Row& row, double scale) RAVINE_INLINE {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    const std::int64_t label = label_of[row.index];
    const bool valid = label >= 0 && label < classes;
    const double result = valid ? row.log_sum(classes) - static_cast<double>(row.x[label]) : nan;
    if (with_gradient) {
      const double inverse = (valid ? scale : nan) / row.sum;
      // From the sum of the others: 1 − p would cancel where the row is already learnt.
      const double at_label = valid ? static_cast<double>(row.e[label]) - row.sum : 0;
      const auto factor = static_cast<float>(inverse);
      RAVINE_INDEPENDENT
      for (std::int64_t c = 0; c < classes; ++c) row.e[c] *= factor;
      if (valid) row.e[label] = static_cast<float>(at_label * inverse);
    }
    return result;
  });
}

void softmax_cross_entropy_dense(Stream& stream, const Tensor& x, const Tensor& targets,
                                 const Tensor& weight, const Tensor& loss, const Tensor& dx) {
  const std::int64_t rows = x.shape()[0];
  const std::int64_t classes = rows == 0 ? 0 : x.elements() / rows;
  const float* all_targets = targets.data();
  const bool with_gradient = static_cast<bool>(dx);
  cross_entropy(stream, x, weight, loss, dx, rows, [=](const Row& row, double scale) RAVINE_INLINE {
    const float* t = all_targets + row.index * classes;
    const double log_sum = row.log_sum(classes);
    const float* logits = row.x;
    const double result = row_sum(classes, [=](std::int64_t c) RAVINE_INLINE {
      const double target = static_cast<double>(t[c]);
      // A class without a share counts nothing, even where its logit is −∞.
      return target * (target == 0 ? log_sum : log_sum - static_cast<double>(logits[c]));
    });
    if (with_gradient) {
      const double total = row_total(t, classes);
      const auto factor = static_cast<float>(total / row.sum);
      const auto share = static_cast<float>(scale);
      float* e = row.e;
      RAVINE_INDEPENDENT
      for (std::int64_t c = 0; c < classes; ++c) e[c] = (e[c] * factor - t[c]) * share;
    }
    return result;
  });
}

}  // namespace ravine::kernels::cpu
