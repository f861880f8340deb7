// ravine-bench: how long a training step takes.
#include <algorithm>
#include <chrono>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <ravine/core/parallel.h>
#include <ravine/core/program.h>
#include <ravine/ravine.h>

using namespace ravine;

namespace {

struct Options {
  std::string device = "auto";
  std::int64_t batch_size = 32;
  std::int64_t steps = 400;
  int threads = 0;
  bool json = false;
};

/// The time between the ends of two steps: everything that fit does for one.
class StepTimes : public Callback {
 public:
  void on_train_batch_end(Trainer&, const Logs&) override {
    const auto now = Clock::now();
    milliseconds.push_back(std::chrono::duration<double, std::milli>(now - last_).count());
    last_ = now;
  }
  std::vector<double> milliseconds;

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_ = Clock::now();
};

double percentile(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

int run(const Options& options) {
  if (options.threads > 0) set_thread_count(options.threads);
  Sequential model{Input{28, 28, 1}, Conv2D{32, 3, relu}, MaxPool2D{}, Flatten{},
                   Dense{128, relu}, Dropout{0.1},        Dense{10}};
  Trainer trainer(model, Adam{}, SoftmaxCrossEntropy{}, Device::parse(options.device),
                  {.batch_size = options.batch_size});
  const data::Dataset images =
      data::synthetic_images({.train = options.batch_size * 20, .test = 1}).train;
  StepTimes times;
  const std::int64_t epochs = (options.steps + 19) / 20 + 2;
  trainer.fit(images, {.epochs = epochs, .callbacks = {&times}, .progress = Progress::off});

  // Two epochs warm up: primitives are made and memory is touched for the first time.
  std::vector<double> sorted(times.milliseconds.begin() + 40, times.milliseconds.end());
  std::sort(sorted.begin(), sorted.end());
  const double median = percentile(sorted, 0.5);
  const double low = percentile(sorted, 0.1), high = percentile(sorted, 0.9);
  if (options.json) {
    fmt::print(
        "{{\"model\": \"seed\", \"batch_size\": {}, \"threads\": {}, \"device\": \"{}\", "
        "\"steps\": {}, \"median_ms\": {:.4f}, \"p10_ms\": {:.4f}, \"p90_ms\": {:.4f}}}\n",
        options.batch_size, thread_count(), model.device().str(), sorted.size(), median, low, high);
  } else {
    fmt::print(
        "step of the example CNN, batch {}, {} threads on {}: median {:.3f} ms "
        "(10 % below {:.3f}, 90 % below {:.3f}; {} steps, instruction set {})\n",
        options.batch_size, thread_count(), model.device().str(), median, low, high, sorted.size(),
        to_string(isa()));
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Times training.", "ravine-bench"};
  app.require_subcommand(1);
  CLI::App* step = app.add_subcommand("step", "a training step of the example CNN, in fit");
  step->add_option("--batch-size", options.batch_size)
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  step->add_option("--steps", options.steps, "counted steps")
      ->check(CLI::Range(20, 10000000))
      ->capture_default_str();
  step->add_option("--threads", options.threads)->check(CLI::Range(1, 1024));
  step->add_option("--device", options.device)->capture_default_str();
  step->add_flag("--json", options.json, "one JSON object in place of the line");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return run_program("ravine-bench", [&] { return run(options); });
}
