#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

/// The operations of kernels/norm.h as plain loops in double: what they shall compute.
namespace ravine::test::reference {

using Doubles = std::vector<double>;

struct ChannelStatistics {
  Doubles mean, variance;
};

inline ChannelStatistics channel_statistics(const Doubles& x, std::size_t channels) {
  const double rows = static_cast<double>(x.size() / channels);
  ChannelStatistics result{Doubles(channels), Doubles(channels)};
  for (std::size_t i = 0; i < x.size(); ++i) result.mean[i % channels] += x[i] / rows;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double d = x[i] - result.mean[i % channels];
    result.variance[i % channels] += d * d / rows;
  }
  return result;
}

/// gamma·(x − mean)/√(variance + epsilon) + beta with the statistics given.
inline Doubles batch_norm(const Doubles& x, const ChannelStatistics& statistics,
                          const Doubles& gamma, const Doubles& beta, double epsilon) {
  Doubles y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = i % gamma.size();
    y[i] = gamma[c] * (x[i] - statistics.mean[c]) / std::sqrt(statistics.variance[c] + epsilon) +
           beta[c];
  }
  return y;
}

struct BatchNormGradients {
  Doubles dx, dgamma, dbeta;
};

/// `frozen`: the statistics do not depend on x.
inline BatchNormGradients batch_norm_backward(const Doubles& dy, const Doubles& x,
                                              const ChannelStatistics& statistics,
                                              const Doubles& gamma, double epsilon, bool frozen) {
  const std::size_t channels = gamma.size();
  const double rows = static_cast<double>(x.size() / channels);
  BatchNormGradients result{Doubles(x.size()), Doubles(channels), Doubles(channels)};
  const auto inverse = [&](std::size_t c) {
    return 1 / std::sqrt(statistics.variance[c] + epsilon);
  };
  const auto normal = [&](std::size_t i) {
    return (x[i] - statistics.mean[i % channels]) * inverse(i % channels);
  };
  for (std::size_t i = 0; i < x.size(); ++i) {
    result.dgamma[i % channels] += dy[i] * normal(i);
    result.dbeta[i % channels] += dy[i];
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = i % channels;
    const double through_statistics =
        frozen ? 0 : (result.dbeta[c] + normal(i) * result.dgamma[c]) / rows;
    result.dx[i] = gamma[c] * inverse(c) * (dy[i] - through_statistics);
  }
  return result;
}

}  // namespace ravine::test::reference
