#include <cstring>

#include <fmt/format.h>

#include <ravine/core/device_backend.h>
#include <ravine/core/error.h>
#include <ravine/core/stream.h>
#include <ravine/core/tensor.h>

namespace ravine {

std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::u8:
      return 1;
    case DType::f32:
    case DType::i32:
      return 4;
    case DType::i64:
      break;
  }
  return 8;
}

const char* to_string(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return "f32";
    case DType::u8:
      return "u8";
    case DType::i32:
      return "i32";
    case DType::i64:
      break;
  }
  return "i64";
}

Tensor::Tensor(Stream& stream, const Shape& shape, DType dtype)
    : shape_(shape), device_(stream.device()), dtype_(dtype) {
  StepArena::Allocation allocation = stream.arena().allocate(size_bytes());
  data_ = allocation.data;
  memory_ = std::move(allocation.memory);
  generation_counter_ = stream.arena().generation_counter();
  generation_ = *generation_counter_;
}

Tensor Tensor::persistent(Stream& stream, const Shape& shape, DType dtype) {
  Tensor tensor;
  tensor.shape_ = shape;
  tensor.device_ = stream.device();
  tensor.dtype_ = dtype;
  auto memory = std::make_shared<const Memory>(stream.device(), tensor.size_bytes());
  tensor.data_ = memory->data();
  tensor.memory_ = std::move(memory);
  tensor.zero(stream);
  return tensor;
}

Tensor Tensor::from_bytes(Stream& stream, const Shape& shape, DType dtype, const void* values,
                          std::size_t count) {
  const Tensor tensor = persistent(stream, shape, dtype);
  tensor.copy_from_host(stream, dtype, values, count);
  return tensor;
}

Tensor Tensor::borrow_bytes(const Shape& shape, DType dtype, const void* values, std::size_t count,
                            std::shared_ptr<const void> owner) {
  if (count != static_cast<std::size_t>(shape.elements())) {
    throw Error(fmt::format("borrow: {} host values as {}", count, shape.str()));
  }
  Tensor tensor;
  tensor.shape_ = shape;
  tensor.dtype_ = dtype;
  tensor.memory_ = std::move(owner);
  tensor.data_ = const_cast<void*>(values);
  return tensor;
}

Tensor Tensor::reshape(const Shape& shape) const {
  if (shape.elements() != elements()) {
    throw Error(fmt::format("reshape: {} has {} elements, {} has {}", shape_.str(), elements(),
                            shape.str(), shape.elements()));
  }
  Tensor other = *this;
  other.shape_ = shape;
  return other;
}

Tensor Tensor::slice(std::int64_t offset, const Shape& shape) const {
  if (offset < 0 || shape.elements() > elements() || offset > elements() - shape.elements()) {
    throw Error(fmt::format("slice: {} elements from {} on do not fit into {}", shape.elements(),
                            offset, shape_.str()));
  }
  Tensor other = *this;
  other.shape_ = shape;
  if (!device_.is_dry()) {
    other.data_ =
        static_cast<std::byte*>(data_) + static_cast<std::size_t>(offset) * size_of(dtype_);
  }
  return other;
}

Tensor Tensor::clone(Stream& stream) const {
  const Tensor copy = persistent(stream, shape_, dtype_);
  copy.copy_from(stream, *this);
  return copy;
}

void Tensor::copy_to_host(Stream& stream, DType dtype, void* values) const {
  if (dtype != dtype_) fail_dtype(dtype);
  backend_of(device_).copy(stream, values, bytes(), size_bytes());
  stream.synchronise();
}

void Tensor::copy_from(Stream& stream, const Tensor& source) const {
  if (source.dtype_ != dtype_) fail_dtype(source.dtype_);
  if (source.elements() != elements()) {
    throw Error(fmt::format("copy: {} into {}", source.shape_.str(), shape_.str()));
  }
  backend_of(device_).copy(stream, bytes(), source.bytes(), size_bytes());
}

void Tensor::copy_from_host(Stream& stream, DType dtype, const void* values,
                            std::size_t count) const {
  if (dtype != dtype_) fail_dtype(dtype);
  if (count != static_cast<std::size_t>(elements())) {
    throw Error(fmt::format("copy: {} host values into {}", count, shape_.str()));
  }
  backend_of(device_).copy(stream, bytes(), values, size_bytes());
  stream.synchronise();  // the caller's memory may go away
}

void Tensor::zero(Stream& stream) const {
  backend_of(device_).fill(stream, bytes(), 0, size_bytes());
}

void Tensor::fail_dtype(DType asked) const {
  throw Error(fmt::format("tensor {} holds {}, asked for {}", shape_.str(), to_string(dtype_),
                          to_string(asked)));
}

void Tensor::fail_item() const {
  throw Error(fmt::format("item: tensor {} has {} elements, not one", shape_.str(), elements()));
}

void Tensor::fail_stale() const {
  throw Error(fmt::format(
      "tensor {} was made in step {} and its memory belongs to step {} now; clone() keeps a value",
      shape_.str(), generation_, *generation_counter_));
}

}  // namespace ravine
