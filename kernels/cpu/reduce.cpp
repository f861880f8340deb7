// Sums are taken in double: per chunk in several running sums side by side, which vectors hold,
// then over the chunks in order. Whatever the length, the result is the exact sum rounded to float,
// but for an error of some 1e-16 of the sum of the sizes.
#include <array>
#include <cmath>

#include <ravine/kernels/cpu/loops.h>
#include <ravine/kernels/reduce.h>

namespace ravine::kernels::cpu {
namespace {

constexpr std::int64_t lanes = 32;

/// Σ term(x[i]) over [0, count).
template <class Term>
RAVINE_INLINE inline double sum(const float* x, std::int64_t count, const Term& term) {
  std::array<double, lanes> sums{};
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
      sums[static_cast<std::size_t>(lane)] += term(static_cast<double>(x[i + lane]));
    }
  }
  for (std::int64_t lane = 0; i + lane < count; ++lane) {
    sums[static_cast<std::size_t>(lane)] += term(static_cast<double>(x[i + lane]));
  }
  double total = 0;
  for (const double value : sums) total += value;
  return total;
}

template <class Term>
void sum_terms(Stream& stream, float factor, const Tensor& x, const Tensor& y, const Term& term) {
  const std::int64_t count = x.elements();
  const std::int64_t chunks = (count + light_grain - 1) / light_grain;
  const Scratch scratch(stream, static_cast<std::size_t>(chunks) * sizeof(double));
  double* partial = scratch.as<double>();
  const float* from = x.data();
  parallel_for(count, light_grain, [&](std::int64_t begin, std::int64_t end) {
    vectorized([&]() RAVINE_INLINE {
      partial[begin / light_grain] = sum(from + begin, end - begin, term);
    });
  });
  double total = 0;
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) total += partial[chunk];
  *y.data() = static_cast<float>(static_cast<double>(factor) * total);
}

/// Adds the columns of `rows` rows of `width` numbers, `stride` apart, to sums[0..width).
RAVINE_INLINE inline void add_columns(const float* x, std::int64_t rows, std::int64_t width,
                                      std::int64_t stride, double* sums) {
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* from = x + row * stride;
    RAVINE_INDEPENDENT
    for (std::int64_t i = 0; i < width; ++i) sums[i] += static_cast<double>(from[i]);
  }
}

/// Whether the row's largest element, the first of equals, stands at the label.
RAVINE_INLINE inline bool is_correct(const float* row, std::int64_t classes, std::int32_t label) {
  if (classes == 1) return !std::isnan(row[0]) && (row[0] >= 0.5f ? 1 : 0) == label;
  if (label < 0 || label >= classes) return false;
  const float value = row[label];
  bool correct = true;
  for (std::int64_t c = 0; c < label; ++c) correct &= row[c] < value;
  for (std::int64_t c = label + 1; c < classes; ++c) correct &= row[c] <= value;
  return correct;
}

}  // namespace

void sum_all(Stream& stream, float factor, const Tensor& x, const Tensor& y) {
  sum_terms(stream, factor, x, y, [](double v) RAVINE_INLINE { return v; });
}

void sum_squares(Stream& stream, float factor, const Tensor& x, const Tensor& y) {
  sum_terms(stream, factor, x, y, [](double v) RAVINE_INLINE { return v * v; });
}

void sum_absolute(Stream& stream, float factor, const Tensor& x, const Tensor& y) {
  sum_terms(stream, factor, x, y, [](double v) RAVINE_INLINE { return std::fabs(v); });
}

void sum_rows(Stream& stream, const Tensor& x, const Tensor& y) {
  // Several rows of few channels are read as one row, so that the inner loop is long; the wide rows
  // are cut into chunks of rows, and their columns into tiles when there are few rows.
  constexpr std::int64_t tile = 256;
  const std::int64_t channels = y.elements();
  if (channels == 0) return;
  const std::int64_t width = channel_period(channels);
  const std::int64_t rows = x.elements() / width;
  const std::int64_t rest = x.elements() % width;
  const std::int64_t tiles = (width + tile - 1) / tile;
  const std::int64_t grain = rows_grain(std::min(width, tile));
  const std::int64_t row_chunks = std::max<std::int64_t>(1, (rows + grain - 1) / grain);

  const Scratch scratch(stream, static_cast<std::size_t>(row_chunks * width) * sizeof(double));
  double* partial = scratch.as<double>();
  const float* from = x.data();
  parallel_for(row_chunks * tiles, 1, [&](std::int64_t job, std::int64_t) {
    const std::int64_t chunk = job / tiles;
    const std::int64_t column = job % tiles * tile;
    const std::int64_t size = std::min(tile, width - column);
    const std::int64_t first = chunk * grain;
    double* sums = partial + chunk * width + column;
    std::fill_n(sums, size, 0.0);
    vectorized([&]() RAVINE_INLINE {
      add_columns(from + first * width + column, std::min(grain, rows - first), size, width, sums);
    });
  });
  for (std::int64_t chunk = 1; chunk < row_chunks; ++chunk) {
    for (std::int64_t i = 0; i < width; ++i) partial[i] += partial[chunk * width + i];
  }
  for (std::int64_t i = 0; i < rest; ++i) partial[i] += static_cast<double>(from[rows * width + i]);
  for (std::int64_t c = 0; c < channels; ++c) {
    double total = 0;
    for (std::int64_t i = c; i < width; i += channels) total += partial[i];
    y.data()[c] = static_cast<float>(total);
  }
}

void count_correct(Stream& stream, const Tensor& x, const Tensor& labels, const Tensor& count) {
  const std::int64_t rows = labels.elements();
  if (rows == 0) return;
  const std::int64_t classes = x.elements() / rows;
  const std::int64_t grain = rows_grain(classes);
  const std::int64_t chunks = (rows + grain - 1) / grain;
  const Scratch scratch(stream, static_cast<std::size_t>(chunks) * sizeof(std::int64_t));
  auto* partial = scratch.as<std::int64_t>();
  const float* from = x.data();
  const auto* label = labels.data<std::int32_t>();
  parallel_for(rows, grain, [&](std::int64_t begin, std::int64_t end) {
    vectorized([&]() RAVINE_INLINE {
      std::int64_t correct = 0;
      for (std::int64_t row = begin; row < end; ++row) {
        correct += is_correct(from + row * classes, classes, label[row]) ? 1 : 0;
      }
      partial[begin / grain] = correct;
    });
  });
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
    *count.data<std::int64_t>() += partial[chunk];
  }
}

}  // namespace ravine::kernels::cpu
