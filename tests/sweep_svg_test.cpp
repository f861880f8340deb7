#include <cctype>
#include <clocale>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/core/error.h>
#include <ravine/finder/svg.h>
#include <ravine/finder/svg_axis_internal.h>
#include <ravine/finder/svg_labels_internal.h>
#include <ravine/finder/svg_text_internal.h>

#include "golden_curves.h"

using namespace ravine;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

template <class Loss>
Sweep sweep_of(int steps, Loss loss, SweepOptions options = {}) {
  options.steps = steps;
  Sweep sweep{.stop = StopReason::reached_end, .settings = options};
  for (int k = 0; k <= steps; ++k) {
    const double lr = rate_at(options, k);
    sweep.points.push_back({.step = k, .lr = lr, .loss = loss(std::log10(lr) + 7)});
  }
  sweep.analyse();
  return sweep;
}

double typical(double decades) {
  return 2.3 - 1.5 / (1 + std::exp(-4 * (decades - 3.5))) +
         (decades > 6 ? std::expm1(4 * (decades - 6)) : 0);
}

Sweep golden_sweep(const std::string& name) {
  const JsonView recorded = golden("sweeps/" + name + ".json");
  Sweep sweep{.stop = StopReason::diverged};
  sweep.points = points_of(numbers(recorded.at("lr")), numbers(recorded.at("loss")));
  sweep.subject = {.model = {.name = name, .parameters = 693962},
                   .optimizer = {.name = "Adam"},
                   .device = "cpu",
                   .seed = 42};
  sweep.analyse();
  return sweep;
}

std::vector<Sweep> odd_sweeps() {
  std::vector<Sweep> sweeps;
  sweeps.push_back(sweep_of(100, typical));
  sweeps.push_back(sweep_of(100, [](double) { return 0.7; }));
  sweeps.push_back(sweep_of(100, [](double) { return 0.0; }));
  sweeps.push_back(sweep_of(100, [](double) { return not_a_number; }));
  sweeps.push_back(
      sweep_of(100, [](double d) { return d < 5 ? 2.0 : std::numeric_limits<double>::max(); }));
  sweeps.push_back(
      sweep_of(100, [](double d) { return d < 5 ? -2.0 : std::numeric_limits<double>::lowest(); }));
  sweeps.push_back(sweep_of(100, [](double d) { return 1e300 * typical(d); }));
  sweeps.push_back(sweep_of(100, [](double d) { return 1e-300 * typical(d); }));
  sweeps.push_back(
      sweep_of(100, [](double d) { return std::fmod(d, 0.5) < 0.1 ? not_a_number : typical(d); }));
  sweeps.push_back(sweep_of(100, typical, {.min_lr = 1e-36, .max_lr = 1e36}));
  sweeps.push_back(sweep_of(10, typical, {.min_lr = 1e-3, .max_lr = 1.0000001e-3}));
  sweeps.push_back(sweep_of(0 + 1, typical));
  sweeps.back().points.resize(1);
  sweeps.back().analyse();
  sweeps.push_back(sweeps.back());
  sweeps.back().points.clear();
  sweeps.back().analyse();
  sweeps.push_back(sweep_of(100, typical));
  sweeps.back().repeats = {sweep_of(100, [](double d) { return typical(d + 0.3); }).points,
                           sweep_of(40, typical).points,
                           {}};
  sweeps.push_back(golden_sweep("seed_adam"));
  sweeps.back().subject.model.name = "<a&b> \"\x01\xFF 模型 " + std::string(500, 'x');
  return sweeps;
}

