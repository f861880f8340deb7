#include <limits>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/core/random.h>
#include <ravine/data/epoch_order.h>

namespace ravine::data {

std::vector<std::int32_t> epoch_order(std::uint64_t seed, std::uint32_t epoch, std::int64_t samples,
                                      bool shuffle) {
  if (samples < 0 || samples > std::numeric_limits<std::int32_t>::max()) {
    throw Error(fmt::format("epoch_order: {} samples; expected 0 to 2147483647", samples));
  }
  std::vector<std::int32_t> order(static_cast<std::size_t>(samples));
  std::iota(order.begin(), order.end(), 0);
  if (!shuffle) return order;
  RandomSequence random(seed, RandomUse::shuffle, epoch);
  for (std::size_t left = order.size(); left > 1; --left) {
    std::swap(order[left - 1], order[random.below(static_cast<std::uint32_t>(left))]);
  }
  return order;
}

}  // namespace ravine::data
