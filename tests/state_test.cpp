#include <cstring>

#include <ravine/core/state.h>

#include "lab.h"

using namespace ravine;
using namespace ravine::test;

namespace {

struct Settings {
  double rate;
  std::int64_t step;
  bool done;
};

}  // namespace

TEST_CASE("a snapshot puts tensors and host values back bit for bit, any number of times") {
  for (const Device device : devices()) {
    INFO(device.str());
    Lab lab(device);
    const Tensor weights = lab.random({33, 7}), step = lab.tensor({}, std::vector<std::int64_t>{9});
    const Tensor bytes = lab.poisoned({5}, DType::u8), nans = lab.poisoned({3});
    Settings settings{0.125, std::int64_t{1} << 40, true};
    int epoch = 4;
    const std::vector<float> before = lab.host(weights);

    State state;
    state.add("weights", weights);
    state.add("step", step);
    state.add("bytes", bytes);
    state.add("nans", nans);
    state.add("settings", settings);
    state.add("epoch", epoch);
    const Snapshot snapshot(lab.stream, state);

    for (int round = 0; round < 3; ++round) {
      for (const Tensor& tensor : {weights, step, bytes, nans}) tensor.zero(lab.stream);
      settings = {2, 3, false};
      epoch = 100;
      snapshot.restore();
      check_equal(lab.host(weights), before);
      CHECK(lab.host<std::int64_t>(step).front() == 9);
      check_equal(lab.host<std::uint8_t>(bytes), std::vector<int>(5, 255));
      const std::vector<float> payload = lab.host(nans);
      const std::vector<unsigned char> all_set(payload.size() * sizeof(float), 0xFF);
      CHECK(std::memcmp(payload.data(), all_set.data(), all_set.size()) == 0);
      CHECK(settings.rate == 0.125);
      CHECK(settings.step == std::int64_t{1} << 40);
      CHECK(settings.done);
      CHECK(epoch == 4);
    }
  }
}

TEST_CASE("a snapshot does not move with the state") {
  Lab lab;
  const Tensor x = lab.tensor({2}, std::vector<float>{1, 2});
  State state;
  state.add("x", x);
  const Snapshot early(lab.stream, state);
  x.copy_from_host<float>(lab.stream, std::vector<float>{3, 4});
  const Snapshot late(lab.stream, state);
  early.restore();
  check_equal(lab.host(x), std::vector<float>{1, 2});
  late.restore();
  check_equal(lab.host(x), std::vector<float>{3, 4});
}

TEST_CASE("a state lists its entries by name, in the order they were added") {
  Lab lab;
  int value = 3;
  State state;
  state.add("b", lab.random({2}));
  state.add("a", lab.random({3}));
  state.add("value", value);
  REQUIRE(state.tensors().size() == 2);
  CHECK(state.tensors()[0].name == "b");
  CHECK(state.tensors()[1].tensor.shape() == Shape{3});
  REQUIRE(state.values().size() == 1);
  CHECK(state.values()[0].data == &value);
  CHECK(state.values()[0].size == sizeof(int));
}

TEST_CASE("parts of one range are restored each in its place") {
  Lab lab;
  const Tensor range = lab.tensor({6}, std::vector<float>{1, 2, 3, 4, 5, 6});
  State state;
  state.add("end", range.slice(4, {2}));
  state.add("begin", range.slice(0, {2}));
  const Snapshot snapshot(lab.stream, state);
  range.zero(lab.stream);
  snapshot.restore();
  check_equal(lab.host(range), std::vector<float>{1, 2, 0, 0, 5, 6});
}
