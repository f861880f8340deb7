#pragma once

#include <cstdint>
#include <vector>

namespace ravine::data {

/// The order in which an epoch visits `samples` samples: a permutation of 0 … samples − 1.
///
/// A function of its arguments alone, the same on every machine; without `shuffle` in file order.
/// Throws  Error when samples is not in [0, 2³¹).
/// Source  Fisher and Yates, as in Knuth's algorithm P, on Philox words.
std::vector<std::int32_t> epoch_order(std::uint64_t seed, std::uint32_t epoch, std::int64_t samples,
                                      bool shuffle = true);

}  // namespace ravine::data
