#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include <ravine/kernels/cpu/loops.h>
#include <ravine/kernels/cpu/onednn.h>
#include <ravine/kernels/matmul.h>
#include <ravine/kernels/reduce.h>

namespace ravine::kernels::cpu {
namespace {

/// A row-major matrix, or the transpose of one: element (i,j) is data[i·row + j·column].
struct Matrix {
  std::int64_t rows, columns, row_stride, column_stride;

  static Matrix of(const Shape& shape) { return {shape[0], shape[1], shape[1], 1}; }
  Matrix transposed() const { return {columns, rows, column_stride, row_stride}; }
};

/// How c [M,N] is cut: a grid fixed by the shape, each piece a product of its own with the full K.
struct Grid {
  std::int64_t rows, columns;  // of a piece
  std::int64_t down, across;   // pieces
  Grid(std::int64_t m, std::int64_t n, std::int64_t k) {
    // A piece is worth a few times what it costs to enter a parallel region.
    constexpr double least_work = 2e6;
    const double work =
        2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
    const auto wanted =
        std::clamp<std::int64_t>(static_cast<std::int64_t>(work / least_work), 1, 16);
    // The longer side is cut first: pieces near squares read the least.
    const std::int64_t row_cuts = m >= n ? wanted : std::max<std::int64_t>(1, wanted * m / (m + n));
    rows = round_up((m + row_cuts - 1) / row_cuts, 8, m);
    down = (m + rows - 1) / rows;
    const std::int64_t column_cuts = std::max<std::int64_t>(1, wanted / down);
    columns = round_up((n + column_cuts - 1) / column_cuts, 32, n);
    across = (n + columns - 1) / columns;
  }
  std::int64_t pieces() const { return down * across; }

 private:
  static std::int64_t round_up(std::int64_t value, std::int64_t unit, std::int64_t most) {
    return std::min(most, (value + unit - 1) / unit * unit);
  }
};

/// One product c = a·b (+ bias) with a primitive a piece of the grid.
class Product {
 public:
  Product(const Matrix& a, const Matrix& b, bool with_bias)
      : a_(a), b_(b), grid_(a.rows, b.columns, a.columns) {
    const MadeForOneThread one_thread;
    for (std::int64_t piece = 0; piece < grid_.pieces(); ++piece) {
      const std::int64_t m = std::min(grid_.rows, a.rows - first_row(piece));
      const std::int64_t n = std::min(grid_.columns, b.columns - first_column(piece));
      const auto left = strided({m, a.columns}, {a.row_stride, a.column_stride});
      const auto right = strided({b.rows, n}, {b.row_stride, b.column_stride});
      const auto result = strided({m, n}, {b.columns, 1});
      const auto bias = strided({1, n}, {n, 1});
      const auto desc = matmul_desc(left, right, with_bias ? &bias : nullptr, result);
      OnednnArguments arguments{
          {DNNL_ARG_SRC, left}, {DNNL_ARG_WEIGHTS, right}, {DNNL_ARG_DST, result}};
      if (with_bias) arguments.emplace_back(DNNL_ARG_BIAS, bias);
      calls_.emplace_back(dnnl::matmul(desc), desc.scratchpad_desc(), arguments);
      scratch_ = std::max(scratch_, (calls_.back().scratch_bytes() + 63) / 64 * 64);
    }
  }

  void run(Stream& stream, Epilogue epilogue, const float* a, const float* b, const float* bias,
           float* c) {
    const Scratch scratch(stream, scratch_ * calls_.size());
    parallel_for(grid_.pieces(), 1, [&](std::int64_t piece, std::int64_t) {
      const std::int64_t row = first_row(piece), column = first_column(piece);
      const auto index = static_cast<std::size_t>(piece);
      float* to = c + row * b_.columns + column;
      OnednnCall& call = calls_[index];
      call.set(DNNL_ARG_SRC, a + row * a_.row_stride);
      call.set(DNNL_ARG_WEIGHTS, b + column * b_.column_stride);
      call.set(DNNL_ARG_DST, to);
      if (bias != nullptr) call.set(DNNL_ARG_BIAS, bias + column);
      call.run(scratch.as<std::byte>() + index * scratch_);
      if (epilogue == Epilogue::relu) apply_relu(to, piece);
    });
  }

 private:
  std::int64_t first_row(std::int64_t piece) const { return piece / grid_.across * grid_.rows; }
  std::int64_t first_column(std::int64_t piece) const {
    return piece % grid_.across * grid_.columns;
  }

  /// Ours and not oneDNN's, which turns NaN into zero and would hide a diverged training.
  void apply_relu(float* y, std::int64_t piece) const {
    const std::int64_t rows = std::min(grid_.rows, a_.rows - first_row(piece));
    const std::int64_t columns = std::min(grid_.columns, b_.columns - first_column(piece));
    const std::int64_t stride = b_.columns;
    vectorized([&]() RAVINE_INLINE {
      for (std::int64_t i = 0; i < rows; ++i) {
        float* row = y + i * stride;
        for (std::int64_t j = 0; j < columns; ++j) row[j] = row[j] < 0 ? 0 : row[j];
      }
    });
  }

  Matrix a_, b_;
  Grid grid_;
  std::vector<OnednnCall> calls_;
  std::size_t scratch_ = 0;  // bytes of one piece
};

Product& product(Stream& stream, const char* name, const Matrix& a, const Matrix& b,
                 bool with_bias) {
  const PlanKey key(name, {a.rows, a.columns, b.columns, with_bias});
  return stream.plans().get<Product>(key,
                                     [&] { return std::make_shared<Product>(a, b, with_bias); });
}

}  // namespace

void dense_forward(Stream& stream, Epilogue epilogue, const Tensor& x, const Tensor& w,
                   const Tensor& b, const Tensor& y) {
  Product& plan = product(stream, "dense_forward", Matrix::of(x.shape()), Matrix::of(w.shape()),
                          static_cast<bool>(b));
  plan.run(stream, epilogue, x.data(), w.data(), b ? b.data() : nullptr, y.data());
}

void dense_backward_input(Stream& stream, const Tensor& dy, const Tensor& w, const Tensor& dx) {
  Product& plan = product(stream, "dense_backward_input", Matrix::of(dy.shape()),
                          Matrix::of(w.shape()).transposed(), false);
  plan.run(stream, Epilogue::none, dy.data(), w.data(), nullptr, dx.data());
}

void dense_backward_weight(Stream& stream, const Tensor& dy, const Tensor& x, const Tensor& dw,
                           const Tensor& db) {
  if (dw) {
    Product& plan = product(stream, "dense_backward_weight", Matrix::of(x.shape()).transposed(),
                            Matrix::of(dy.shape()), false);
    plan.run(stream, Epilogue::none, x.data(), dy.data(), nullptr, dw.data());
  }
  if (db) sum_rows(stream, dy, db);
}

}  // namespace ravine::kernels::cpu
