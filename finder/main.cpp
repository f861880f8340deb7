// ravine-finder: a saved model spec in, a learning rate and a picture out.
#include <cmath>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/core/file.h>
#include <ravine/core/parallel.h>
#include <ravine/core/program.h>
#include <ravine/core/version.h>
#include <ravine/finder/data_source.h>
#include <ravine/finder/find_lr.h>
#include <ravine/finder/program_options.h>
#include <ravine/finder/report.h>
#include <ravine/finder/saved_sweep.h>
#include <ravine/finder/svg.h>
#include <ravine/layers/rescaling.h>
#include <ravine/layers/spec.h>
#include <ravine/train/compile.h>

using namespace ravine;

namespace {

constexpr int no_suggestion = 5;

bool is_saved_sweep_file(const std::string& path) {
  if (path.ends_with(".csv")) return true;
  constexpr std::size_t most = std::size_t{64} << 20;
  const std::string text = read_text_file(path, most);
  return text.find("\"ravine.sweep/") != std::string::npos;
}

/// Progress on stderr: a few lines a sweep, none when quiet.
class SweepProgress : public Callback {
 public:
  explicit SweepProgress(int steps) : steps_(steps) {}
  void on_train_batch_end(Trainer&, const Logs& logs) override {
    ++done_;
    if (done_ % std::max(1, steps_ / 10) != 0) return;
    fmt::print(stderr, "step {}/{}  lr {:.2e}  loss {:.4f}\n", done_, steps_ + 1,
               logs.learning_rate, logs.batch_loss);
  }

 private:
  int steps_;
  int done_ = 0;
};

/// 0..255 for a model that begins with Rescaling, else 0..1, unless the user says which.
data::Pixels pixels_for(const ProgramOptions& options, const Sequential& model) {
  if (options.pixels == "unit") return data::Pixels::unit;
  if (options.pixels == "byte") return data::Pixels::byte;
  const bool rescales =
      model.layers().size() > 1 && model.layers()[1].get_if<Rescaling>() != nullptr;
  return rescales ? data::Pixels::byte : data::Pixels::unit;
}

Sweep run_sweep(const ProgramOptions& options) {
  ModelSpec spec = read_spec(options.input, {.input_shape = options.input_shape});
  for (const std::string& note : spec.notes) fmt::print(stderr, "{}\n", note);
  const OptimizerConfig optimizer = options.optimizer.value_or(
      spec.compile.optimizer.value_or(OptimizerConfig{.name = "adam", .learning_rate = 1e-3}));
  const std::optional<LossConfig> loss = options.loss ? options.loss : spec.compile.loss;
  if (!loss) {
    throw DataError(
        fmt::format("{}: the model was saved without a loss; name one with --loss", options.input));
  }
  spec.model.build(Device::parse(options.device), options.seed);
  if (!options.weights.empty()) spec.model.load_weights(options.weights);

  const bool wants_labels = loss->name.ends_with("crossentropy");
  data::Dataset dataset = open_data({.source = options.data,
                                     .folder = options.data_folder,
                                     .input = spec.model.input_shape(),
                                     .output = spec.model.output_shape(),
                                     .wants_labels = wants_labels,
                                     .seed = options.seed});
  if (dataset.holds_bytes()) dataset = dataset.pixels(pixels_for(options, spec.model));

  Trainer trainer(spec.model, make_optimizer(optimizer), make_loss(*loss), spec.model.device(),
                  {.batch_size = options.batch_size, .seed = options.seed});
  SweepProgress progress(options.sweep.steps);
  FitOptions fit{.shuffle = options.shuffle, .progress = Progress::off, .stop = &stop_on_signals()};
  if (!options.quiet) fit.callbacks = {&progress};
  Sweep sweep = find_lr(trainer, dataset, options.sweep, fit);
  sweep.subject.model.name = spec.name;
  return sweep;
}

Sweep read_saved(const ProgramOptions& options) {
  Sweep sweep = read_sweep(options.input);
  sweep.settings.rule = options.sweep.rule;
  return sweep;
}

int run(const ProgramOptions& options) {
  if (options.threads > 0) set_thread_count(options.threads);
  if (options.json == "-" && options.csv == "-") {
    throw Error("--json - and --csv - cannot both go to standard output");
  }
  check(options.sweep);
  const Sweep sweep = is_saved_sweep_file(options.input) ? read_saved(options) : run_sweep(options);
  if (!options.svg.empty()) sweep.write_svg(options.svg);
  if (!options.json.empty()) sweep.write_json(options.json);
  if (!options.csv.empty()) sweep.write_csv(options.csv);
  if (options.json != "-" && options.csv != "-") fmt::print("{}", to_table(sweep));
  if (signal_exit_code() != 0) return signal_exit_code();
  return sweep.suggestion() ? 0 : no_suggestion;
}

void add_model_options(CLI::App& app, ProgramOptions& options) {
  app.add_option("SPEC", options.input, "Keras model.json, or a saved sweep (.json, .csv)")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--data", options.data,
                 "fashion-mnist, mnist, cifar10, synthetic, folder:DIR or idx:IMAGES,LABELS")
      ->capture_default_str();
  app.add_option("--data-dir", options.data_folder, "where the named data sets lie");
  app.add_option_function<std::string>(
      "--input-shape", [&](const std::string& text) { options.input_shape = parse_shape(text); },
      "H,W,C of one sample, for a spec that does not say");
  app.add_option("--pixels", options.pixels, "unit (0..1) or byte (0..255); chosen by the model")
      ->check(CLI::IsMember({"unit", "byte"}));
  app.add_option("--weights", options.weights, "start from these weights (safetensors)");
  app.add_option_function<std::string>(
      "--optimizer", [&](const std::string& text) { options.optimizer = parse_optimizer(text); },
      "NAME[:key=value,...] in place of the spec's: sgd, adam, adamw, rmsprop");
  app.add_option_function<std::string>(
      "--loss", [&](const std::string& text) { options.loss = parse_loss(text); },
      "Keras's name, mse or mae, in place of the spec's");
  app.add_option("--batch-size", options.batch_size, "samples a step")
      ->check(CLI::Range(1, 1 << 24))
      ->capture_default_str();
  app.add_option("--device", options.device, "auto, cpu, cuda or cuda:N")->capture_default_str();
  app.add_option("--threads", options.threads, "CPU threads; all cores if not given")
      ->check(CLI::Range(1, 1024));
  app.add_option("--seed", options.seed, "of weights, order and dropout")->capture_default_str();
  app.add_flag("!--no-shuffle", options.shuffle, "take the data in file order");
}

