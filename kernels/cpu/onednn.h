#pragma once

#include <cstddef>
#include <unordered_map>
#include <utility>
#include <vector>

#include <dnnl.hpp>

#include <ravine/core/shape.h>

namespace ravine::kernels::cpu {

/// The CPU engine of the process.
const dnnl::engine& onednn_engine();

/// oneDNN's kernels are made for one thread: they run inside a chunk of parallel_for, and the cut
/// of the work, which fixes the order of sums, is ours. Put around everything that makes a
/// primitive.
class MadeForOneThread {
 public:
  MadeForOneThread();
  ~MadeForOneThread();
  MadeForOneThread(const MadeForOneThread&) = delete;
  MadeForOneThread& operator=(const MadeForOneThread&) = delete;

 private:
  int saved_;
};

/// Attributes with the scratchpad in our hands.
dnnl::primitive_attr user_scratchpad();

/// f32 with the strides of a row-major tensor, or with the strides given.
dnnl::memory::desc plain(const dnnl::memory::dims& extents);
dnnl::memory::desc strided(const dnnl::memory::dims& extents, const dnnl::memory::dims& strides);

/// c = a·b (+ bias [1,O]); oneDNN 2 and 3 make it differently.
dnnl::matmul::primitive_desc matmul_desc(const dnnl::memory::desc& a, const dnnl::memory::desc& b,
                                         const dnnl::memory::desc* bias,
                                         const dnnl::memory::desc& c);

/// What shapes a convolution, in oneDNN's terms: dilation 0 is dense.
struct ConvolutionShape {
  dnnl::memory::desc x, w, y;
  dnnl::memory::dims stride, dilation, padding_begin, padding_end;
};
dnnl::convolution_forward::primitive_desc convolution_desc(const ConvolutionShape& shape);
dnnl::convolution_backward_data::primitive_desc convolution_backward_input_desc(
    const ConvolutionShape& shape);
dnnl::convolution_backward_weights::primitive_desc convolution_backward_weight_desc(
    const ConvolutionShape& shape);

using OnednnArguments = std::vector<std::pair<int, dnnl::memory::desc>>;

/// A primitive with its memory objects made once: a call only changes addresses.
class OnednnCall {
 public:
  OnednnCall() = default;
  OnednnCall(dnnl::primitive primitive, const dnnl::memory::desc& scratchpad,
             const OnednnArguments& arguments);

  /// Bytes of scratchpad that a run needs.
  std::size_t scratch_bytes() const { return scratch_bytes_; }
  void set(int argument, const void* data);
  /// Runs on the calling thread and waits.
  void run(void* scratchpad);

 private:
  dnnl::primitive primitive_;
  std::unordered_map<int, dnnl::memory> arguments_;
  std::size_t scratch_bytes_ = 0;
};

}  // namespace ravine::kernels::cpu
