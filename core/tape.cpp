#include <algorithm>

#include <fmt/format.h>

#include <ravine/core/device_backend.h>
#include <ravine/core/error.h>
#include <ravine/core/tape.h>

namespace ravine {

void detail::fail_no_inputs(const char* operation) {
  throw Error(fmt::format("{}: all operands are absent", operation));
}

detail::Node& Variable::node() const {
  if (node_ == nullptr) throw Error("an absent Variable has no value");
  if (node_->generation != generation_) {
    throw Error(
        fmt::format("a Variable of an earlier step was used: its value is gone "
                    "(step {}, now {})",
                    generation_, node_->generation));
  }
  return *node_;
}

const Tensor& Variable::value() const {
  static const Tensor absent;
  return node_ == nullptr ? absent : node().value;
}

const Shape& Variable::shape() const {
  return node().value.shape();
}

bool Variable::needs_gradient() const {
  return node_ != nullptr && node().needs_gradient;
}

Tape& Variable::tape() const {
  if (node().tape == nullptr) throw Error("a parameter was used before its model was built");
  return *node().tape;
}

Stream& Variable::stream() const {
  return tape().stream();
}

const char* Variable::operation() const {
  return node().operation;
}

Variable Variable::source() const {
  return node().source == nullptr ? Variable() : Variable(node().source);
}

void Leaf::bind(Tape& tape, const Tensor& value, const Tensor& gradient) {
  node_->tape = &tape;
  node_->value = value;
  node_->gradient = gradient;
  node_->needs_gradient = static_cast<bool>(gradient);
  auto& leaves = tape.leaves_;
  std::erase(leaves, node_.get());
  if (gradient) leaves.push_back(node_.get());
}

Stream& Gradients::stream() const {
  return tape_.stream();
}

Tensor Gradients::of(const Variable& x) {
  if (!x.needs_gradient()) return {};
  detail::Node& node = x.node();
  if (!node.has_gradient) {
    node.has_gradient = true;
    const bool is_leaf = node.generation == 0;
    if (!is_leaf) node.gradient = Tensor(stream(), node.value.shape());
    return node.gradient;
  }
  pending_.push_back({&node, Tensor(stream(), node.value.shape())});
  return pending_.back().gradient;
}

void Gradients::pass(const Variable& x, const Tensor& gradient) {
  if (!x.needs_gradient()) return;
  detail::Node& node = x.node();
  if (node.has_gradient) {
    pending_.push_back({&node, gradient.reshape(node.value.shape())});
  } else if (node.generation == 0) {
    node.has_gradient = true;
    node.gradient.copy_from(stream(), gradient);
  } else {
    node.has_gradient = node.shares_gradient = true;
    node.gradient = gradient.reshape(node.value.shape());
  }
}

void Gradients::add_pending() {
  for (auto& [node, gradient] : pending_) {
    const Tensor before = node->gradient;
    if (node->shares_gradient) {
      node->gradient = Tensor(stream(), node->value.shape());
      node->shares_gradient = false;
    }
    accumulate(stream(), before, gradient, node->gradient);
  }
  pending_.clear();
}

detail::Node& Tape::new_node(const Tensor& value, const char* operation) {
  if (used_nodes_ == nodes_.size()) nodes_.emplace_back();
  detail::Node& node = nodes_[used_nodes_++];
  node = {.value = value,
          .gradient = {},
          .tape = this,
          .operation = operation,
          .generation = generation_};
  return node;
}

void* Tape::closure_memory(std::size_t size, std::size_t alignment) {
  constexpr std::size_t block_size = std::size_t{64} << 10;
  if (size > block_size) {
    throw Error(fmt::format("a backward function captures {} bytes by value; the limit is {}", size,
                            block_size));
  }
  std::size_t offset = (closure_offset_ + alignment - 1) / alignment * alignment;
  if (closure_block_ < closure_blocks_.size() && offset + size > block_size) {
    ++closure_block_;
    offset = 0;
  }
  if (closure_block_ == closure_blocks_.size()) {
    closure_blocks_.push_back(std::make_unique<std::byte[]>(block_size));
    offset = 0;
  }
  closure_offset_ = offset + size;
  return closure_blocks_[closure_block_].get() + offset;
}

void Tape::clear() {
  gradients_.pending_.clear();
  for (auto record = records_.rbegin(); record != records_.rend(); ++record) {
    record->destroy(record->closure);
  }
  records_.clear();
  for (std::size_t i = 0; i < used_nodes_; ++i) {
    nodes_[i].value = nodes_[i].gradient = {};
    nodes_[i].generation = 0;
  }
  used_nodes_ = closure_block_ = closure_offset_ = 0;
}

void Tape::begin_step() {
  clear();
  ++generation_;
  stream_.arena().rewind();
}

Variable Tape::input(const Tensor& value, bool needs_gradient) {
  detail::Node& node = new_node(value, "");
  node.needs_gradient = needs_gradient && recording_;
  return Variable(&node);
}

void Tape::backward(const Variable& loss) {
  if (loss.shape().rank() != 0) {
    throw Error(fmt::format("backward: the loss must be a scalar, not {}", loss.shape().str()));
  }
  for (detail::Node* leaf : leaves_) leaf->has_gradient = false;
  for (std::size_t i = 0; i < used_nodes_; ++i) nodes_[i].has_gradient = false;

  if (loss.needs_gradient()) {
    const float one = 1;
    const Tensor seed(stream_, {});
    backend_of(stream_.device()).copy(stream_, seed.bytes(), &one, sizeof(one));
    gradients_.pass(loss, seed);
  }
  for (auto record = records_.rbegin(); record != records_.rend(); ++record) {
    detail::Node& output = *record->output;
    if (!output.has_gradient) continue;
    record->run(record->closure, gradients_, output.gradient);
    gradients_.add_pending();
  }
  for (detail::Node* leaf : leaves_) {
    if (!leaf->has_gradient) leaf->gradient.zero(stream_);
  }
}

}  // namespace ravine
