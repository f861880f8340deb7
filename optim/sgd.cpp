#include <fmt/format.h>

#include <ravine/kernels/optim.h>
#include <ravine/optim/option_checks_internal.h>
#include <ravine/optim/sgd.h>

namespace ravine {
namespace {

class SgdOptimizer : public Optimizer {
 public:
  SgdOptimizer(Stream& stream, const ParameterRange& range, std::span<const ParameterGroup> groups,
               const SGD& options)
      : Optimizer(stream, range, groups,
                  {options.learning_rate, options.weight_decay, options.clip}),
        options_(options) {
    checked_share("momentum", options.momentum);
    if (options.momentum > 0) velocity_ = moment("velocity");
  }

  std::string name() const override { return "SGD"; }
  std::string options_text() const override {
    return fmt::format("momentum {}{}", options_.momentum, options_.nesterov ? ", nesterov" : "");
  }

 private:
  void update(const Part& part) override {
    const kernels::SgdConstants constants{.momentum = static_cast<float>(options_.momentum),
                                          .nesterov = options_.nesterov,
                                          .weight_decay = part.weight_decay};
    const Tensor velocity =
        velocity_ ? velocity_.slice(part.offset, part.parameters.shape()) : Tensor();
    kernels::sgd_step(stream(), constants, part.rate, part.gradients, part.parameters, velocity);
  }

  SGD options_;
  Tensor velocity_;
};

}  // namespace

std::unique_ptr<Optimizer> SGD::make(Stream& stream, const ParameterRange& range,
                                     std::span<const ParameterGroup> groups) const {
  return std::make_unique<SgdOptimizer>(stream, range, groups, *this);
}

}  // namespace ravine
