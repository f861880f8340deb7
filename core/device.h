#pragma once

#include <string>
#include <string_view>

namespace ravine {

/// Where tensors live and kernels run.
///
/// The dry device runs nothing and holds no bytes: a forward pass on it makes a model's parameters,
/// infers its shapes and adds up the memory a step will take.
class Device {
 public:
  enum class Kind { cpu, cuda, dry };

  static constexpr Device cpu() { return Device(Kind::cpu, 0); }
  static constexpr Device cuda(int index = 0) { return Device(Kind::cuda, index); }
  static constexpr Device dry() { return Device(Kind::dry, 0); }
  /// The first GPU that this build can use, else the CPU.
  static Device best();
  /// "auto", "cpu", "cuda" or "cuda:N". Throws Error naming the text, DeviceError without such a
  /// GPU.
  static Device parse(std::string_view text);

  constexpr Kind kind() const { return kind_; }
  constexpr int index() const { return index_; }
  constexpr bool is_cpu() const { return kind_ == Kind::cpu; }
  constexpr bool is_cuda() const { return kind_ == Kind::cuda; }
  constexpr bool is_dry() const { return kind_ == Kind::dry; }

  /// "cpu", "cuda:0", "dry".
  std::string str() const;

  friend constexpr bool operator==(const Device&, const Device&) = default;

 private:
  constexpr Device(Kind kind, int index) : kind_(kind), index_(index) {}

  Kind kind_;
  int index_;
};

}  // namespace ravine
