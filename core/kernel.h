#pragma once

#include <ravine/core/stream.h>
#include <ravine/core/tensor.h>

namespace ravine {

[[noreturn]] void fail_no_cuda(const char* name);

template <class Signature>
class Kernel;

/// One operation with one implementation a device.
///
/// A call runs where its stream runs; on the dry device it does nothing. `cuda` is null in a build
/// without CUDA.
template <class... Arguments>
class Kernel<void(Stream&, Arguments...)> {
 public:
  using Function = void (*)(Stream&, Arguments...);

  constexpr Kernel(const char* name, Function cpu, Function cuda)
      : name_(name), cpu_(cpu), cuda_(cuda) {}

  void operator()(Stream& stream, Arguments... arguments) const {
    if (stream.device().is_dry()) return;
    const Function run = stream.device().is_cpu() ? cpu_ : cuda_;
    if (run == nullptr) fail_no_cuda(name_);
    run(stream, arguments...);
  }

  const char* name() const { return name_; }

 private:
  const char* name_;
  Function cpu_;
  Function cuda_;
};

}  // namespace ravine

/// Declares cpu::name, cuda::name and the dispatching `name` from one function type.
///
/// A missing twin is a link error that names it.
#if RAVINE_HAS_CUDA
#define RAVINE_KERNEL(Signature, name) \
  namespace cpu {                      \
  Signature name;                      \
  }                                    \
  namespace cuda {                     \
  Signature name;                      \
  }                                    \
  inline constexpr ::ravine::Kernel<Signature> name(#name, &cpu::name, &cuda::name)
#else
#define RAVINE_KERNEL(Signature, name) \
  namespace cpu {                      \
  Signature name;                      \
  }                                    \
  inline constexpr ::ravine::Kernel<Signature> name(#name, &cpu::name, nullptr)
#endif
