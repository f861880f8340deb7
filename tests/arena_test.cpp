#include <algorithm>
#include <cstring>

#include <ravine/core/arena.h>

#include "lab.h"

using namespace ravine;
using namespace ravine::test;

namespace {

constexpr std::size_t sizes[] = {1, 64, 1000, 65, 3 << 20, 12345, 900000, 0, 7};

std::vector<std::byte*> one_step(StepArena& arena) {
  std::vector<std::byte*> addresses;
  for (const std::size_t size : sizes) addresses.push_back(arena.allocate(size).data);
  return addresses;
}

}  // namespace

TEST_CASE("after a rewind the n-th request gets the n-th address") {
  StepArena arena(Device::cpu());
  one_step(arena);
  arena.rewind();
  const std::vector<std::byte*> second = one_step(arena);
  for (int step = 0; step < 3; ++step) {
    arena.rewind();
    CHECK(one_step(arena) == second);
  }
}

TEST_CASE("requests are aligned and do not overlap, growing over blocks or not") {
  StepArena arena(Device::cpu());
  for (int step = 0; step < 2; ++step) {
    std::vector<StepArena::Allocation> live;
    unsigned char mark = 1;
    for (const std::size_t size : sizes) {
      live.push_back(arena.allocate(size));
      CHECK(reinterpret_cast<std::uintptr_t>(live.back().data) % 64 == 0);
      std::memset(live.back().data, mark++, size);
    }
    mark = 1;
    for (std::size_t i = 0; i < live.size(); ++i, ++mark) {
      const std::byte* data = live[i].data;
      CHECK(std::all_of(data, data + sizes[i], [&](std::byte b) { return b == std::byte{mark}; }));
    }
    arena.rewind();
  }
}

TEST_CASE("the high-water mark is the most that any step has had") {
  StepArena arena(Device::cpu());
  arena.allocate(100);
  CHECK(arena.used() == 128);
  arena.allocate(1000);
  CHECK(arena.used() == 128 + 1024);
  arena.rewind();
  CHECK(arena.used() == 0);
  arena.allocate(64);
  CHECK(arena.used() == 64);
  CHECK(arena.high_water() == 128 + 1024);
}

TEST_CASE("a release gives back what came after the mark, in a later block too") {
  StepArena arena(Device::cpu());
  const std::byte* first = arena.allocate(1000).data;
  const StepArena::Mark mark = arena.mark();
  const std::byte* second = arena.allocate(1000).data;
  arena.allocate(8 << 20);  // more than the first block holds
  arena.release(mark);
  CHECK(arena.used() == 1024);
  CHECK(arena.allocate(1000).data == second);
  CHECK(second != first);
  CHECK(arena.high_water() == 2 * 1024 + (std::size_t{8} << 20));
}

TEST_CASE("scratch memory is free again at the end of its life, in the order of a stack") {
  Stream stream(Device::cpu());
  const std::size_t before = stream.arena().used();
  const void* address = nullptr;
  {
    const Scratch outer(stream, 256);
    address = outer.as<float>();
    const Scratch inner(stream, 256);
    CHECK(inner.as<float>() >= outer.as<float>() + 64);
    CHECK(stream.arena().used() == before + 512);
  }
  CHECK(stream.arena().used() == before);
  CHECK(Scratch(stream, 16).as<float>() == address);
}

TEST_CASE("every rewind begins another generation") {
  StepArena arena(Device::cpu());
  const auto counter = arena.generation_counter();
  const std::uint64_t first = arena.generation();
  arena.rewind();
  CHECK(arena.generation() == first + 1);
  CHECK(*counter == first + 1);
}

TEST_CASE("a poisoned arena hands out NaN, where an old step wrote too") {
  Stream stream(Device::cpu());
  Tensor(stream, {100}).zero(stream);
  stream.arena().rewind();
  stream.arena().poison(true);
  for (const float value : Tensor(stream, {100}).to_host(stream)) CHECK(std::isnan(value));
}

TEST_CASE("memory of an outgrown block stays as long as a request of it is held") {
  StepArena arena(Device::cpu());
  const StepArena::Allocation kept = arena.allocate(1000);
  std::memset(kept.data, 7, 1000);
  arena.allocate(8 << 20);
  arena.rewind();  // one block of the full size takes the place of both
  std::memset(arena.allocate(9 << 20).data, 1, 9 << 20);
  CHECK(std::all_of(kept.data, kept.data + 1000, [](std::byte b) { return b == std::byte{7}; }));
}
