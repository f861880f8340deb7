#include "allocations.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<long> count = 0;

void* counted(std::size_t size, std::size_t alignment) {
  ++count;
  const std::size_t rounded =
      (std::max<std::size_t>(size, 1) + alignment - 1) / alignment * alignment;
  void* data = std::aligned_alloc(alignment, rounded);
  if (data == nullptr) throw std::bad_alloc();
  return data;
}

// Not inlined: g++ would see memory of operator new go to free and warn.
[[gnu::noinline]] void released(void* data) noexcept {
  std::free(data);
}

constexpr std::size_t usual = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

}  // namespace

long ravine::test::allocations() {
  return count;
}

// Counts what C++ code allocates; for the whole test program, since there is one operator new.
void* operator new(std::size_t size) {
  return counted(size, usual);
}
void* operator new[](std::size_t size) {
  return counted(size, usual);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
// These too, or a sanitizer's own would meet our operator delete (std::stable_sort allocates so).
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++count;
  return std::malloc(size > 0 ? size : 1);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  ++count;
  return std::malloc(size > 0 ? size : 1);
}
void operator delete(void* data) noexcept {
  released(data);
}
void operator delete[](void* data) noexcept {
  released(data);
}
void operator delete(void* data, std::size_t) noexcept {
  released(data);
}
void operator delete[](void* data, std::size_t) noexcept {
  released(data);
}
void operator delete(void* data, std::align_val_t) noexcept {
  released(data);
}
void operator delete[](void* data, std::align_val_t) noexcept {
  released(data);
}
void operator delete(void* data, std::size_t, std::align_val_t) noexcept {
  released(data);
}
void operator delete[](void* data, std::size_t, std::align_val_t) noexcept {
  released(data);
}
