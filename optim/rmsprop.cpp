#include <fmt/format.h>

#include <ravine/kernels/optim.h>
#include <ravine/optim/option_checks_internal.h>
#include <ravine/optim/rmsprop.h>

namespace ravine {
namespace {

class RmsPropOptimizer : public Optimizer {
 public:
  RmsPropOptimizer(Stream& stream, const ParameterRange& range,
                   std::span<const ParameterGroup> groups, const RMSprop& options)
      : Optimizer(stream, range, groups,
                  {options.learning_rate, options.weight_decay, options.clip}),
        options_(options),
        velocity_(moment("velocity")) {
    checked_share("rho", options.rho);
    checked_share("momentum", options.momentum);
    checked_positive("epsilon", options.epsilon);
    if (options.centered) mean_ = moment("mean");
    if (options.momentum > 0) momentum_ = moment("momentum");
  }

  std::string name() const override { return "RMSprop"; }
  std::string options_text() const override {
    return fmt::format("rho {}, momentum {}, epsilon {}{}", options_.rho, options_.momentum,
                       options_.epsilon, options_.centered ? ", centered" : "");
  }

 private:
  void update(const Part& part) override {
    const kernels::RmsPropConstants constants{.rho = static_cast<float>(options_.rho),
                                              .one_minus_rho = static_cast<float>(1 - options_.rho),
                                              .momentum = static_cast<float>(options_.momentum),
                                              .epsilon = static_cast<float>(options_.epsilon),
                                              .weight_decay = part.weight_decay};
    const auto piece = [&](const Tensor& range) {
      return range ? range.slice(part.offset, part.parameters.shape()) : Tensor();
    };
    kernels::rmsprop_step(stream(), constants, part.rate, part.gradients, part.parameters,
                          piece(velocity_), piece(mean_), piece(momentum_));
  }

  RMSprop options_;
  Tensor velocity_, mean_, momentum_;
};

}  // namespace

std::unique_ptr<Optimizer> RMSprop::make(Stream& stream, const ParameterRange& range,
                                         std::span<const ParameterGroup> groups) const {
  return std::make_unique<RmsPropOptimizer>(stream, range, groups, *this);
}

}  // namespace ravine
