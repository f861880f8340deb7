#include <omp.h>

#include <ravine/kernels/cpu/onednn.h>

namespace ravine::kernels::cpu {
namespace {

constexpr auto f32 = dnnl::memory::data_type::f32;
constexpr auto direct = dnnl::algorithm::convolution_direct;

/// A stream holds no state on a CPU, but the library does not promise that threads may share one.
dnnl::stream& thread_stream() {
  thread_local dnnl::stream stream(onednn_engine());
  return stream;
}

}  // namespace

const dnnl::engine& onednn_engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

MadeForOneThread::MadeForOneThread() : saved_(omp_get_max_threads()) {
  omp_set_num_threads(1);
}

MadeForOneThread::~MadeForOneThread() {
  omp_set_num_threads(saved_);
}

dnnl::primitive_attr user_scratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

dnnl::memory::desc plain(const dnnl::memory::dims& extents) {
  dnnl::memory::dims strides(extents.size(), 1);
  for (std::size_t i = extents.size() - 1; i > 0; --i) strides[i - 1] = strides[i] * extents[i];
  return strided(extents, strides);
}

dnnl::memory::desc strided(const dnnl::memory::dims& extents, const dnnl::memory::dims& strides) {
  return dnnl::memory::desc(extents, f32, strides);
}

#if DNNL_VERSION_MAJOR >= 3

dnnl::matmul::primitive_desc matmul_desc(const dnnl::memory::desc& a, const dnnl::memory::desc& b,
                                         const dnnl::memory::desc* bias,
                                         const dnnl::memory::desc& c) {
  const auto attributes = user_scratchpad();
  return bias != nullptr ? dnnl::matmul::primitive_desc(onednn_engine(), a, b, *bias, c, attributes)
                         : dnnl::matmul::primitive_desc(onednn_engine(), a, b, c, attributes);
}

dnnl::convolution_forward::primitive_desc convolution_desc(const ConvolutionShape& s) {
  return {onednn_engine(),
          dnnl::prop_kind::forward_training,
          direct,
          s.x,
          s.w,
          s.y,
          s.stride,
          s.dilation,
          s.padding_begin,
          s.padding_end,
          user_scratchpad()};
}

dnnl::convolution_backward_data::primitive_desc convolution_backward_input_desc(
    const ConvolutionShape& s) {
  return {onednn_engine(),
          direct,
          s.x,
          s.w,
          s.y,
          s.stride,
          s.dilation,
          s.padding_begin,
          s.padding_end,
          convolution_desc(s),
          user_scratchpad()};
}

dnnl::convolution_backward_weights::primitive_desc convolution_backward_weight_desc(
    const ConvolutionShape& s) {
  return {onednn_engine(),
          direct,
          s.x,
          s.w,
          s.y,
          s.stride,
          s.dilation,
          s.padding_begin,
          s.padding_end,
          convolution_desc(s),
          user_scratchpad()};
}

#else

dnnl::matmul::primitive_desc matmul_desc(const dnnl::memory::desc& a, const dnnl::memory::desc& b,
                                         const dnnl::memory::desc* bias,
                                         const dnnl::memory::desc& c) {
  const auto operation =
      bias != nullptr ? dnnl::matmul::desc(a, b, *bias, c) : dnnl::matmul::desc(a, b, c);
  return {operation, user_scratchpad(), onednn_engine()};
}

dnnl::convolution_forward::primitive_desc convolution_desc(const ConvolutionShape& s) {
  return {{dnnl::prop_kind::forward_training, direct, s.x, s.w, s.y, s.stride, s.dilation,
           s.padding_begin, s.padding_end},
          user_scratchpad(),
          onednn_engine()};
}

dnnl::convolution_backward_data::primitive_desc convolution_backward_input_desc(
    const ConvolutionShape& s) {
  return {{direct, s.x, s.w, s.y, s.stride, s.dilation, s.padding_begin, s.padding_end},
          user_scratchpad(),
          onednn_engine(),
          convolution_desc(s)};
}

dnnl::convolution_backward_weights::primitive_desc convolution_backward_weight_desc(
    const ConvolutionShape& s) {
  return {{direct, s.x, s.w, s.y, s.stride, s.dilation, s.padding_begin, s.padding_end},
          user_scratchpad(),
          onednn_engine(),
          convolution_desc(s)};
}

#endif

OnednnCall::OnednnCall(dnnl::primitive primitive, const dnnl::memory::desc& scratchpad,
                       const OnednnArguments& arguments)
    : primitive_(std::move(primitive)), scratch_bytes_(scratchpad.get_size()) {
  for (const auto& [argument, desc] : arguments) {
    arguments_.emplace(argument, dnnl::memory(desc, onednn_engine(), DNNL_MEMORY_NONE));
  }
  arguments_.emplace(DNNL_ARG_SCRATCHPAD,
                     dnnl::memory(scratchpad, onednn_engine(), DNNL_MEMORY_NONE));
}

void OnednnCall::set(int argument, const void* data) {
  arguments_.at(argument).set_data_handle(const_cast<void*>(data));
}

void OnednnCall::run(void* scratchpad) {
  set(DNNL_ARG_SCRATCHPAD, scratchpad);
  primitive_.execute(thread_stream(), arguments_);
  thread_stream().wait();
}

}  // namespace ravine::kernels::cpu
