#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include <ravine/finder/numbers_internal.h>
#include <ravine/finder/svg_axis_internal.h>
#include <ravine/finder/svg_text_internal.h>

namespace ravine {
namespace {

std::string power_of_ten(int exponent) {
  // A minus sign as wide as a digit, not a hyphen.
  const std::string sign = exponent < 0 ? "−" : "";
  return fmt::format(R"(10<tspan dy="-5" font-size="9">{}{}</tspan>)", sign, std::abs(exponent));
}

}  // namespace

std::vector<Tick> rate_ticks(double low, double high) {
  const int first = static_cast<int>(std::floor(std::log10(low)));
  const int last = static_cast<int>(std::ceil(std::log10(high)));
  const double decades = std::log10(high / low);
  const int stride = std::max(1, static_cast<int>(std::ceil(decades / 20)));
  const bool label_between = decades < 2.5;

  std::vector<Tick> ticks;
  for (int exponent = first; exponent <= last; ++exponent) {
    for (int digit = 1; digit <= 9; ++digit) {
      Tick tick{.value = digit * std::pow(10.0, exponent), .decade = digit == 1};
      if (tick.value < low * (1 - 1e-9) || tick.value > high * (1 + 1e-9)) continue;
      if (tick.decade && exponent % stride == 0) tick.label = power_of_ten(exponent);
      if (label_between && (digit == 2 || digit == 5)) tick.label = rate_text(tick.value);
      ticks.push_back(tick);
    }
  }
  return ticks;
}

std::vector<Tick> loss_ticks(double low, double high) {
  const double rough = (high - low) / 5.5;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  constexpr std::array<double, 4> round_steps{1, 2, 5, 10};
  const double step =
      power * *std::min_element(round_steps.begin(), round_steps.end(), [&](double a, double b) {
        return std::abs(std::log(a * power / rough)) < std::abs(std::log(b * power / rough));
      });

  const double largest = std::max(std::abs(low), std::abs(high));
  const bool scientific = largest >= 1e5 || largest < 1e-3;
  const int digits = std::max(1, 1 + static_cast<int>(std::floor(std::log10(largest)) -
                                                      std::floor(std::log10(step) + 1e-9)));
  const int decimals = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
  std::vector<Tick> ticks;
  for (double k = std::ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; ++k) {
    if (ticks.size() == 20) break;  // a step below the rounding of the values would never end
    const double value = k == 0 ? 0 : k * step;  // no −0
    std::string label = scientific ? rounded(value, digits) : fixed(value, decimals);
    if (label.front() == '-') label.replace(0, 1, "−");
    ticks.push_back({.value = value, .label = label});
  }
  return ticks;
}

std::string draw_grid(const Plot& plot) {
  std::string lines;
  for (const Tick& tick : rate_ticks(plot.low_lr, plot.high_lr)) {
    if (!tick.decade) continue;
    lines +=
        fmt::format("M{},{}V{}", pixels(plot.x(tick.value)), pixels(plot.top), pixels(plot.bottom));
  }
  for (const Tick& tick : loss_ticks(plot.low_loss, plot.high_loss)) {
    lines +=
        fmt::format("M{},{}H{}", pixels(plot.left), pixels(plot.y(tick.value)), pixels(plot.right));
  }
  return fmt::format("<path class=\"rv-grid\" d=\"{}\" fill=\"none\" stroke=\"#e6e9ed\"/>\n",
                     lines);
}

std::string draw_axes(const Plot& plot, bool with_losses) {
  std::string ticks, labels;
  for (const Tick& tick : rate_ticks(plot.low_lr, plot.high_lr)) {
    const double x = plot.x(tick.value);
    ticks += fmt::format("M{},{}v{}", pixels(x), pixels(plot.bottom), tick.decade ? "7" : "4");
    if (tick.label.empty()) continue;
    labels += text(x, plot.bottom + 22, "text-anchor=\"middle\"", tick.label);
  }
  for (const Tick& tick : loss_ticks(plot.low_loss, plot.high_loss)) {
    if (!with_losses) break;
    labels += text(plot.left - 9, plot.y(tick.value) + 4, "text-anchor=\"end\"", tick.label);
  }
  labels += text((plot.left + plot.right) / 2, plot.bottom + 44,
                 "font-size=\"13\" text-anchor=\"middle\"", "learning rate");
  return fmt::format(
      "<path class=\"rv-tick\" d=\"{0}\" fill=\"none\" stroke=\"#8c959f\"/>\n"
      "<path class=\"rv-axis\" d=\"M{1},{2}V{3}H{4}\" fill=\"none\" stroke=\"#8c959f\"/>\n"
      "<g font-size=\"12\" {5}>\n{6}<text transform=\"translate(20 {7}) rotate(-90)\" "
      "font-size=\"13\" text-anchor=\"middle\">loss</text>\n</g>\n",
      ticks, pixels(plot.left), pixels(plot.top), pixels(plot.bottom), pixels(plot.right), quiet,
      labels, pixels((plot.top + plot.bottom) / 2));
}

}  // namespace ravine
