#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <memory>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include <ravine/core/kernel.h>
#include <ravine/core/stream.h>
#include <ravine/core/tensor.h>

namespace ravine {

class Tape;

/// y = a + b elementwise; y may be a. The one piece of arithmetic the tape needs itself.
using Accumulate = void(Stream&, const Tensor& a, const Tensor& b, const Tensor& y);
RAVINE_KERNEL(Accumulate, accumulate);

namespace detail {

struct Node {
  Tensor value;
  Tensor gradient;  // a parameter's slot, or what has arrived in this backward pass
  Tape* tape = nullptr;
  const char* operation = "";    // what made it: "" for inputs and parameters
  Node* source = nullptr;        // its operation's first input
  std::uint64_t generation = 0;  // 0: permanent, a parameter
  bool needs_gradient = false;
  bool has_gradient = false;     // something has arrived in this backward pass
  bool shares_gradient = false;  // the gradient's memory is somebody else's: add to a copy
};

[[noreturn]] void fail_no_inputs(const char* operation);

}  // namespace detail

/// A value in a computation that can be differentiated: a handle to its node on the tape.
///
/// It lives for one step, like the tensor inside; a parameter's Variable lives as long as the
/// model.
class Variable {
 public:
  /// An absent operand, such as no bias.
  Variable() = default;

  explicit operator bool() const { return node_ != nullptr; }
  const Tensor& value() const;
  const Shape& shape() const;
  bool needs_gradient() const;
  Tape& tape() const;
  Stream& stream() const;

  /// The name of the operation that made it, "" for inputs and parameters; and its first input.
  const char* operation() const;
  Variable source() const;

 private:
  friend class Tape;
  friend class Gradients;
  friend class Leaf;
  explicit Variable(detail::Node* node) : node_(node), generation_(node->generation) {}
  detail::Node& node() const;

  detail::Node* node_ = nullptr;
  std::uint64_t generation_ = 0;
};

/// Where a backward function finds the tensors to write its results into.
class Gradients {
 public:
  Stream& stream() const;

  /// The tensor to overwrite with ∂L/∂x; empty when x is absent or needs no gradient.
  ///
  /// The tape adds up what several uses of x give. Uninitialised: all of it must be written.
  Tensor of(const Variable& x);

  /// Says that ∂L/∂x is `gradient` as it stands, without a copy (a sum, a reshape).
  void pass(const Variable& x, const Tensor& gradient);

 private:
  friend class Tape;
  explicit Gradients(Tape& tape) : tape_(tape) {}
  void add_pending();

  struct Pending {
    detail::Node* node;
    Tensor gradient;
  };
  Tape& tape_;
  std::vector<Pending> pending_;
};

/// A value that outlives the steps and is trained: the place a parameter has on a tape.
class Leaf {
 public:
  Leaf() : node_(std::make_unique<detail::Node>()) {}

  /// `gradient` is where backward passes leave ∂L/∂value; empty for what is not trained.
  void bind(Tape& tape, const Tensor& value, const Tensor& gradient);
  void unbind() { *node_ = {}; }
  const Tensor& value() const { return node_->value; }
  const Tensor& gradient() const { return node_->gradient; }
  operator Variable() const { return Variable(node_.get()); }  // NOLINT: a parameter is an operand

 private:
  std::unique_ptr<detail::Node> node_;
};

/// The record of a forward pass, run backwards for the gradients (reverse-mode differentiation).
///
/// Nodes and closures live in memory that is used again each step: after the first steps a step of
/// the same shape allocates nothing. Gradients of gradients are not recorded.
class Tape {
 public:
  explicit Tape(Stream& stream) : stream_(stream), gradients_(*this) {}
  ~Tape() { clear(); }
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  Stream& stream() { return stream_; }

  /// Whether operations are recorded; without it a forward pass keeps nothing for a backward one.
  bool recording() const { return recording_; }
  /// Whether layers behave as in training (dropout, batch statistics) or as in use.
  bool training() const { return training_; }
  void mode(bool recording, bool training) {
    recording_ = recording;
    training_ = training;
  }

  /// Forgets the last step's record and begins the next step, its arena rewound.
  void begin_step();

  /// A value given from outside.
  Variable input(const Tensor& value, bool needs_gradient = false);

  /// Fills the gradients of all bound leaves with ∂loss/∂leaf; zero where loss does not depend on
  /// it.
  ///
  /// Shapes  loss [ ] (a scalar).   Throws  Error when loss has another shape.
  void backward(const Variable& loss);

  /// The gradient that the last `backward` left at x; empty where none arrived.
  Tensor gradient(const Variable& x) const {
    return x.node().has_gradient ? x.node().gradient : Tensor();
  }

  /// See the free function `record`.
  template <class Backward>
  Variable record(const char* operation, std::initializer_list<Variable> inputs,
                  const Tensor& value, Backward&& backward);

 private:
  friend class Gradients;
  friend class Leaf;

  struct Record {
    detail::Node* output;
    void (*run)(void* closure, Gradients&, const Tensor&);
    void (*destroy)(void* closure);
    void* closure;
  };

  detail::Node& new_node(const Tensor& value, const char* operation);
  void* closure_memory(std::size_t size, std::size_t alignment);
  void clear();

  Stream& stream_;
  bool recording_ = true;
  bool training_ = true;
  std::uint64_t generation_ = 1;
  std::deque<detail::Node> nodes_;
  std::size_t used_nodes_ = 0;
  std::vector<Record> records_;
  std::vector<detail::Node*> leaves_;
  std::vector<std::unique_ptr<std::byte[]>> closure_blocks_;
  std::size_t closure_block_ = 0;
  std::size_t closure_offset_ = 0;
  Gradients gradients_;
};

/// Puts an operation on the tape of its inputs and returns its result as a Variable.
///
/// `backward(Gradients& grad, const Tensor& dy)` writes ∂L/∂input into `grad.of(input)` for each
/// input; its explicit capture list is the list of saved tensors. Nothing is recorded when no input
/// needs a gradient or the tape is not recording. Throws  Error when all inputs are absent.
template <class Backward>
Variable record(const char* operation, std::initializer_list<Variable> inputs, const Tensor& value,
                Backward&& backward) {
  for (const Variable& input : inputs) {
    if (input) {
      return input.tape().record(operation, inputs, value, std::forward<Backward>(backward));
    }
  }
  detail::fail_no_inputs(operation);
}

template <class Backward>
Variable Tape::record(const char* operation, std::initializer_list<Variable> inputs,
                      const Tensor& value, Backward&& backward) {
  detail::Node& node = new_node(value, operation);
  for (const Variable& input : inputs) {
    if (!input) continue;
    if (node.source == nullptr) node.source = &input.node();
    node.needs_gradient = node.needs_gradient || (recording_ && input.needs_gradient());
  }
  if (node.needs_gradient) {
    using Closure = std::decay_t<Backward>;
    static_assert(alignof(Closure) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
    void* memory = closure_memory(sizeof(Closure), alignof(Closure));
    new (memory) Closure(std::forward<Backward>(backward));
    records_.push_back(
        {.output = &node,
         .run = [](void* closure, Gradients& gradients,
                   const Tensor& dy) { (*static_cast<Closure*>(closure))(gradients, dy); },
         .destroy = [](void* closure) { static_cast<Closure*>(closure)->~Closure(); },
         .closure = memory});
  }
  return Variable(&node);
}

}  // namespace ravine
