#include <cstring>

#include <ravine/core/error.h>
#include <ravine/optim/adam.h>
#include <ravine/optim/optimizer.h>
#include <ravine/optim/rmsprop.h>
#include <ravine/optim/sgd.h>

#include "golden_keras.h"
#include "lab.h"

namespace ravine::test {
namespace {

/// Parameter tensors of the given sizes, side by side in one range: "a/kernel", "b/kernel", …
ParameterRange range_of(Lab& lab, const std::vector<std::int64_t>& sizes) {
  ParameterRange range;
  std::int64_t offset = 0;
  for (const std::int64_t size : sizes) {
    const auto letter = static_cast<char>('a' + static_cast<int>(range.segments.size()));
    range.segments.push_back({offset, size, std::string(1, letter) + "/kernel"});
    offset += size;
  }
  range.parameters = lab.random({offset});
  range.gradients = lab.random({offset});
  return range;
}

std::unique_ptr<Optimizer> make(Lab& lab, const OptimizerSpec& spec, const ParameterRange& range,
                                const std::vector<ParameterGroup>& groups = {}) {
  return spec.make(lab.stream, range, groups);
}

/// The options of a recorded case, under the names that Keras has for them.
class Arguments {
 public:
  explicit Arguments(const JsonView& view) : view_(view) {}
  void read(const char* name, double& value) const {
    if (const auto found = view_.find(name)) value = found->number();
  }
  void read(const char* name, bool& value) const {
    if (const auto found = view_.find(name)) value = found->boolean();
  }
  void read(const char* name, std::optional<double>& value) const {
    if (const auto found = view_.find(name)) value = found->number();
  }