// The first thing wrong with the nesting, attributes and characters of an XML text; empty when it
// is well formed.
std::string malformed(std::string_view xml) {
  std::vector<std::string> open;
  while (!xml.empty()) {
    if (xml.front() != '<') {
      const auto end = std::min(xml.find('<'), xml.size());
      const std::string_view text = xml.substr(0, end);
      for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '&' && text.find(';', i) == std::string_view::npos) {
          return "bare & in " + std::string(text);
        }
        if (static_cast<unsigned char>(text[i]) < 0x20 && text[i] != '\n') {
          return "control character";
        }
      }
      xml.remove_prefix(end);
      continue;
    }
    const auto end = xml.find('>');
    if (end == std::string_view::npos) return "tag without an end";
    std::string_view tag = xml.substr(1, end - 1);
    xml.remove_prefix(end + 1);
    if (tag.starts_with("/")) {
      if (open.empty() || open.back() != tag.substr(1)) return "unexpected " + std::string(tag);
      open.pop_back();
      continue;
    }
    const std::string name(tag.substr(0, tag.find_first_of(" /")));
    std::set<std::string> attributes;
    std::string_view rest = tag.substr(name.size());
    while (rest.find('=') != std::string_view::npos) {
      const auto equals = rest.find('=');
      const auto close = rest.find('"', equals + 2);
      if (rest[equals + 1] != '"' || close == std::string_view::npos) {
        return "attribute without quotes in " + name;
      }
      const std::string attribute(
          rest.substr(rest.find_first_not_of(' '), equals - rest.find_first_not_of(' ')));
      if (!attributes.insert(attribute).second) {
        return "attribute twice in " + name + ": " + attribute;
      }
      rest.remove_prefix(close + 1);
    }
    if (!tag.ends_with("/")) open.push_back(name);
  }
  return open.empty() ? "" : "never closed: " + open.back();
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + part.size())) {
    ++n;
  }
  return n;
}

// Of the last element of a class, which for lines is the curve and not its sample in the legend.
std::string attribute(std::string_view text, std::string_view css_class, std::string_view name) {
  const auto element = text.rfind("class=\"" + std::string(css_class) + "\" d=");
  if (element == std::string_view::npos) return {};
  const auto at = text.find(" " + std::string(name) + "=\"", element) + name.size() + 3;
  return std::string(text.substr(at, text.find('"', at) - at));
}

}  // namespace

