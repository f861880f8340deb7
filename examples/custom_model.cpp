// A model that is not a chain: residual blocks on Fashion-MNIST, written with functions on
// Variables.
#include <cstdio>

#include <ravine/core/program.h>
#include <ravine/ravine.h>

using namespace ravine;

namespace {

/// relu(x + conv(relu(conv(x)))): a layer of our own is a struct with this operator.
struct ResidualBlock {
  static constexpr const char* kind_name = "residual_block";
  std::int64_t filters;

  Variable operator()(Scope& scope, const Variable& x) const {
    const auto named = scope.layer(kind_name, "");
    const Conv2D first{.filters = filters, .activation = relu, .padding = same};
    const Conv2D second{.filters = filters, .padding = same};
    return relu(x + second(scope, first(scope, x)));
  }
};

/// A model of our own: any forward function.
class ResidualNetwork : public Module {
 public:
  Shape input_shape() const override { return {28, 28, 1}; }

  Variable forward(Scope& scope, const Variable& x) const override {
    Variable y = Conv2D{.filters = 16, .activation = relu, .strides = 2, .padding = same}(scope, x);
    y = ResidualBlock{16}(scope, y);
    y = MaxPool2D{}(scope, y);
    y = ResidualBlock{16}(scope, y);
    y = GlobalAveragePool2D{}(scope, y);
    return Dense{10}(scope, y);
  }
};

int run(int argc, char** argv) {
  const data::Split data = data::fashion_mnist(argc > 1 ? argv[1] : "");
  ResidualNetwork model;
  Trainer trainer(model, Adam{}, SoftmaxCrossEntropy{}, Device::best(), {.batch_size = 64});
  std::printf("%s", model.summary().c_str());

  const Sweep sweep = find_lr(trainer, data.train);
  trainer.learning_rate(sweep.suggestion().value());
  trainer.fit(data.train, {.epochs = 1, .validation = &data.test, .stop = &stop_on_signals()});
  if (signal_exit_code() != 0) return signal_exit_code();
  std::printf("test accuracy %.4f\n", trainer.evaluate(data.test).accuracy);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_program("custom_model", [&] { return run(argc, argv); });
}