 private:
  JsonView view_;
};

template <class Options>
Options common(const Arguments& arguments) {
  Options options;
  arguments.read("learning_rate", options.learning_rate);
  arguments.read("weight_decay", options.weight_decay);
  arguments.read("clipvalue", options.clip.value);
  arguments.read("clipnorm", options.clip.norm);
  arguments.read("global_clipnorm", options.clip.global_norm);
  return options;
}

template <class Options>
OptimizerSpec adam(const Arguments& arguments) {
  auto options = common<Options>(arguments);
  arguments.read("beta_1", options.beta_1);
  arguments.read("beta_2", options.beta_2);
  arguments.read("epsilon", options.epsilon);
  return options;
}

OptimizerSpec spec_of(const std::string& name, const Arguments& arguments) {
  if (name == "Adam") return adam<Adam>(arguments);
  if (name == "AdamW") return adam<AdamW>(arguments);
  if (name == "RMSprop") {
    auto options = common<RMSprop>(arguments);
    arguments.read("rho", options.rho);
    arguments.read("momentum", options.momentum);
    arguments.read("epsilon", options.epsilon);
    arguments.read("centered", options.centered);
    return options;
  }
  REQUIRE(name == "SGD");
  auto options = common<SGD>(arguments);
  arguments.read("momentum", options.momentum);
  arguments.read("nesterov", options.nesterov);
  return options;
}

TEST_CASE(
    "every optimizer follows Keras over twenty steps, with clipping, decay and changing rates") {
  const JsonView golden = golden_keras();
  const auto steps = golden.at("gradients").items();
  const auto cases = golden.at("optimizers").items();
  CHECK(cases.size() == 20);
  for (const Device device : devices()) {
    for (const JsonView& item : cases) {
      const std::string name = item.at("name").string();
      CAPTURE(item.where());
      CAPTURE(name);
      Lab lab(device);
      ParameterRange range = range_of(lab, {5, 3});
      range.parameters = lab.tensor({8}, flat_floats(golden.at("start")));
      const auto optimizer = make(lab, spec_of(name, Arguments(item.at("arguments"))), range);
      CHECK(optimizer->name() == name);
      const auto rates = item.find("rates");
      const auto recorded = item.at("parameters").items();
      std::size_t compared = 0;
      for (std::size_t step = 0; step < steps.size(); ++step) {
        const auto gradients = flat_floats(steps[step]);
        range.gradients.copy_from_host<float>(lab.stream, gradients);
        if (rates) optimizer->set_learning_rate(rates->items()[step].number());
        optimizer->step();
        if (recorded[compared].at("step").integer() != static_cast<std::int64_t>(step) + 1)
          continue;
        CAPTURE(step);
        check_close(lab.host(range.parameters), flat_numbers(recorded[compared].at("values")), 2e-6,
                    1e-6);
        ++compared;
      }
      CHECK(compared == recorded.size());
    }
  }
}

TEST_CASE("options have Keras's defaults") {
  CHECK(SGD{}.learning_rate == 0.01);
  CHECK(Adam{}.learning_rate == 0.001);
  CHECK(Adam{}.beta_2 == 0.999);
  CHECK(Adam{}.epsilon == 1e-7);
  CHECK(Adam{}.epsilon_hat);
  CHECK(AdamW{}.weight_decay == 0.004);
  CHECK(RMSprop{}.rho == 0.9);
  CHECK(Adam{.learning_rate = 3e-4}.learning_rate == 3e-4);
}

TEST_CASE(
    "groups are found by the first prefix that fits and get their rate times the multiplier") {
  Lab lab;
  const ParameterRange range = range_of(lab, {2, 3, 4, 5});
  const auto before = lab.doubles(range.parameters), g = lab.doubles(range.gradients);
  const auto optimizer = make(lab, SGD{.learning_rate = 0.5}, range,
                              {{.prefix = "b/", .rate_multiplier = 0.5},
                               {.prefix = "d/", .rate_multiplier = 0},
                               {.prefix = "b", .rate_multiplier = 100}});
  CHECK(optimizer->groups() == 4);
  CHECK(optimizer->learning_rate() == 0.5);
  CHECK(optimizer->learning_rate(0).get() == 0.25);
  CHECK(optimizer->learning_rate(1).get() == 0);
  CHECK(optimizer->learning_rate(3).get() == 0.5);
  optimizer->step();
  std::vector<double> expected = before;
  for (std::size_t i = 0; i < 9; ++i) expected[i] -= (i >= 2 && i < 5 ? 0.25 : 0.5) * g[i];
  check_close(lab.host(range.parameters), expected, 1e-6, 1e-7);
  check_equal(lab.host(range.parameters.slice(9, {5})),
              std::vector<double>(before.begin() + 9, before.end()));

  optimizer->set_learning_rate(0.125);
  CHECK(optimizer->learning_rate() == 0.125);
  CHECK(optimizer->learning_rate(0).get() == 0.0625);
  CHECK(lab.host(optimizer->learning_rate(0).tensor()).front() == 0.0625f);
  CHECK(lab.host(optimizer->learning_rate(3).tensor()).front() == 0.125f);
}

TEST_CASE("a group's weight decay stands in for the optimizer's, zero included") {
  Lab lab;
  const ParameterRange range = range_of(lab, {3, 3, 3});
  range.gradients.zero(lab.stream);
  const auto before = lab.doubles(range.parameters);
  make(lab, SGD{.learning_rate = 1, .weight_decay = 0.5}, range,
       {{.prefix = "a", .weight_decay = 0.0}, {.prefix = "b", .weight_decay = 0.25}})
      ->step();
  std::vector<double> expected = before;
  for (std::size_t i = 3; i < 9; ++i) expected[i] *= i < 6 ? 0.75 : 0.5;
  check_equal(lab.host(range.parameters), expected);
}

TEST_CASE("splitting a range into groups of equal options changes no bit") {
  for (const OptimizerSpec& spec : {OptimizerSpec(SGD{.momentum = 0.9}), OptimizerSpec(Adam{}),
                                    OptimizerSpec(RMSprop{.momentum = 0.5, .centered = true})}) {
    std::vector<std::vector<float>> results;
    for (const std::vector<ParameterGroup>& groups :
         {std::vector<ParameterGroup>{}, std::vector<ParameterGroup>{{.prefix = "b"}}}) {
      Lab lab;
      const ParameterRange range = range_of(lab, {5, 37, 21});
      const auto optimizer = make(lab, spec, range, groups);
      for (int step = 0; step < 3; ++step) optimizer->step();
      results.push_back(lab.host(range.parameters));
    }
    check_equal(results[0], results[1]);
  }
}

TEST_CASE("gaps of zeros between parameter tensors stay zeros") {
  for (const OptimizerSpec& spec :
       {OptimizerSpec(SGD{.momentum = 0.9, .clip = {.global_norm = 0.1}}), OptimizerSpec(Adam{}),
        OptimizerSpec(RMSprop{.centered = true, .clip = {.norm = 0.1}})}) {
    Lab lab;
    std::vector<float> values(40, 0.5f);
    std::fill(values.begin() + 10, values.begin() + 16, 0.0f);
    const ParameterRange range{
        lab.tensor({40}, values), lab.tensor({40}, values), {{0, 10, "a"}, {16, 24, "b"}}};
    const auto optimizer = make(lab, spec, range);
    for (int step = 0; step < 3; ++step) optimizer->step();
    const auto after = lab.host(range.parameters);
    for (std::size_t i = 0; i < 40; ++i) CHECK((after[i] == 0) == (i >= 10 && i < 16));
  }
}

TEST_CASE(
    "what collect lists is all that training changes: restored, the steps repeat bit for bit") {
  for (const Device device : devices()) {
    for (const OptimizerSpec& spec :
         {OptimizerSpec(SGD{}), OptimizerSpec(SGD{.momentum = 0.9, .nesterov = true}),
          OptimizerSpec(Adam{}), OptimizerSpec(AdamW{}),
          OptimizerSpec(RMSprop{.momentum = 0.5, .centered = true})}) {
      Lab lab(device);
      const ParameterRange range = range_of(lab, {40, 7});
      const auto optimizer = make(lab, spec, range, {{.prefix = "b", .rate_multiplier = 0.5}});
      CAPTURE(optimizer->name());
      optimizer->step();
      State state;
      optimizer->collect(state);
      state.add("parameters", range.parameters);
      const Snapshot snapshot(lab.stream, state);

      const auto go_on = [&] {
        for (int step = 0; step < 3; ++step) optimizer->step();
        return lab.host(range.parameters);
      };
      const auto first = go_on();
      optimizer->set_learning_rate(0.75);
      optimizer->step();
      snapshot.restore();
      check_equal(go_on(), first);
      CHECK(optimizer->learning_rate() != 0.75);
      CHECK(optimizer->learning_rate(0).get() == optimizer->learning_rate() / 2);
    }
  }
}

TEST_CASE("a rate of zero moves nothing, and the moments go on") {
  Lab lab;
  const ParameterRange range = range_of(lab, {37});
  const auto before = lab.host(range.parameters);
  const auto optimizer = make(lab, AdamW{.learning_rate = 0}, range);
  State state;
  optimizer->collect(state);
  optimizer->step();
  check_equal(lab.host(range.parameters), before);
  for (const auto& entry : state.tensors()) {
    if (entry.name == "optimizer/step") CHECK(lab.host<std::int64_t>(entry.tensor).front() == 1);
    if (entry.name == "optimizer/m") CHECK(lab.host(entry.tensor).front() != 0);
  }
}

TEST_CASE("a rate may change between steps but not to what is no rate, and then it stays") {
  Lab lab;
  LearningRate rate(lab.stream, 0.1);
  for (const double bad : {-0.1, static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
    CHECK_THROWS_AS(rate.set(bad), Error);
    CHECK_THROWS_AS(LearningRate(lab.stream, bad), Error);
  }
  CHECK(rate.get() == 0.1);
  CHECK(lab.host(rate.tensor()).front() == 0.1f);
  const auto optimizer =
      make(lab, SGD{}, range_of(lab, {3}), {{.prefix = "a", .rate_multiplier = 2}});
  CHECK_THROWS_AS(optimizer->set_learning_rate(-1), Error);
  CHECK(optimizer->learning_rate() == 0.01);
  CHECK(optimizer->learning_rate(0).get() == 0.02);
}

TEST_CASE("options that make no sense are refused in words") {
  Lab lab;
  const ParameterRange range = range_of(lab, {3});
  const auto refused = [&](const OptimizerSpec& spec, const char* words) {
    CAPTURE(words);
    try {
      make(lab, spec, range);
      FAIL("not refused");
    } catch (const Error& error) {
      CHECK(std::strstr(error.what(), words) != nullptr);
    }
  };
  refused(SGD{.learning_rate = -1}, "-1");
  refused(SGD{.learning_rate = NAN}, "nan");
  refused(SGD{.momentum = 1}, "momentum 1");
  refused(SGD{.momentum = NAN}, "momentum nan");
  refused(Adam{.beta_1 = 1}, "beta_1 1");
  refused(Adam{.beta_2 = -0.5}, "beta_2 -0.5");
  refused(Adam{.epsilon = 0}, "epsilon 0");
  refused(Adam{.epsilon = 1e-50}, "epsilon 1e-50");  // zero as a float: 0/0 without a gradient
  refused(RMSprop{.epsilon = 1e39}, "epsilon 1e+39");
  refused(AdamW{.weight_decay = -1}, "-1");
  refused(RMSprop{.rho = 2}, "rho 2");
  refused(RMSprop{.epsilon = -1}, "epsilon -1");
  refused(SGD{.clip = {.value = 0}}, "value of 0");
  refused(SGD{.clip = {.norm = -2}}, "norm of -2");
  refused(SGD{.clip = {.norm = 1, .global_norm = 1}}, "only one");
  CHECK_THROWS_AS(make(lab, SGD{}, range, {{.prefix = "a", .rate_multiplier = -1}}), Error);
  CHECK_THROWS_AS(make(lab, SGD{}, range, {{.prefix = "a", .weight_decay = -1}}), Error);
}

TEST_CASE("a segment outside the range is refused") {
  Lab lab;
  ParameterRange range = range_of(lab, {3, 4});
  range.segments.back().count = 5;
  CHECK_THROWS_AS(make(lab, SGD{}, range), Error);
}

/// An optimizer as a user would write one: the sign of the gradient alone.
struct SignDescent {
  double learning_rate = 0.25;
  std::unique_ptr<Optimizer> make(Stream& stream, const ParameterRange& range,
                                  std::span<const ParameterGroup> groups) const;
};

class SignDescentOptimizer : public Optimizer {
 public:
  SignDescentOptimizer(Stream& stream, const ParameterRange& range,
                       std::span<const ParameterGroup> groups, const SignDescent& options)
      : Optimizer(stream, range, groups, {options.learning_rate}) {}
  std::string name() const override { return "SignDescent"; }
  std::string options_text() const override { return ""; }

 private:
  void update(const Part& part) override {
    const float rate = *part.rate.data();
    for (std::int64_t i = 0; i < part.parameters.elements(); ++i) {
      part.parameters.data()[i] -= std::copysign(rate, part.gradients.data()[i]);
    }
  }
};

std::unique_ptr<Optimizer> SignDescent::make(Stream& stream, const ParameterRange& range,
                                             std::span<const ParameterGroup> groups) const {
  return std::make_unique<SignDescentOptimizer>(stream, range, groups, *this);
}

TEST_CASE("a struct of the user's own is an optimizer like any other") {
  Lab lab;
  const ParameterRange range = range_of(lab, {3, 2});
  auto expected = lab.doubles(range.parameters);
  const auto g = lab.doubles(range.gradients);
  make(lab, SignDescent{}, range, {{.prefix = "b", .rate_multiplier = 2}})->step();
  for (std::size_t i = 0; i < 5; ++i) expected[i] -= std::copysign(i < 3 ? 0.25 : 0.5, g[i]);
  check_close(lab.host(range.parameters), expected, 1e-6, 1e-7);
}

}  // namespace
}  // namespace ravine::test
