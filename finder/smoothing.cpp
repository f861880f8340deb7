#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/finder/numbers_internal.h>
#include <ravine/finder/smoothing.h>
#include <ravine/finder/zero_lag.h>

namespace ravine {

Smoothing Smoothing::ema(double beta) {
  if (!(beta >= 0 && beta < 1)) {
    throw Error(
        fmt::format("smoothing: β is {}, and must be at least 0 and below 1", shortest(beta)));
  }
  return Smoothing(Kind::ema, beta);
}

Smoothing Smoothing::named(std::string_view name) {
  if (name == "ravine") return ravine();
  if (name == "keras") return keras();
  if (name == "fastai") return fastai();
  if (name == "none") return none();
  double beta = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), beta);
  if (error != std::errc{} || end != name.data() + name.size()) {
    throw Error(fmt::format(
        "smoothing: \"{}\" is none of ravine, keras, fastai, none, nor a number such as 0.95",
        name));
  }
  return ema(beta);
}

std::string Smoothing::name() const {
  switch (kind_) {
    case Kind::zero_lag:
      return "ravine";
    case Kind::keras:
      return "keras";
    case Kind::fastai:
      return "fastai";
    case Kind::none:
      return "none";
    case Kind::ema:
      break;
  }
  return shortest(beta_);
}

std::string Smoothing::description() const {
  if (kind_ == Kind::zero_lag) return "zero-lag local regression over the log of the rate";
  if (kind_ == Kind::none) return "none, raw losses";
  const char* const whose = kind_ == Kind::keras ? " as the Keras callback" : "";
  return fmt::format("debiased moving average, β = {}{}", shortest(beta_),
                     kind_ == Kind::fastai ? " as fastai" : whose);
}

std::vector<double> Smoothing::operator()(std::span<const double> lr,
                                          std::span<const double> loss) const {
  if (lr.size() != loss.size()) {
    throw Error(fmt::format("smoothing: {} rates but {} losses", lr.size(), loss.size()));
  }
  if (kind_ == Kind::zero_lag) return zero_lag(lr, loss);

  std::vector<double> smoothed(loss.begin(), loss.end());
  RunningAverage average(kind_, beta_);
  for (double& value : smoothed) {
    if (!std::isfinite(value)) {
      value = std::numeric_limits<double>::quiet_NaN();
    } else if (kind_ != Kind::none) {
      value = average.observe(value);
    }
  }
  return smoothed;
}

double RunningAverage::observe(double loss) {
  ++count_;
  if (kind_ == Smoothing::Kind::fastai) {
    // torch.lerp(loss, average, 0.98) for a weight of at least one half, in its float32.
    const auto value = static_cast<float>(loss);
    const auto beta = static_cast<float>(beta_);
    const auto sum = static_cast<float>(sum_);
    sum_ = sum - (sum - value) * (1.0F - beta);
    return static_cast<float>(sum_) / static_cast<float>(1.0 - std::pow(beta_, count_));
  }
  sum_ = beta_ * sum_ + (1.0 - beta_) * loss;
  return sum_ / (1.0 - std::pow(beta_, count_));
}

}  // namespace ravine