TEST_CASE("every sweep, however odd, gives a well-formed picture without a number that is none") {
  const std::vector<Sweep> sweeps = odd_sweeps();
  for (std::size_t i = 0; i < sweeps.size(); ++i) {
    CAPTURE(i);
    const std::string picture = svg(sweeps[i]);
    CHECK(malformed(picture) == "");
    for (const std::string bad : {"nan", "inf,", ",inf", "\"inf", "e+", "-0,", "var("}) {
      CAPTURE(bad);
      const auto at = picture.find(bad);
      CHECK((at == std::string::npos ? "" : picture.substr(at < 60 ? 0 : at - 60, 120)) == "");
    }
    CHECK(picture.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    CHECK(picture.ends_with("</svg>\n"));
  }
}

TEST_CASE("the check for well-formed text fails on text that is not") {
  CHECK(malformed("<a><b/></a>") == "");
  CHECK(malformed("<a><b></a>") != "");
  CHECK(malformed("<a>x & y</a>") != "");
  CHECK(malformed("<a x=1/>") != "");
  CHECK(malformed("<a x=\"1\" x=\"2\"/>") != "");
  CHECK(malformed("<a>") != "");
}

TEST_CASE("the same sweep gives the same bytes, and two pictures share no id") {
  CHECK(svg(golden_sweep("seed_adam")) == svg(golden_sweep("seed_adam")));
  const auto id = [](const std::string& picture) {
    return picture.substr(picture.find("<title id="), 30);
  };
  CHECK(id(svg(golden_sweep("seed_adam"))) != id(svg(golden_sweep("bn_sgd"))));
}

TEST_CASE("the finding comes first, as the title and description that screen readers read") {
  const std::string picture = svg(golden_sweep("seed_adam"));
  CHECK(picture.find("role=\"img\"") < picture.find('>'));
  const auto first = picture.find('<', picture.find('>'));
  CHECK(picture.substr(first, 7) == "<title ");
  const auto second = picture.find('<', picture.find("</title>") + 1);
  CHECK(picture.substr(second, 6) == "<desc ");
  CHECK(picture.find(">Suggested learning rate: 6.64e-3</title>") != std::string::npos);
  CHECK(picture.find("The loss diverged at lr 10") != std::string::npos);
  CHECK(picture.find("Rule valley: 1.91e-4.") != std::string::npos);
}

TEST_CASE(
    "each suggestion has a marker with a tooltip, a dashed line and a label; rules without one "
    "have none") {
  const Sweep sweep = golden_sweep("seed_adam");
  std::size_t drawn = 0;
  for (const Suggestion& suggestion : sweep.suggestions) drawn += suggestion ? 1 : 0;
  REQUIRE(drawn == 5);
  const std::string picture = svg(sweep);
  CHECK(count(picture, "<g><title>") == drawn);
  CHECK(count(picture, "stroke-dasharray") == drawn);
  CHECK(picture.find(">valley 1.91e-4</text>") != std::string::npos);
  CHECK(picture.find(">ravine 6.64e-3</text>") != std::string::npos);
  CHECK(picture.find(">slide ") == std::string::npos);

  const std::string chosen = svg(sweep, {.rules = {"valley"}});
  CHECK(count(chosen, "<g><title>") == 2);  // the chosen rule always is
  CHECK_THROWS_AS(svg(sweep, {.rules = {"best"}}), Error);
}

TEST_CASE(
    "light colours are attributes and dark ones a media query, so that both kinds of viewer see "
    "them") {
  const std::string picture = svg(golden_sweep("seed_adam"));
  CHECK(count(picture, "@media (prefers-color-scheme: dark)") == 1);
  CHECK(attribute(picture, "rv-smooth", "stroke") == "#0072b2");
  CHECK(
      picture.find("<rect class=\"rv-paper\" width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>") !=
      std::string::npos);
  CHECK(count(picture, "clip-path=") == 1);
}

TEST_CASE("lines break where a loss is not finite") {
  const Sweep whole = sweep_of(100, typical);
  Sweep gap = whole;
  gap.points[40].loss = gap.points[41].loss = not_a_number;
  gap.analyse();
  CHECK(count(attribute(svg(whole), "rv-raw", "d"), "M") == 1);
  CHECK(count(attribute(svg(gap), "rv-raw", "d"), "M") == 2);
  CHECK(count(attribute(svg(gap), "rv-smooth", "d"), "M") == 2);
}

TEST_CASE("a divergence does not flatten the fall, and leaves through the top uncut") {
  const auto exploding = [](double d) {
    return typical(d) + (d > 6 ? std::pow(10.0, 6 * (d - 6)) : 0);
  };
  const std::string path = attribute(svg(sweep_of(100, exploding)), "rv-smooth", "d");
  double highest = 1e9, lowest = -1e9, first = 0;
  std::size_t at = 0, points = 0;
  while ((at = path.find(',', at)) != std::string::npos) {
    const double y = std::stod(path.substr(++at));
    if (points++ == 0) first = y;
    highest = std::min(highest, y);
    lowest = std::max(lowest, y);
  }
  CHECK(points == 101);
  CHECK(lowest - first > 200);  // pixels that the fall has
  CHECK(highest < -1000);       // above the picture: not clamped to its edge
}

TEST_CASE("repeats are drawn as a band behind the curve, and the diverged end is shaded") {
  Sweep sweep = sweep_of(100, typical);
  CHECK(svg(sweep).find("class=\"rv-band\" d=") == std::string::npos);
  CHECK(count(svg(sweep), "class=\"rv-diverged\"") == 2);  // the area and its legend
  sweep.repeats = {sweep_of(100, [](double d) { return typical(d + 0.3); }).points};
  const std::string picture = svg(sweep);
  CHECK(picture.find("range of 2 sweeps") != std::string::npos);
  CHECK(picture.find("class=\"rv-band\" d=") < picture.rfind("class=\"rv-smooth\" d="));
  CHECK(svg(sweep_of(100, [](double d) { return 2 - 0.1 * d; })).find("class=\"rv-diverged\"") ==
        std::string::npos);
}

TEST_CASE("pictures of nothing say so") {
  CHECK(svg(sweep_of(100, [](double) {
          return not_a_number;
        })).find(">No finite loss was recorded.<") != std::string::npos);
  Sweep empty;
  empty.analyse();
  CHECK(svg(empty).find(">No point was recorded.<") != std::string::npos);
  CHECK(svg(empty).find(">No learning rate suggested<") != std::string::npos);
}

TEST_CASE("text is escaped, and what XML cannot hold is replaced") {
  CHECK(escape_xml("a<b & \"c\">") == "a&lt;b &amp; &quot;c&quot;&gt;");
  CHECK(escape_xml("\x01\x7F") == "\uFFFD\uFFFD");
  CHECK(escape_xml("β 模型 🙂") == "β 模型 🙂");
  CHECK(escape_xml("\xFF"
                   "a\xC3") == "\uFFFDa\uFFFD");
  CHECK(escape_xml("\xC0\xAF") == "\uFFFD\uFFFD");                      // overlong
  CHECK(escape_xml("\xED\xA0\x80").find("\xED") == std::string::npos);  // surrogate
  CHECK(escape_xml("\xEF\xBF\xBF") == "\uFFFD");
}

TEST_CASE("a long name is cut under the title and whole in the description") {
  Sweep sweep = golden_sweep("seed_adam");
  sweep.subject.model.name = std::string(300, 'm');
  const std::string picture = svg(sweep);
  CHECK(count(picture, sweep.subject.model.name) == 1);
  CHECK(picture.find("mm…, 693,962 parameters") != std::string::npos);
  CHECK(shortened("abcdef", 10) == "abcdef");
  CHECK(text_width(shortened(std::string(300, 'W'), 20), 1) <= text_width(std::string(22, 'x'), 1));
}

TEST_CASE(
    "labels never overlap, stay in their order and in the picture, and where they want when there "
    "is room") {
  const std::vector<double> apart = place_labels({{100, 50}, {300, 50}}, 0, 1000);
  CHECK(apart == std::vector<double>{100, 300});
  CHECK(place_labels({{500, 100}, {500, 100}}, 0, 1000) == std::vector<double>{446, 554});

  const std::vector<LabelWish> wishes{{500, 120}, {500, 100}, {480, 130}, {510, 90},
                                      {990, 120}, {5, 140},   {500, 110}};
  const std::vector<double> centers = place_labels(wishes, 0, 1000);
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    CHECK(centers[i] - wishes[i].width / 2 >= 0);
    CHECK(centers[i] + wishes[i].width / 2 <= 1000);
    for (std::size_t j = 0; j < i; ++j) {
      CHECK(std::abs(centers[i] - centers[j]) >= (wishes[i].width + wishes[j].width) / 2);
      if (wishes[i].anchor > wishes[j].anchor) CHECK(centers[i] > centers[j]);
    }
  }
  CHECK(place_labels({}, 0, 100).empty());
}

