// Trains a small CNN on Fashion-MNIST or MNIST with a learning rate that it finds itself.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <ravine/core/program.h>
#include <ravine/ravine.h>

using namespace ravine;

namespace {

struct Options {
  std::string data = "fashion-mnist";
  std::string data_dir;
  std::string learning_rate = "auto";
  std::string device = "auto";
  std::int64_t epochs = 5;
  std::int64_t batch_size = 32;
  std::uint64_t seed = 42;
  int threads = 0;
  std::string save, load, predict, plot;
};

Sequential make_model() {
  return {Input{28, 28, 1}, Conv2D{32, 3, relu}, MaxPool2D{}, Flatten{},
          Dense{128, relu}, Dropout{0.1},        Dense{10}};
}

/// "auto" is nothing; anything else has to be a rate above zero.
std::optional<double> given_rate(const std::string& text) {
  if (text == "auto") return std::nullopt;
  double rate = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), rate);
  if (code != std::errc() || end != text.data() + text.size() || !(rate > 0 && rate < 1e6)) {
    throw CLI::ValidationError(fmt::format("--lr {}: expected auto or a rate above 0", text));
  }
  return rate;
}

std::size_t most_likely(const float* outputs) {
  return static_cast<std::size_t>(std::max_element(outputs, outputs + 10) - outputs);
}

void print_accuracy(Trainer& trainer, const data::Dataset& test) {
  const std::vector<float> outputs = trainer.predict(test);
  std::vector<int> right(10), all(10);
  for (std::size_t i = 0; i < test.labels().size(); ++i) {
    const auto label = static_cast<std::size_t>(test.labels()[i]);
    ++all[label];
    if (most_likely(&outputs[i * 10]) == label) ++right[label];
  }
  int right_sum = 0;
  for (std::size_t label = 0; label < 10; ++label) {
    const std::string name = label < test.class_names().size() ? test.class_names()[label]
                                                               : fmt::format("class {}", label);
    fmt::print("  {:<12} {:.3f}\n", name, all[label] > 0 ? 1.0 * right[label] / all[label] : 0.0);
    right_sum += right[label];
  }
  fmt::print("test accuracy {:.4f}\n", 1.0 * right_sum / static_cast<double>(test.size()));
}

void print_prediction(Sequential& model, const Options& options) {
  const data::Image image = data::read_image(options.predict, 1).resized(28, 28);
  std::vector<float> pixels(image.pixels.begin(), image.pixels.end());
  for (float& pixel : pixels) pixel /= 255;
  const std::vector<float> logits = model.predict(pixels);
  const std::size_t label = most_likely(logits.data());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit - logits[label]));
  fmt::print("{}: class {} with probability {:.3f}\n", options.predict, label, 1 / sum);
}

int train(Sequential& model, const Options& options, const std::optional<double>& rate) {
  const std::atomic<bool>& stop = stop_on_signals();
  const data::Split data = options.data == "mnist" ? data::mnist(options.data_dir)
                                                   : data::fashion_mnist(options.data_dir);
  Trainer trainer(model, Adam{}, SoftmaxCrossEntropy{}, model.device(),
                  {.batch_size = options.batch_size, .seed = options.seed});
  fmt::print("{}{} on {}, batches of {}\n", model.summary(), data.train.name(),
             model.device().str(), options.batch_size);
  if (rate) {
    trainer.learning_rate(*rate);
  } else {
    const Sweep sweep =
        find_lr(trainer, data.train, {}, {.progress = Progress::off, .stop = &stop});
    if (!options.plot.empty()) sweep.write_svg(options.plot);
    if (signal_exit_code() != 0) return signal_exit_code();
    trainer.learning_rate(sweep.suggestion().value());
    fmt::print("learning rate found: {:.3g}\n", trainer.learning_rate());
  }
  trainer.fit(data.train, {.epochs = options.epochs, .validation = &data.test, .stop = &stop});
  if (!options.save.empty()) {
    model.save_weights(options.save);
    fmt::print("weights saved to {}\n", options.save);
  }
  if (signal_exit_code() == 0) print_accuracy(trainer, data.test);
  return signal_exit_code();
}

int run(const Options& options, const std::optional<double>& rate) {
  if (options.threads > 0) set_thread_count(options.threads);
  Sequential model = make_model();
  model.build(Device::parse(options.device), options.seed);
  if (!options.load.empty()) model.load_weights(options.load);
  const bool only_predicts = !options.load.empty() && !options.predict.empty();
  const int code = only_predicts ? 0 : train(model, options, rate);
  if (code == 0 && !options.predict.empty()) print_prediction(model, options);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  std::optional<double> rate;
  CLI::App app{"Trains a small CNN on 28x28 grey images and prints its test accuracy.",
               "mnist_cnn"};
  app.add_option("--data", options.data, "fashion-mnist or mnist")
      ->check(CLI::IsMember({"fashion-mnist", "mnist"}))
      ->capture_default_str();
  app.add_option("--data-dir", options.data_dir, "folder of the four IDX files");
  app.add_option("--lr", options.learning_rate, "learning rate, or auto to find it")
      ->capture_default_str();
  app.add_option("--epochs", options.epochs, "passes over the training data")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  app.add_option("--batch-size", options.batch_size, "samples a step")
      ->check(CLI::Range(1, 60000))
      ->capture_default_str();
  app.add_option("--device", options.device, "auto, cpu, cuda or cuda:N")->capture_default_str();
  app.add_option("--seed", options.seed, "of weights, order and dropout")->capture_default_str();
  app.add_option("--threads", options.threads, "CPU threads; all cores if not given")
      ->check(CLI::Range(1, 1024));
  app.add_option("--save", options.save, "write the trained weights here (safetensors)");
  app.add_option("--load", options.load, "start from these weights (safetensors)");
  app.add_option("--predict", options.predict,
                 "classify this image at the end; with --load without training");
  app.add_option("--plot", options.plot, "write the sweep of --lr auto here (SVG)");
  try {
    app.parse(argc, argv);
    rate = given_rate(options.learning_rate);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return run_program("mnist_cnn", [&] { return run(options, rate); });
}
