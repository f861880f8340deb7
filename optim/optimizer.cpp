#include <cmath>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/kernels/gather.h>
#include <ravine/kernels/optim.h>
#include <ravine/kernels/reduce.h>
#include <ravine/optim/optimizer.h>

namespace ravine {
namespace {

void require_limit(const char* name, const std::optional<double>& limit) {
  if (limit && !(std::isfinite(*limit) && *limit > 0)) {
    throw Error(fmt::format("clipping: a {} of {} is not above 0", name, *limit));
  }
}

void check(const Clipping& clip) {
  require_limit("value", clip.value);
  require_limit("norm", clip.norm);
  require_limit("global_norm", clip.global_norm);
  if (clip.value.has_value() + clip.norm.has_value() + clip.global_norm.has_value() > 1) {
    throw Error("clipping: only one of value, norm and global_norm can be set");
  }
}

double checked_decay(double weight_decay) {
  if (!(std::isfinite(weight_decay) && weight_decay >= 0)) {
    throw Error(fmt::format("a weight decay of {} is not a number from 0 on", weight_decay));
  }
  return weight_decay;
}

std::size_t group_of(const std::string& name, std::span<const ParameterGroup> groups) {
  std::size_t index = 0;
  while (index < groups.size() && !name.starts_with(groups[index].prefix)) ++index;
  return index;
}

}  // namespace

Optimizer::Optimizer(Stream& stream, const ParameterRange& range,
                     std::span<const ParameterGroup> groups, const Setup& setup)
    : stream_(stream),
      range_(range),
      clip_(setup.clip),
      base_rate_(setup.learning_rate),
      step_(stream, 0),
      squares_(Tensor::persistent(stream, {})) {
  check(clip_);
  for (const ParameterGroup& group : groups) {
    const double decay = checked_decay(group.weight_decay.value_or(setup.weight_decay));
    groups_.push_back({.rate = LearningRate(stream, base_rate_ * group.rate_multiplier),
                       .multiplier = group.rate_multiplier,
                       .weight_decay = static_cast<float>(decay)});
  }
  groups_.push_back({.rate = LearningRate(stream, base_rate_),
                     .multiplier = 1,
                     .weight_decay = static_cast<float>(checked_decay(setup.weight_decay))});

  // One launch for each run of segments of one group, the gaps between them included.
  const auto& segments = range_.segments;
  for (std::size_t first = 0; first < segments.size();) {
    const std::size_t group = group_of(segments[first].name, groups);
    std::size_t last = first;
    while (last + 1 < segments.size() && group_of(segments[last + 1].name, groups) == group) ++last;
    const std::int64_t offset = segments[first].offset;
    const Shape shape{segments[last].offset + segments[last].count - offset};
    parts_.push_back({.rate = groups_[group].rate.tensor(),
                      .step = step_.tensor(),
                      .weight_decay = groups_[group].weight_decay,
                      .parameters = range_.parameters.slice(offset, shape),
                      .gradients = range_.gradients.slice(offset, shape),
                      .offset = offset});
    first = last + 1;
  }
}

Tensor Optimizer::moment(std::string name) {
  moments_.push_back({std::move(name), Tensor::persistent(stream_, range_.parameters.shape())});
  return moments_.back().tensor;
}

void Optimizer::clip() {
  const Tensor& gradients = range_.gradients;
  if (clip_.value) kernels::clip_by_value(stream_, static_cast<float>(*clip_.value), gradients);
  if (clip_.norm) {
    for (const ParameterRange::Segment& segment : range_.segments) {
      const Tensor part = gradients.slice(segment.offset, {segment.count});
      kernels::sum_squares(stream_, 1, part, squares_);
      kernels::clip_by_norm(stream_, static_cast<float>(*clip_.norm), squares_, part);
    }
  }
  if (clip_.global_norm) {
    kernels::sum_squares(stream_, 1, gradients, squares_);
    kernels::clip_by_norm(stream_, static_cast<float>(*clip_.global_norm), squares_, gradients);
  }
}

void Optimizer::step() {
  kernels::advance(stream_, 1, step_.tensor());
  clip();
  for (const Part& part : parts_) update(part);
}

void Optimizer::set_learning_rate(double rate) {
  for (Group& group : groups_) group.rate.set(rate * group.multiplier);
  base_rate_ = rate;
}

void Optimizer::collect(State& state) {
  for (const Moment& moment : moments_) state.add("optimizer/" + moment.name, moment.tensor);
  state.add("optimizer/step", step_.tensor());
  state.add("optimizer/rate", base_rate_);
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    groups_[i].rate.collect(state, fmt::format("optimizer/rate/{}", i));
  }
}

}  // namespace ravine
