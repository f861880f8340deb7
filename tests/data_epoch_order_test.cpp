#include <algorithm>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/core/error.h>
#include <ravine/data/epoch_order.h>

using namespace ravine;
using Order = std::vector<std::int32_t>;

TEST_CASE("an epoch visits every sample once") {
  for (const std::int64_t samples : {0, 1, 2, 3, 100, 60000}) {
    Order order = data::epoch_order(7, 3, samples);
    std::ranges::sort(order);
    Order all(static_cast<std::size_t>(samples));
    std::iota(all.begin(), all.end(), 0);
    CHECK(order == all);
  }
}

TEST_CASE("the order is a function of seed and epoch, the same on every machine") {
  CHECK(data::epoch_order(42, 0, 8) == Order{4, 3, 5, 6, 0, 7, 1, 2});
  CHECK(data::epoch_order(42, 1, 8) == Order{5, 1, 3, 2, 4, 0, 6, 7});
  CHECK(data::epoch_order(std::uint64_t{42} << 32, 0, 8) == Order{3, 0, 1, 6, 2, 4, 7, 5});
}

TEST_CASE("epochs and seeds differ in order") {
  const Order order = data::epoch_order(1, 0, 1000);
  CHECK(order == data::epoch_order(1, 0, 1000));
  CHECK(order != data::epoch_order(1, 1, 1000));
  CHECK(order != data::epoch_order(2, 0, 1000));
}

TEST_CASE("every order of a few samples is about equally likely") {
  std::vector<int> counts(6);
  for (std::uint32_t epoch = 0; epoch < 6000; ++epoch) {
    const Order order = data::epoch_order(9, epoch, 3);
    ++counts[static_cast<std::size_t>(2 * order[0] + (order[1] > order[2]))];
  }
  // The deviation of a count is 29.
  for (const int count : counts) CHECK(std::abs(count - 1000) < 150);
}

TEST_CASE("without shuffling the order is that of the file") {
  CHECK(data::epoch_order(5, 2, 4, false) == Order{0, 1, 2, 3});
}

TEST_CASE("an impossible number of samples is refused") {
  CHECK_THROWS_WITH_AS(data::epoch_order(0, 0, -1),
                       "epoch_order: -1 samples; expected 0 to 2147483647", Error);
  CHECK_THROWS_AS(data::epoch_order(0, 0, std::int64_t{1} << 31), Error);
}
