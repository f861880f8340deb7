#pragma once

#include <cmath>
#include <vector>

#include <ravine/core/random.h>
#include <ravine/kernels/dropout.h>

namespace ravine::test::reference {

inline std::vector<double> dropout(const kernels::DropoutRandom& random, std::int64_t step,
                                   const std::vector<double>& x) {
  const auto threshold = static_cast<std::uint64_t>(std::ceil(random.rate * 4294967296.0));
  std::vector<double> y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto words = philox(
        {static_cast<std::uint32_t>(i / 4), static_cast<std::uint32_t>(step), random.stream, 0},
        {static_cast<std::uint32_t>(random.seed & 0xffffffff),
         static_cast<std::uint32_t>(random.seed >> 32)});
    y.push_back(std::uint64_t{words[i % 4]} >= threshold ? x[i] / (1 - random.rate) : 0);
  }
  return y;
}

}  // namespace ravine::test::reference
