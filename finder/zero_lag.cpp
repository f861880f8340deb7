#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <ravine/finder/zero_lag.h>

namespace ravine {
namespace {

// A normal variable's standard deviation over its median absolute deviation.
constexpr double deviation_per_median = 1.48;

// To each side. The bound keeps the time for very many points from growing with their square.
constexpr std::size_t fewest_neighbours = 5;
constexpr std::size_t most_neighbours = 1000;

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

struct Finite {
  std::vector<double> lr;
  std::vector<double> loss;
};

Finite finite_part(std::span<const double> lr, std::span<const double> loss) {
  Finite finite;
  for (std::size_t i = 0; i < loss.size(); ++i) {
    if (!std::isfinite(loss[i])) continue;
    finite.lr.push_back(lr[i]);
    finite.loss.push_back(loss[i]);
  }
  return finite;
}

// The weight each of the points from `first` on has in the line's value at x[center].
struct LocalWeights {
  std::size_t first = 0;
  std::vector<double> weights;
};

void local_weights(std::span<const double> x, std::size_t center, double share,
                   LocalWeights& local) {
  const std::size_t n = x.size();
  const auto wanted = static_cast<std::size_t>(std::lround(share * static_cast<double>(n)));
  const std::size_t half =
      std::min(std::clamp(wanted, fewest_neighbours, most_neighbours), (n - 1) / 2);
  const std::size_t count = 2 * half + 1;
  local.first = std::min(center > half ? center - half : 0, n - count);
  local.weights.assign(count, 1.0);
  if (half == 0) return;

  const std::span<const double> near = x.subspan(local.first, count);
  // One step beyond the farthest neighbour, which would otherwise weigh nothing.
  const double reach = std::max(x[center] - near.front(), near.back() - x[center]) *
                       static_cast<double>(half + 1) / static_cast<double>(half);
  double sum = 0, sum_d = 0, sum_dd = 0;
  for (std::size_t j = 0; j < count; ++j) {
    const double d = near[j] - x[center];
    const double u = reach > 0 ? std::abs(d) / reach : 0;
    const double v = 1 - u * u * u;
    const double w = v * v * v;
    local.weights[j] = w;
    sum += w;
    sum_d += w * d;
    sum_dd += w * d * d;
  }
  const double determinant = sum * sum_dd - sum_d * sum_d;
  for (std::size_t j = 0; j < count; ++j) {
    const double d = near[j] - x[center];
    local.weights[j] *= determinant > 0 ? (sum_dd - sum_d * d) / determinant : 1 / sum;
  }
}

double nearest_median(const std::vector<double>& values, std::size_t center) {
  const std::size_t first = center > 2 ? center - 2 : 0;
  const std::size_t last = std::min(center + 3, values.size());
  return median({values.begin() + static_cast<std::ptrdiff_t>(first),
                 values.begin() + static_cast<std::ptrdiff_t>(last)});
}

std::vector<double> logs(std::span<const double> lr) {
  std::vector<double> x(lr.size());
  std::transform(lr.begin(), lr.end(), x.begin(), [](double value) { return std::log(value); });
  return x;
}

}  // namespace

std::size_t first_tenth(std::span<const double> lr) {
  const std::size_t n = lr.size();
  std::size_t head = std::min(n, std::max<std::size_t>(3, n / 10));
  if (head <= 3) return head;
  const double limit = std::log(lr.front()) + 0.1 * std::log(lr.back() / lr.front());
  while (head > 3 && std::log(lr[head - 1]) > limit) --head;
  return head;
}

double loss_ceiling(std::span<const double> lr, std::span<const double> loss) {
  const Finite finite = finite_part(lr, loss);
  const std::size_t head = first_tenth(finite.lr);
  if (head == 0) return std::numeric_limits<double>::infinity();
  std::vector<double> steps;
  for (std::size_t i = 1; i < finite.loss.size(); ++i) {
    steps.push_back(std::abs(finite.loss[i] - finite.loss[i - 1]));
  }
  const double noise = deviation_per_median * median(steps) / std::sqrt(2.0);
  const double level =
      std::accumulate(finite.loss.begin(), finite.loss.begin() + static_cast<std::ptrdiff_t>(head),
                      0.0) /
      static_cast<double>(head);
  return level + std::max(0.2 * std::abs(level), 3 * noise);
}

std::vector<double> zero_lag(std::span<const double> lr, std::span<const double> loss,
                             double share) {
  const Finite finite = finite_part(lr, loss);
  const double ceiling = loss_ceiling(lr, loss);
  const std::vector<double> x = logs(finite.lr);

  std::vector<double> smoothed(loss.size(), std::numeric_limits<double>::quiet_NaN());
  LocalWeights local;
  for (std::size_t i = 0, k = 0; i < loss.size(); ++i) {
    if (!std::isfinite(loss[i])) continue;
    local_weights(x, k, share, local);
    const auto near = std::span(finite.loss).subspan(local.first, local.weights.size());
    const double limit = std::max(ceiling, nearest_median(finite.loss, k++));
    smoothed[i] = 0;
    for (std::size_t j = 0; j < near.size(); ++j) {
      smoothed[i] += local.weights[j] * std::min(near[j], limit);
    }
  }
  return smoothed;
}

double residual_noise(std::span<const double> lr, std::span<const double> loss,
                      std::span<const double> smoothed) {
  const double ceiling = loss_ceiling(lr, loss);
  std::vector<double> residuals;
  for (std::size_t i = 0; i < loss.size(); ++i) {
    const double residual = std::min(loss[i], ceiling) - std::min(smoothed[i], ceiling);
    if (std::isfinite(loss[i]) && std::isfinite(residual)) residuals.push_back(std::abs(residual));
  }
  return deviation_per_median * median(residuals);
}

double zero_lag_variance(std::span<const double> lr, std::size_t index) {
  LocalWeights local;
  local_weights(logs(lr), index, zero_lag_share, local);
  return std::inner_product(local.weights.begin(), local.weights.end(), local.weights.begin(), 0.0);
}

}  // namespace ravine
