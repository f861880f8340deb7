#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace ravine::test::reference {

inline std::vector<double> sum_rows(const std::vector<double>& x, std::size_t channels) {
  std::vector<double> y(channels);
  for (std::size_t i = 0; i < x.size(); ++i) y[i % channels] += x[i];
  return y;
}

/// Rows whose largest element, the first of equals, stands at the label; rows with NaN never.
inline std::int64_t count_correct(const std::vector<double>& x,
                                  const std::vector<std::int32_t>& labels) {
  const std::size_t classes = labels.empty() ? 1 : x.size() / labels.size();
  std::int64_t count = 0;
  for (std::size_t n = 0; n < labels.size(); ++n) {
    const double* row = x.data() + n * classes;
    std::size_t largest = 0;
    bool has_nan = false;
    for (std::size_t c = 0; c < classes; ++c) {
      if (row[c] > row[largest]) largest = c;
      has_nan = has_nan || std::isnan(row[c]);
    }
    if (classes == 1) largest = row[0] >= 0.5 ? 1 : 0;
    if (!has_nan && static_cast<std::int64_t>(largest) == labels[n]) ++count;
  }
  return count;
}

}  // namespace ravine::test::reference
