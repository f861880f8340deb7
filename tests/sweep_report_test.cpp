#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/core/error.h>
#include <ravine/core/file.h>
#include <ravine/finder/numbers_internal.h>
#include <ravine/finder/report.h>
#include <ravine/finder/saved_sweep.h>

#include "golden_curves.h"
#include "temporary.h"

using namespace ravine;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

Sweep example() {
  const JsonView recorded = golden("sweeps/seed_adam.json");
  Sweep sweep;
  sweep.points = points_of(numbers(recorded.at("lr")), numbers(recorded.at("loss")));
  sweep.points.resize(95);
  sweep.points[20].gradient_norm = 1.25;
  sweep.points[20].update_ratio = 1e-5;
  sweep.points.back().loss = infinity;
  sweep.points.back().finite = false;
  sweep.repeats = {sweep.points, {}};
  sweep.stop = StopReason::non_finite;
  sweep.settings.stop_factor = 3;
  sweep.subject = {.model = {"seed \"cnn\"", "Conv2D 32, Dense 10", 693962},
                   .optimizer = {"Adam", "epsilon 1e-7"},
                   .data = {"fashion-mnist", 60000, 32},
                   .device = "cpu",
                   .seed = std::numeric_limits<std::uint64_t>::max(),
                   .versions = {{"ravine", "0.1.0"}}};
  sweep.analyse();
  return sweep;
}

JsonView document(const std::string& text) {
  return parse_json(text, "sweep.json");
}

