#include <cmath>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/optim/learning_rate.h>

namespace ravine {
namespace {

double checked(double rate) {
  if (!(std::isfinite(rate) && rate >= 0)) {
    throw Error(fmt::format("a learning rate of {} is not a number from 0 on", rate));
  }
  return rate;
}

}  // namespace

LearningRate::LearningRate(Stream& stream, double rate)
    : stream_(stream), rate_(checked(rate)), scalar_(stream, static_cast<float>(rate)) {}

void LearningRate::set(double rate) {
  rate_ = checked(rate);
  scalar_.set(stream_, static_cast<float>(rate));
}

void LearningRate::collect(State& state, const std::string& name) {
  state.add(name, scalar_.tensor());
  state.add(name + "/host", rate_);
}

}  // namespace ravine
