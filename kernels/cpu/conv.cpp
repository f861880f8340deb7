#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include <ravine/kernels/conv.h>
#include <ravine/kernels/cpu/loops.h>
#include <ravine/kernels/cpu/onednn.h>
#include <ravine/kernels/reduce.h>

namespace ravine::kernels::cpu {
namespace {

using Dims = dnnl::memory::dims;
using Desc = dnnl::memory::desc;

/// Numbers of one convolution, from which its descriptors for any number of images follow.
struct Problem {
  Conv2DGeometry g;
  Shape x, w, y;

  /// NHWC as oneDNN's logical NCHW.
  static Desc image(const Shape& s, std::int64_t images) {
    return strided({images, s[3], s[1], s[2]}, {s[1] * s[2] * s[3], 1, s[2] * s[3], s[3]});
  }
  Dims weight_dims() const {
    if (g.groups == 1) return {w[0], w[3], w[1], w[2]};
    return {g.groups, w[0] / g.groups, w[3], w[1], w[2]};
  }
  /// [K,R,S,C/groups] as it stands in memory.
  Desc weight() const {
    const std::int64_t row = w[2] * w[3], filter = w[1] * row;
    if (g.groups == 1) return strided(weight_dims(), {filter, 1, row, w[3]});
    return strided(weight_dims(), {w[0] / g.groups * filter, filter, 1, row, w[3]});
  }
  ConvolutionShape shape(std::int64_t images) const {
    return {.x = image(x, images),
            .w = Desc(weight_dims(), dnnl::memory::data_type::f32, dnnl::memory::format_tag::any),
            .y = image(y, images),
            .stride = {g.stride.h, g.stride.w},
            .dilation = {g.dilation.h - 1, g.dilation.w - 1},
            .padding_begin = {g.padding.top, g.padding.left},
            .padding_end = {g.padding.bottom, g.padding.right}};
  }
  PlanKey key(const char* name) const {
    return PlanKey(name, {x[0], x[1], x[2], x[3], w[0], w[1], w[2], w[3], g.stride.h, g.stride.w,
                          g.dilation.h, g.dilation.w, g.padding.top, g.padding.bottom,
                          g.padding.left, g.padding.right, g.groups});
  }
  /// How many images a chunk has: 16 chunks, or fewer where the work is small.
  std::int64_t images_per_chunk() const {
    constexpr double least_work = 2e6;
    const double image_work = 2.0 * static_cast<double>(y[1] * y[2] * w.elements());
    const auto enough = static_cast<std::int64_t>(least_work / std::max(image_work, 1.0)) + 1;
    return std::clamp<std::int64_t>((x[0] + 15) / 16, std::min(enough, x[0]), x[0]);
  }
};

/// A change of layout between two descriptors of the weights.
class Reorder {
 public:
  Reorder(const Desc& from, const Desc& to) {
    const dnnl::reorder::primitive_desc desc(onednn_engine(), from, onednn_engine(), to,
                                             user_scratchpad());
    call_ = OnednnCall(dnnl::reorder(desc), desc.scratchpad_desc(),
                       {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
  }
  void run(Stream& stream, const void* from, void* to) {
    const Scratch scratch(stream, call_.scratch_bytes());
    parallel_for(1, 1, [&](std::int64_t, std::int64_t) {
      call_.set(DNNL_ARG_FROM, from);
      call_.set(DNNL_ARG_TO, to);
      call_.run(scratch.as<void>());
    });
  }

 private:
  OnednnCall call_;
};

/// One direction of a convolution, cut into chunks of images. `Traits` says which.
template <class Traits>
class Convolution {
 public:
  explicit Convolution(const Problem& problem) : problem_(problem) {
    const MadeForOneThread one_thread;
    const std::int64_t images = problem.x[0], grain = problem.images_per_chunk();
    for (std::int64_t first = 0; first < images; first += grain) {
      const ConvolutionShape shape = problem.shape(std::min(grain, images - first));
      const auto desc = Traits::desc(shape);
      // All chunks share the layout that the first one likes best.
      if (calls_.empty()) {
        weight_ = Traits::weight(desc);
        reorder_ = Traits::writes_weight ? std::make_unique<Reorder>(weight_, problem.weight())
                                         : std::make_unique<Reorder>(problem.weight(), weight_);
      }
      ConvolutionShape fixed = shape;
      fixed.w = weight_;
      const auto exact = Traits::desc(fixed);
      calls_.emplace_back(
          typename Traits::Primitive(exact), exact.scratchpad_desc(),
          OnednnArguments{{Traits::x, shape.x}, {Traits::w, weight_}, {Traits::y, shape.y}});
      scratch_ = std::max(scratch_, (calls_.back().scratch_bytes() + 63) / 64 * 64);
    }
  }

  std::size_t chunks() const { return calls_.size(); }
  std::size_t weight_bytes() const { return (weight_.get_size() + 63) / 64 * 64; }
  Reorder& reorder() { return *reorder_; }

  /// Runs all chunks; `weight(chunk)` is where each finds or leaves its weights, `after(chunk,
  /// first image, images)` runs when a chunk is done.
  template <class Weight, class After>
  void run(Stream& stream, const float* x, const float* y, const Weight& weight,
           const After& after) {
    const Scratch scratch(stream, scratch_ * chunks());
    const std::int64_t grain = problem_.images_per_chunk();
    const std::int64_t x_image = problem_.x.without_batch().elements();
    const std::int64_t y_image = problem_.y.without_batch().elements();
    parallel_for(problem_.x[0], grain, [&](std::int64_t begin, std::int64_t end) {
      const auto chunk = static_cast<std::size_t>(begin / grain);
      OnednnCall& call = calls_[chunk];
      call.set(Traits::x, x + begin * x_image);
      call.set(Traits::w, weight(chunk));
      call.set(Traits::y, y + begin * y_image);
      call.run(scratch.as<std::byte>() + chunk * scratch_);
      after(begin * y_image, (end - begin) * y_image);
    });
  }

 private:
  Problem problem_;
  Desc weight_;
  std::unique_ptr<Reorder> reorder_;
  std::vector<OnednnCall> calls_;
  std::size_t scratch_ = 0;  // bytes of one chunk
};

struct Forward {
  using Primitive = dnnl::convolution_forward;
  static constexpr bool writes_weight = false;
  static constexpr int x = DNNL_ARG_SRC, w = DNNL_ARG_WEIGHTS, y = DNNL_ARG_DST;
  static auto desc(const ConvolutionShape& s) { return convolution_desc(s); }
  static Desc weight(const Primitive::primitive_desc& d) { return d.weights_desc(); }
};

struct BackwardInput {
  using Primitive = dnnl::convolution_backward_data;
  static constexpr bool writes_weight = false;
  static constexpr int x = DNNL_ARG_DIFF_SRC, w = DNNL_ARG_WEIGHTS, y = DNNL_ARG_DIFF_DST;
  static auto desc(const ConvolutionShape& s) { return convolution_backward_input_desc(s); }
  static Desc weight(const Primitive::primitive_desc& d) { return d.weights_desc(); }
};

struct BackwardWeight {
  using Primitive = dnnl::convolution_backward_weights;
  static constexpr bool writes_weight = true;
  static constexpr int x = DNNL_ARG_SRC, w = DNNL_ARG_DIFF_WEIGHTS, y = DNNL_ARG_DIFF_DST;
  static auto desc(const ConvolutionShape& s) { return convolution_backward_weight_desc(s); }
  static Desc weight(const Primitive::primitive_desc& d) { return d.diff_weights_desc(); }
};

template <class Traits>
Convolution<Traits>& plan(Stream& stream, const char* name, const Problem& problem) {
  return stream.plans().get<Convolution<Traits>>(
      problem.key(name), [&] { return std::make_shared<Convolution<Traits>>(problem); });
}

constexpr auto nothing = [](std::int64_t, std::int64_t) {};

}  // namespace

void conv2d_forward(Stream& stream, const Conv2DGeometry& geometry, Epilogue epilogue,
                    const Tensor& x, const Tensor& w, const Tensor& b, const Tensor& y) {
  auto& forward =
      plan<Forward>(stream, "conv2d_forward", {geometry, x.shape(), w.shape(), y.shape()});
  const Scratch weight(stream, forward.weight_bytes());
  forward.reorder().run(stream, w.data(), weight.as<void>());
  float* to = y.data();
  const float* bias = b ? b.data() : nullptr;
  const std::int64_t filters = w.shape()[0];
  // Bias and relu are ours: oneDNN's relu turns NaN into zero and would hide a diverged training.
  const auto finish = [=](std::int64_t first, std::int64_t count) {
    if (bias == nullptr && epilogue == Epilogue::none) return;
    vectorized([&]() RAVINE_INLINE {
      for (std::int64_t i = first; i < first + count; i += filters) {
        float* row = to + i;
        if (bias != nullptr) {
          for (std::int64_t k = 0; k < filters; ++k) row[k] += bias[k];
        }
        if (epilogue == Epilogue::relu) {
          for (std::int64_t k = 0; k < filters; ++k) row[k] = row[k] < 0 ? 0 : row[k];
        }
      }
    });
  };
  forward.run(
      stream, x.data(), to, [&](std::size_t) { return weight.as<void>(); }, finish);
}

void conv2d_backward_input(Stream& stream, const Conv2DGeometry& geometry, const Tensor& dy,
                           const Tensor& w, const Tensor& dx) {
  auto& backward = plan<BackwardInput>(stream, "conv2d_backward_input",
                                       {geometry, dx.shape(), w.shape(), dy.shape()});
  const Scratch weight(stream, backward.weight_bytes());
  backward.reorder().run(stream, w.data(), weight.as<void>());
  backward.run(
      stream, dx.data(), dy.data(), [&](std::size_t) { return weight.as<void>(); }, nothing);
}

void conv2d_backward_weight(Stream& stream, const Conv2DGeometry& geometry, const Tensor& dy,
                            const Tensor& x, const Tensor& dw, const Tensor& db) {
  if (db) sum_rows(stream, dy, db);
  if (!dw) return;
  auto& backward = plan<BackwardWeight>(stream, "conv2d_backward_weight",
                                        {geometry, x.shape(), dw.shape(), dy.shape()});
  // A sum a chunk, added in the order of the chunks.
  const std::size_t bytes = backward.weight_bytes(), chunks = backward.chunks();
  const Scratch partial(stream, bytes * chunks);
  backward.run(
      stream, x.data(), dy.data(),
      [&](std::size_t chunk) { return partial.as<std::byte>() + chunk * bytes; }, nothing);
  float* sum = partial.as<float>();
  const auto stride = static_cast<std::int64_t>(bytes / sizeof(float));
  for_each_element(stride, light_grain, [=](std::int64_t i) RAVINE_INLINE {
    float total = sum[i];
    for (std::size_t chunk = 1; chunk < chunks; ++chunk) {
      total += sum[static_cast<std::int64_t>(chunk) * stride + i];
    }
    sum[i] = total;
  });
  backward.reorder().run(stream, sum, dw.data());
}

}  // namespace ravine::kernels::cpu
