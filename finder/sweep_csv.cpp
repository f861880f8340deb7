#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <optional>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/finder/numbers_internal.h>
#include <ravine/finder/saved_sweep.h>

namespace ravine {
namespace {

constexpr std::size_t most_points = 1'000'000;
constexpr std::array<std::string_view, 7> column_names{
    "step", "lr", "loss", "smoothed", "gradient_norm", "update_ratio", "finite"};

std::string_view trimmed(std::string_view cell) {
  const auto first = cell.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  cell = cell.substr(first, cell.find_last_not_of(" \t\r") - first + 1);
  if (cell.size() >= 2 && cell.front() == '"' && cell.back() == '"') {
    cell = cell.substr(1, cell.size() - 2);
  }
  return cell;
}

std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  for (;;) {
    const auto comma = line.find(',');
    cells.push_back(trimmed(line.substr(0, comma)));
    if (comma == std::string_view::npos) return cells;
    line.remove_prefix(comma + 1);
  }
}

// Takes lines off a text and says where it is in errors.
class Reader {
 public:
  Reader(std::string_view text, const std::string& source) : rest_(text), source_(source) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
    read_header();
  }

  std::optional<SweepPoint> next();
  bool has(std::string_view column) const { return place(column).has_value(); }
  [[noreturn]] void fail(const std::string& what) const {
    throw DataError(fmt::format("{}: line {}{}", source_, line_, what));
  }

 private:
  bool take_line();
  void read_header();
  std::optional<std::size_t> place(std::string_view column) const;
  std::string_view cell(std::string_view column) const { return cells_[*place(column)]; }
  [[noreturn]] void fail_cell(std::string_view column, std::string_view expected) const {
    fail(fmt::format(", column {}: expected {}, found {}", column, expected, quote(cell(column))));
  }
  double number(std::string_view column) const;
  std::int64_t step() const;
  bool finite() const;

  std::string_view rest_;
  const std::string& source_;
  std::size_t line_ = 0;
  std::size_t points_ = 0;
  std::vector<std::string_view> header_;
  std::vector<std::string_view> cells_;
};

// Blank lines are no lines.
bool Reader::take_line() {
  while (!rest_.empty()) {
    const auto end = rest_.find('\n');
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    ++line_;
    if (trimmed(line).empty()) continue;
    cells_ = cells_of(line);
    return true;
  }
  return false;
}

void Reader::read_header() {
  if (!take_line()) {
    throw DataError(source_ + ": expected a line of column names such as lr,loss, found nothing");
  }
  header_ = cells_;
  for (const std::string_view name : column_names) {
    if (std::count(header_.begin(), header_.end(), name) > 1) {
      fail(fmt::format(": the column {} comes twice", name));
    }
  }
  if (!has("lr") || (!has("loss") && !has("smoothed"))) {
    fail(fmt::format(": expected the columns lr and loss, or lr and smoothed, found {}",
                     quote(fmt::format("{}", fmt::join(header_, ",")))));
  }
}

std::optional<std::size_t> Reader::place(std::string_view column) const {
  const auto found = std::find(header_.begin(), header_.end(), column);
  if (found == header_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header_.begin());
}

double Reader::number(std::string_view column) const {
  if (!has(column) || cell(column).empty()) return SweepPoint::not_recorded;
  const std::string_view text = cell(column);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) fail_cell(column, "a number");
  return value;
}

std::int64_t Reader::step() const {
  if (!has("step")) return static_cast<std::int64_t>(points_);
  const std::string_view text = cell("step");
  std::int64_t value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) {
    fail_cell("step", "a step number");
  }
  return value;
}

bool Reader::finite() const {
  const std::string_view text = cell("finite");
  if (text == "true" || text == "True" || text == "1") return true;
  if (text != "false" && text != "False" && text != "0") fail_cell("finite", "true or false");
  return false;
}

std::optional<SweepPoint> Reader::next() {
  if (!take_line()) return std::nullopt;
  if (cells_.size() != header_.size()) {
    fail(fmt::format(": expected {} cells as in the first line, found {}", header_.size(),
                     cells_.size()));
  }
  if (points_ == most_points) fail(fmt::format(": a sweep has at most {} points", most_points));
  SweepPoint point{.step = step(),
                   .lr = number("lr"),
                   .loss = number("loss"),
                   .smoothed = number("smoothed"),
                   .gradient_norm = number("gradient_norm"),
                   .update_ratio = number("update_ratio")};
  if (!(point.lr >= smallest_rate && point.lr <= largest_rate)) {
    fail_cell("lr", fmt::format("a rate between {} and {}", shortest(smallest_rate),
                                shortest(largest_rate)));
  }
  point.finite =
      has("finite") ? finite() : std::isfinite(has("loss") ? point.loss : point.smoothed);
  ++points_;
  return point;
}

}  // namespace

Sweep sweep_from_csv(std::string_view text, const std::string& source) {
  Reader reader(text, source);
  Sweep sweep;
  while (const std::optional<SweepPoint> point = reader.next()) {
    if (!sweep.points.empty() && point->lr <= sweep.points.back().lr) {
      reader.fail(
          fmt::format(", column lr: expected a rate above {}, that of the line before, found {}",
                      shortest(sweep.points.back().lr), shortest(point->lr)));
    }
    sweep.points.push_back(*point);
  }
  if (sweep.points.empty()) {
    throw DataError(source + ": expected the points of a sweep, found only column names");
  }
  if (sweep.points.size() > 1) {
    sweep.settings.min_lr = sweep.points.front().lr;
    sweep.settings.max_lr = sweep.points.back().lr;
    sweep.settings.steps = static_cast<int>(sweep.points.size()) - 1;
  }
  if (reader.has("smoothed")) {
    sweep.suggestions = suggest_all(sweep.points);
  } else {
    sweep.analyse();
  }
  return sweep;
}

}  // namespace ravine