void add_sweep_options(CLI::App& app, ProgramOptions& options) {
  SweepOptions& sweep = options.sweep;
  app.add_option("--min-lr", sweep.min_lr, "first rate")->capture_default_str();
  app.add_option("--max-lr", sweep.max_lr, "last rate")->capture_default_str();
  app.add_option("--steps", sweep.steps, "steps from the first to the last rate")
      ->capture_default_str();
  app.add_option_function<std::string>(
         "--mode",
         [&](const std::string& text) {
           sweep.mode = text == "linear" ? SweepMode::even : SweepMode::exponential;
         },
         "exp or linear")
      ->check(CLI::IsMember({"exp", "linear"}));
  app.add_option_function<std::string>(
      "--smoothing", [&](const std::string& text) { sweep.smoothing = Smoothing::named(text); },
      "ravine, keras, fastai, none, or a number below 1 for an average");
  app.add_option("--stop-factor", sweep.stop_factor, "when the loss counts as diverged");
  app.add_option("--suggest", sweep.rule,
                 "whose suggestion is taken: ravine, valley, slide, "
                 "minimum, steep, steepest, lightning")
      ->capture_default_str();
}

void add_output_options(CLI::App& app, ProgramOptions& options) {
  app.add_option("-o,--output", options.svg, "write the picture here (SVG)");
  app.add_option("--json", options.json, "write the sweep here; - for standard output");
  app.add_option("--csv", options.csv, "write the points here; - for standard output");
  app.add_flag("-q,--quiet", options.quiet, "no progress");
  app.set_version_flag("--version", std::string("ravine-finder ") + version());
  app.footer(
      "Exit codes: 0 a rate was suggested, 1 runtime or I/O, 2 usage, 3 spec or data,\n"
      "4 no such device, 5 no suggestion, 130 and 143 interrupted.");
}

}  // namespace

int main(int argc, char** argv) {
  ProgramOptions options;
  CLI::App app{"Finds a learning rate for a saved Keras model.", "ravine-finder"};
  add_model_options(app, options);
  add_sweep_options(app, options);
  add_output_options(app, options);
  try {
    app.parse(argc, argv);
    check(options.sweep);
    check_rule(options.sweep.rule);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const Error& error) {
    fmt::print(stderr, "ravine-finder: {}\n", error.what());
    return 2;
  }
  return run_program("ravine-finder", [&] { return run(options); });
}
