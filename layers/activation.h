#pragma once

#include <string>

#include <ravine/core/tape.h>
#include <ravine/kernels/activation.h>
#include <ravine/layers/scope.h>

namespace ravine {

/// An elementwise function, or softmax over the last axis: a value that can be called.
///
/// It stands in a layer, `Conv2D{32, 3, relu}`; is applied, `relu(x)`; and is a layer of a
/// Sequential itself. `slope` is the α of leaky_relu and elu.
struct Activation {
  using Kind = kernels::ActivationKind;
  static constexpr const char* kind_name = "activation";

  Kind kind = Kind::linear;
  float slope = 0;
  bool is_softmax = false;

  Variable operator()(const Variable& x) const;
  Variable operator()(Scope& scope, const Variable& x) const;
  bool is_linear() const { return kind == Kind::linear && !is_softmax; }

  friend bool operator==(const Activation&, const Activation&) = default;
};

inline constexpr Activation relu{Activation::Kind::relu};
inline constexpr Activation sigmoid{Activation::Kind::sigmoid};
inline constexpr Activation tanh{Activation::Kind::tanh};
inline constexpr Activation elu{Activation::Kind::elu, 1};
inline constexpr Activation leaky_relu{Activation::Kind::leaky_relu, 0.2f};  // Keras's slope
inline constexpr Activation gelu{Activation::Kind::gelu};
inline constexpr Activation gelu_tanh{Activation::Kind::gelu_tanh};
inline constexpr Activation softmax{.is_softmax = true};

/// An activation as a layer with a name of its own; without one, the value itself is a layer.
struct ActivationLayer {
  static constexpr const char* kind_name = "activation";
  Activation activation;
  std::string name = {};
  Variable operator()(Scope& scope, const Variable& x) const;
};

/// max(x, 0) as a layer.
struct ReLU {
  static constexpr const char* kind_name = "re_lu";
  std::string name = {};
  Variable operator()(Scope& scope, const Variable& x) const;
};

/// x < 0 ? slope·x : x, as a layer.
struct LeakyReLU {
  static constexpr const char* kind_name = "leaky_re_lu";
  double negative_slope = 0.3;
  std::string name = {};
  Variable operator()(Scope& scope, const Variable& x) const;
};

/// x < 0 ? alpha·(eˣ − 1) : x, as a layer.
struct ELU {
  static constexpr const char* kind_name = "elu";
  double alpha = 1;
  std::string name = {};
  Variable operator()(Scope& scope, const Variable& x) const;
};

/// Softmax over the last axis, as a layer.
struct Softmax {
  static constexpr const char* kind_name = "softmax";
  std::string name = {};
  Variable operator()(Scope& scope, const Variable& x) const;
};

}  // namespace ravine
