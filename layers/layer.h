#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <utility>

#include <ravine/core/tape.h>
#include <ravine/layers/scope.h>

namespace ravine {

/// What can stand in a Sequential: a value that turns a Variable into one, with a scope for its
/// parameters. A struct of your own with this operator is a layer like those of the library.
template <class T>
concept LayerLike = std::copy_constructible<T> &&
    requires(const T layer, Scope& scope, const Variable& x) {
  { layer(scope, x) } -> std::convertible_to<Variable>;
};

/// Any layer, as a value.
class Layer {
 public:
  template <LayerLike T>
  requires(!std::same_as<T, Layer>) Layer(T layer)
      : held_(std::make_shared<const Held<T>>(std::move(layer))) {}  // NOLINT

  Variable operator()(Scope& scope, const Variable& x) const { return held_->run(scope, x); }

  /// The struct inside, if it is a T; else null.
  template <class T>
  const T* get_if() const {
    const auto* held = dynamic_cast<const Held<T>*>(held_.get());
    return held == nullptr ? nullptr : &held->layer;
  }
  /// Its kind, "conv2d", or "layer" for a struct that does not say.
  std::string kind() const { return held_->kind(); }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual Variable run(Scope& scope, const Variable& x) const = 0;
    virtual std::string kind() const = 0;
  };
  template <class T>
  struct Held final : Base {
    explicit Held(T value) : layer(std::move(value)) {}
    Variable run(Scope& scope, const Variable& x) const override { return layer(scope, x); }
    std::string kind() const override {
      if constexpr (requires { T::kind_name; }) {
        return T::kind_name;
      } else {
        return "layer";
      }
    }
    T layer;
  };
  std::shared_ptr<const Base> held_;
};

}  // namespace ravine