TEST_CASE("the rate axis has a label at every decade and marks for 2 to 9 between them") {
  const std::vector<Tick> ticks = rate_ticks(1e-7, 10);
  std::size_t labels = 0;
  for (const Tick& tick : ticks) {
    labels += tick.label.empty() ? 0 : 1;
    CHECK(tick.decade == !tick.label.empty());
  }
  CHECK(labels == 9);
  CHECK(ticks.size() == 8 * 9 + 1);
  CHECK(ticks.front().label.find("−7") != std::string::npos);
  // Less than a decade still has labels, a hundred decades not too many.
  std::size_t few = 0, many = 0;
  for (const Tick& tick : rate_ticks(1.5e-3, 6e-3)) few += tick.label.empty() ? 0 : 1;
  for (const Tick& tick : rate_ticks(1e-36, 1e36)) many += tick.label.empty() ? 0 : 1;
  CHECK(few == 2);
  CHECK(many <= 20);
}

TEST_CASE("the loss axis has about six different round labels at any scale") {
  for (const auto& range : std::vector<std::pair<double, double>>{{0, 2.5},
                                                                  {2.29, 2.31},
                                                                  {-5, -2},
                                                                  {0.9e300, 3e300},
                                                                  {1e-9, 3e-9},
                                                                  {-1, 1},
                                                                  {99999.5, 100001},
                                                                  {0.5, 1e6}}) {
    const double low = range.first, high = range.second;
    CAPTURE(low);
    const std::vector<Tick> ticks = loss_ticks(low, high);
    std::set<std::string> labels;
    for (const Tick& tick : ticks) {
      CHECK(tick.value >= low - 1e-6 * (high - low));
      CHECK(tick.value <= high + 1e-6 * (high - low));
      labels.insert(tick.label);
    }
    CHECK(labels.size() == ticks.size());
    CHECK(ticks.size() >= 3);
    CHECK(ticks.size() <= 10);
  }
  CHECK(loss_ticks(-1, 1)[loss_ticks(-1, 1).size() / 2].label.starts_with("0"));
}

TEST_CASE("no locale puts a comma into a number") {
  const std::string before = svg(golden_sweep("bn_sgd"));
  const char* const old = std::setlocale(LC_ALL, nullptr);
  const std::string kept = old;
  for (const char* const name : {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"}) {
    if (std::setlocale(LC_ALL, name) != nullptr) CHECK(svg(golden_sweep("bn_sgd")) == before);
  }
  std::setlocale(LC_ALL, kept.c_str());
}