bool same(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string message(const std::string& json) {
  try {
    sweep_from_json(document(json));
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

std::string csv_message(const std::string& text) {
  try {
    sweep_from_csv(text, "curve.csv");
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

// A typical curve as `lr,loss` lines.
std::string curve_csv(const std::string& header) {
  std::string text = header + "\n";
  const SweepOptions options;
  for (int k = 0; k <= 100; ++k) {
    const double loss =
        2.3 - 1.5 / (1 + std::exp(-0.3 * (k - 50))) + (k > 80 ? std::expm1(0.3 * (k - 80)) : 0);
    text += shortest(rate_at(options, k)) + "," + shortest(loss) + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("the JSON has the members that programs read, in one order") {
  const JsonView json = document(to_json(example()));
  std::vector<std::string> names;
  for (const auto& [name, value] : json.members()) names.push_back(name);
  CHECK(names == std::vector<std::string>{"schema", "stop", "settings", "model", "optimizer",
                                          "data", "device", "seed", "versions", "points", "repeats",
                                          "suggestions", "suggestion", "why_not", "schedule"});
  CHECK(json.at("schema").string() == "ravine.sweep/1");
  CHECK(json.at("stop").string() == "non_finite");
  CHECK(json.at("settings").at("stop_factor").number() == 3);
  CHECK(json.at("suggestion").at("rule").string() == "ravine");
  CHECK(json.at("suggestion").at("lr").number() == example().suggestion().value());
  CHECK(json.at("suggestion").at("low").is_null());
  CHECK(json.at("why_not").is_null());
  CHECK(json.at("suggestions").items().size() == rule_names.size());
  const JsonView first = json.at("points").items().front();
  CHECK(first.at("step").integer() == 0);
  CHECK(first.at("lr").number() == 1e-7);
  CHECK(first.at("loss").number() == 2.339970111846924);
  CHECK(first.at("gradient_norm").is_null());
  CHECK(first.at("finite").boolean());
}

TEST_CASE("numbers that are not finite are null in JSON, with finite false") {
  const JsonView last = document(to_json(example())).at("points").items().back();
  CHECK(last.at("loss").is_null());
  CHECK(last.at("smoothed").is_null());
  CHECK_FALSE(last.at("finite").boolean());
}

TEST_CASE("a sweep without a suggestion says in JSON why") {
  Sweep sweep;
  sweep.analyse();
  const JsonView json = document(to_json(sweep));
  CHECK(json.at("suggestion").is_null());
  CHECK(json.at("stop").is_null());
  CHECK(json.at("why_not").string() == "the sweep has 0 finite losses, and a suggestion needs 10");
  CHECK(json.at("suggestions").items()[1].at("lr").is_null());
  CHECK(sweep_from_json(json).points.empty());
}

TEST_CASE("a saved sweep read back is the sweep that was saved") {
  const Sweep sweep = example();
  const Sweep read = sweep_from_json(document(to_json(sweep)));
  REQUIRE(read.points.size() == sweep.points.size());
  for (std::size_t i = 0; i < sweep.points.size(); ++i) {
    const SweepPoint &a = sweep.points[i], &b = read.points[i];
    CHECK(a.step == b.step);
    CHECK(a.lr == b.lr);
    CHECK((std::isfinite(a.loss) ? a.loss == b.loss : std::isnan(b.loss)));
    CHECK(same(a.smoothed, b.smoothed));
    CHECK(same(a.gradient_norm, b.gradient_norm));
    CHECK(same(a.update_ratio, b.update_ratio));
    CHECK(a.finite == b.finite);
  }
  CHECK(read.repeats.size() == 2);
  CHECK(read.subject.seed == sweep.subject.seed);
  CHECK(read.suggestion().lr == sweep.suggestion().lr);
  CHECK(to_json(read) == to_json(sweep));
}

TEST_CASE("a sweep is written to files and read from them by content, whatever their names") {
  const TemporaryFolder folder;
  const Sweep sweep = example();
  sweep.write_json(folder / "a.txt");
  sweep.write_csv(folder / "b.txt");
  CHECK(to_json(read_sweep(folder / "a.txt")) == to_json(sweep));
  CHECK(read_sweep(folder / "b.txt").suggestion().lr == sweep.suggestion().lr);
  CHECK_THROWS_AS(read_sweep(folder / "missing.json"), IoError);
  CHECK_THROWS_AS(sweep.write_svg(folder / "no" / "lr.svg"), IoError);
}

TEST_CASE("only a document with our schema is a saved sweep") {
  CHECK(is_saved_sweep(document(R"({"schema": "ravine.sweep/2"})")));
  CHECK_FALSE(is_saved_sweep(document(R"({"class_name": "Sequential"})")));
  CHECK_FALSE(is_saved_sweep(document("[1]")));
  CHECK_FALSE(is_saved_sweep(document(R"({"schema": 1})")));
}

TEST_CASE("a malformed saved sweep is refused at its place, with what was found") {
  const std::string good = to_json(example());
  CHECK(message(replaced(good, "ravine.sweep/1", "ravine.sweep/9"))
            .starts_with("sweep.json: /schema: expected"));
  CHECK(message(replaced(good, "\"non_finite\"", "\"tired\""))
            .starts_with("sweep.json: /stop: expected"));
  CHECK(message(replaced(good, "\"smoothing\":\"ravine\"", "\"smoothing\":\"soft\"")) ==
        "sweep.json: /settings: smoothing: \"soft\" is none of ravine, keras, fastai, none, nor a "
        "number such as 0.95");
  CHECK(message(replaced(good, "\"max_lr\":10.0", "\"max_lr\":1e-9"))
            .find("must be below max_lr 1e-9") != std::string::npos);
  CHECK(message(replaced(good, "\"step\":3,", "\"step\":-3,"))
            .starts_with("sweep.json: /points/3/step: expected"));
  CHECK(message(replaced(good, "\"lr\":1e-07", "\"lr\":0"))
            .starts_with("sweep.json: /points/0/lr: expected"));
  CHECK(message(replaced(good, "\"lr\":1e-07", "\"lr\":1"))
            .starts_with(
                "sweep.json: /points/1/lr: expected a rate above 1, that of the point before"));
  CHECK(message(replaced(good, "\"finite\":true", "\"finite\":1"))
            .starts_with("sweep.json: /points/0/finite: expected"));
  CHECK(message(replaced(good, "\"points\"", "\"spots\"")).find("points") != std::string::npos);
  CHECK(message(replaced(good, "\"seed\": \"18446744073709551615\"",
                         "\"seed\": \"1844674407370955161x\""))
            .starts_with("sweep.json: /seed: expected"));
}

TEST_CASE("the CSV has a header and leaves empty what was not recorded") {
  Sweep sweep;
  sweep.points = {
      {.step = 0, .lr = 1e-7, .loss = 2.5, .smoothed = 2.25},
      {.step = 1, .lr = 2e-7, .loss = infinity, .gradient_norm = 0.125, .finite = false}};
  CHECK(to_csv(sweep) ==
        "step,lr,loss,smoothed,gradient_norm,update_ratio,finite\n"
        "0,1e-7,2.5,2.25,,,true\n"
        "1,2e-7,,,0.125,,false\n");
}

TEST_CASE("a CSV of losses is smoothed, and a column of smoothed losses is taken as it is") {
  const Sweep losses = sweep_from_csv(curve_csv("lr,loss"), "curve.csv");
  CHECK(losses.points.size() == 101);
  CHECK(losses.points[50].smoothed != losses.points[50].loss);
  CHECK(losses.suggestion());
  CHECK_FALSE(losses.stop);
  CHECK(losses.settings.steps == 100);

  const Sweep smoothed = sweep_from_csv(curve_csv("lr,smoothed"), "curve.csv");
  CHECK(std::isnan(smoothed.points[50].loss));
  CHECK(smoothed.points[50].smoothed == losses.points[50].loss);
  CHECK(smoothed.points[50].finite);
  CHECK(smoothed.suggestion());
}

TEST_CASE(
    "a CSV may have other columns, any order, CRLF, quotes, blank lines, a byte order mark and "
    "gaps") {
  const Sweep sweep = sweep_from_csv(
      "\xEF\xBB\xBF"
      "loss, note ,\"lr\"\r\n2.5,first,1e-3\r\n\r\nnan,,2e-3\r\n,x,3e-3\r\n-inf,y,4e-3\r\n",
      "curve.csv");
  REQUIRE(sweep.points.size() == 4);
  CHECK(sweep.points[0].loss == 2.5);
  CHECK(sweep.points[1].lr == 2e-3);
  CHECK_FALSE(sweep.points[1].finite);
  CHECK_FALSE(sweep.points[2].finite);
  CHECK_FALSE(sweep.points[3].finite);
  CHECK(sweep.points[3].step == 3);
}

TEST_CASE("a malformed CSV is refused with its line and column") {
  CHECK(csv_message("") ==
        "curve.csv: expected a line of column names such as lr,loss, found nothing");
  CHECK(csv_message("lr,loss\n") ==
        "curve.csv: expected the points of a sweep, found only column names");
  CHECK(csv_message("rate,loss\n1,2\n") ==
        "curve.csv: line 1: expected the columns lr and loss, or lr and smoothed, found "
        "\"rate,loss\"");
  CHECK(csv_message("lr,loss,lr\n1,2,3\n") == "curve.csv: line 1: the column lr comes twice");
  CHECK(csv_message("lr,loss\n1e-3,2\n2e-3\n") ==
        "curve.csv: line 3: expected 2 cells as in the first line, found 1");
  CHECK(csv_message("lr,loss\n1e-3,low\n") ==
        "curve.csv: line 2, column loss: expected a number, found \"low\"");
  CHECK(csv_message("lr,loss\n1e-3,\"0,5\"\n") ==
        "curve.csv: line 2: expected 2 cells as in the first line, found 3");
  CHECK(csv_message("lr,loss\n0,1\n") ==
        "curve.csv: line 2, column lr: expected a rate between 1e-36 and 1e36, found \"0\"");
  CHECK(csv_message("lr,loss\n,1\n") ==
        "curve.csv: line 2, column lr: expected a rate between 1e-36 and 1e36, found \"\"");
  CHECK(csv_message("lr,loss\n1e-3,1\n1e-3,1\n") ==
        "curve.csv: line 3, column lr: expected a rate above 0.001, that of the line before, found "
        "0.001");
  CHECK(csv_message("lr,loss,finite\n1e-3,1,yes\n") ==
        "curve.csv: line 2, column finite: expected true or false, found \"yes\"");
  CHECK(csv_message("step,lr,loss\n-1,1e-3,1\n") ==
        "curve.csv: line 2, column step: expected a step number, found \"-1\"");
}

TEST_CASE("the table says how the sweep ended, every rule's rate or reason, and what to do") {
  const std::string table = to_table(example());
  CHECK(
      table.starts_with("The loss or a gradient was not finite at lr 3.31, step 94 of 100.\n\n* "
                        "ravine     6.64e-3\n"));
  CHECK(table.find("  valley     1.91e-4\n") != std::string::npos);
  CHECK(table.find("  slide      -        it points at") != std::string::npos);
  CHECK(table.find("\nSuggested learning rate: 6.64e-3\nThe loss falls by 1.4") !=
        std::string::npos);
  CHECK(table.find("trainer.learning_rate(6.64e-3)") != std::string::npos);
}

TEST_CASE("the table of a sweep that found nothing gives the reason once, and what to try") {
  Sweep sweep;
  for (int k = 0; k <= 100; ++k) {
    sweep.points.push_back({.step = k, .lr = rate_at({}, k), .loss = 2.3});
  }
  sweep.stop = StopReason::reached_end;
  sweep.analyse();
  CHECK(to_table(sweep) ==
        "The sweep reached its end at lr 10, step 100 of 100.\n\n"
        "* ravine     -\n  valley     -\n  slide      -\n  minimum    -\n  steep      -\n  "
        "steepest   -\n  lightning  -\n\n"
        "No learning rate suggested\n"
        "Reason: the loss never falls below where it starts: it is lowest, 2.3, at lr 1e-7, among "
        "the first 10 points.\n"
        "Try lower rates, and check that the labels and the loss fit the model.\n");
}

TEST_CASE("a loss that still falls at the last rate is said to") {
  Sweep sweep;
  for (int k = 0; k <= 100; ++k) {
    sweep.points.push_back({.step = k, .lr = rate_at({}, k), .loss = 2.3 - 1e-6 * k * k * k});
  }
  sweep.stop = StopReason::reached_end;
  sweep.analyse();
  CHECK(to_table(sweep).find("still falling at the last rate, 10") != std::string::npos);
}

TEST_CASE("a sweep asked before it was analysed says so") {
  CHECK_THROWS_WITH_AS(Sweep().suggestion(),
                       "sweep: analyse() has not been called, so there are no suggestions", Error);
  CHECK_THROWS_AS(example().suggestion("best"), Error);
}

TEST_CASE("numbers are written as people write them, and as they are read back") {
  CHECK(shortest(1e-7) == "1e-7");
  CHECK(shortest(0.1) == "0.1");
  CHECK(shortest(-0.001) == "-0.001");
  CHECK(shortest(1e22) == "1e22");
  CHECK(rounded(2.3456, 3) == "2.35");
  CHECK(rounded(2.0, 3) == "2");
  CHECK(rate_text(0.0066351) == "6.64e-3");
  CHECK(rate_text(0.38181) == "0.382");
  CHECK(rate_text(10) == "10");
  CHECK(rate_text(1e-7) == "1e-7");
  CHECK(rate_text(0.099999) == "0.1");
  CHECK(fixed(0.5, 2) == "0.50");
}
