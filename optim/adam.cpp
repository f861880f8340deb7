#include <cmath>

#include <fmt/format.h>

#include <ravine/kernels/optim.h>
#include <ravine/optim/adam.h>
#include <ravine/optim/option_checks_internal.h>

namespace ravine {
namespace {

class AdamOptimizer : public Optimizer {
 public:
  AdamOptimizer(const char* name, Stream& stream, const ParameterRange& range,
                std::span<const ParameterGroup> groups, const Adam& options)
      : Optimizer(stream, range, groups,
                  {options.learning_rate, options.weight_decay, options.clip}),
        name_(name),
        options_(options),
        m_(moment("m")),
        v_(moment("v")) {
    checked_share("beta_1", options.beta_1);
    checked_share("beta_2", options.beta_2);
    checked_positive("epsilon", options.epsilon);
  }

  std::string name() const override { return name_; }
  std::string options_text() const override {
    std::string text = fmt::format("beta_1 {}, beta_2 {}, epsilon {}", options_.beta_1,
                                   options_.beta_2, options_.epsilon);
    if (options_.weight_decay > 0) text += fmt::format(", weight_decay {}", options_.weight_decay);
    return text;
  }

 private:
  static double log_of_float(double beta) {
    return std::log(static_cast<double>(static_cast<float>(beta)));
  }

  void update(const Part& part) override {
    const kernels::AdamConstants constants{
        .one_minus_beta_1 = static_cast<float>(1 - options_.beta_1),
        .one_minus_beta_2 = static_cast<float>(1 - options_.beta_2),
        .log_beta_1 = log_of_float(options_.beta_1),
        .log_beta_2 = log_of_float(options_.beta_2),
        .epsilon = static_cast<float>(options_.epsilon),
        .epsilon_hat = options_.epsilon_hat,
        .weight_decay = part.weight_decay};
    const Shape& shape = part.parameters.shape();
    kernels::adam_step(stream(), constants, part.rate, part.step, part.gradients, part.parameters,
                       m_.slice(part.offset, shape), v_.slice(part.offset, shape));
  }

  const char* name_;
  Adam options_;
  Tensor m_, v_;
};

}  // namespace

std::unique_ptr<Optimizer> Adam::make(Stream& stream, const ParameterRange& range,
                                      std::span<const ParameterGroup> groups) const {
  return std::make_unique<AdamOptimizer>("Adam", stream, range, groups, *this);
}

std::unique_ptr<Optimizer> AdamW::make(Stream& stream, const ParameterRange& range,
                                       std::span<const ParameterGroup> groups) const {
  return std::make_unique<AdamOptimizer>("AdamW", stream, range, groups,
                                         Adam{.learning_rate = learning_rate,
                                              .beta_1 = beta_1,
                                              .beta_2 = beta_2,
                                              .epsilon = epsilon,
                                              .epsilon_hat = epsilon_hat,
                                              .weight_decay = weight_decay,
                                              .clip = clip});
}

}  // namespace ravine
