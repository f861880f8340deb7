#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/core/error.h>
#include <ravine/finder/terminal_plot.h>

#include "golden_curves.h"

using namespace ravine;

namespace {

Sweep golden_sweep() {
  const JsonView recorded = golden("sweeps/seed_adam.json");
  Sweep sweep;
  sweep.points = points_of(numbers(recorded.at("lr")), numbers(recorded.at("loss")));
  sweep.analyse();
  return sweep;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::size_t characters(const std::string& utf8) {
  std::size_t n = 0;
  for (const char c : utf8) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return n;
}

}  // namespace

TEST_CASE("the plot keeps to its rows and columns, in Unicode and in ASCII") {
  for (const bool unicode : {true, false}) {
    for (const int columns : {40, 80, 200}) {
      const auto lines = lines_of(
          terminal_plot(golden_sweep(), {.columns = columns, .rows = 10, .unicode = unicode}));
      CHECK(lines.size() == 12);
      for (const std::string& line : lines) {
        CHECK(characters(line) <= static_cast<std::size_t>(columns));
      }
    }
  }
}

TEST_CASE("the curve falls from upper left, and the suggested rate stands under it") {
  const auto lines =
      lines_of(terminal_plot(golden_sweep(), {.columns = 80, .rows = 10, .unicode = false}));
  const auto row_of_star = [&](std::size_t column) {
    for (std::size_t row = 0; row < 10; ++row) {
      if (column < lines[row].size() && lines[row][column] == '*') return row;
    }
    return std::size_t{99};
  };
  CHECK(row_of_star(15) < 3);
  const std::size_t lowest = row_of_star(58);  // near 4e-2
  CHECK(lowest > 5);
  CHECK(lowest < 10);
  const auto mark = lines[0].find(':');
  REQUIRE(mark != std::string::npos);
  for (std::size_t row = 0; row < 10; ++row) {
    CHECK((lines[row][mark] == ':' || lines[row][mark] == '*'));
  }
  CHECK(lines.back().find("1e-7") != std::string::npos);
}

TEST_CASE("ASCII is ASCII") {
  for (const char c : terminal_plot(golden_sweep(), {.unicode = false})) {
    CHECK(static_cast<unsigned char>(c) < 0x80);
  }
}

TEST_CASE("nothing finite gives no plot, a gap is no line, and a tiny terminal is refused") {
  Sweep sweep = golden_sweep();
  for (SweepPoint& point : sweep.points) {
    point.loss = point.smoothed = std::numeric_limits<double>::quiet_NaN();
  }
  sweep.analyse();
  CHECK(terminal_plot(sweep).empty());
  sweep.points[3].loss = 2.0;
  sweep.analyse();
  CHECK(lines_of(terminal_plot(sweep)).size() == 16);
  CHECK_THROWS_WITH_AS(terminal_plot(sweep, {.columns = 10}),
                       "terminal_plot: 10 columns and 14 rows, and needs at least 40 and 4", Error);
}
