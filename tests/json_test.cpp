#include <cmath>
#include <limits>

#include <doctest/doctest.h>
#include <locale.h>

#include <ravine/core/error.h>
#include <ravine/core/file.h>
#include <ravine/core/json.h>

#include "temporary.h"

using namespace ravine;

namespace {

std::string message_of(auto&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::string refusal_of(std::string_view text, const JsonLimits& limits = {}) {
  try {
    parse_json(text, "t", limits);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

bool refused(std::string_view text) {
  return refusal_of(text).starts_with("t: ");
}

JsonView value(std::string_view text) {
  return parse_json(text, "t");
}

std::string again(std::string_view text, int indent = 0) {
  return dump(parse_json(text, "t").value(), indent);
}

constexpr const char* comma_locale = "de_DE.UTF-8";

bool has_comma_locale() {
  const locale_t locale = newlocale(LC_NUMERIC_MASK, comma_locale, nullptr);
  if (locale == nullptr) return false;
  freelocale(locale);
  return true;
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

}  // namespace

TEST_CASE("every kind of value reads and writes back the same") {
  for (const char* text : {"null",
                           "true",
                           "false",
                           "0",
                           "-1",
                           "9223372036854775807",
                           "-9223372036854775808",
                           "0.5",
                           "-0.0",
                           "1e-07",
                           "5e-324",
                           "1.7976931348623157e+308",
                           "0.009999999776482582",
                           "3.0",
                           R"("")",
                           R"("text")",
                           "[]",
                           "{}",
                           "[null,[1,2.5],{\"a\":[]}]",
                           R"({"z":1,"a":{"y":2,"b":[true]},"m":"last"})",
                           R"("\"\\\b\f\n\r\t\u0001/")",
                           "\"caf\u00e9 \U0001F600 \u007f\""}) {
    CAPTURE(text);
    CHECK(again(text) == text);
  }
  CHECK(again(" \n[ 1 ,\t2 ]\r\n") == "[1,2]");
  CHECK(again(R"("\u00e9\ud83d\ude00\/")") == "\"\u00e9\U0001F600/\"");
  CHECK(again("1.50") == "1.5");
  CHECK(again("1E2") == "100.0");
}

TEST_CASE("text that is no strict JSON is refused") {
  for (const char* text :
       {"",         " ",        "nul",     "NaN",         "[NaN]",       "Infinity",    "-Infinity",
        "-",        "+1",       "01",      "1.",          ".5",          "1e",          "0x10",
        "1e999",    "[1e999]",  "'a'",     "{a:1}",       "[1,]",        "{\"a\":1,}",  "{\"a\"}",
        "{1:2}",    "[1 2]",    "\"",      "\"\\x\"",     "\"\\ud800\"", "\"\\udc00\"", "\"\\u12\"",
        "\"a\nb\"", "\"a\tb\"", "// c\n1", "[1] /* c */", "{}{}",        "1 2",         "[1]]",
        "[",        "{",        "{\"a\":", "[[]",         "True",        "None"}) {
    CAPTURE(text);
    CHECK(refused(text));
  }
}

TEST_CASE("bytes that are no UTF-8 are refused") {
  for (const char* bytes : {"\xff", "\x80", "\xc0\x80", "\xc3", "\xe2\x82", "\xed\xa0\x80",
                            "\xf4\x90\x80\x80", "\xf0\x80\x80\x80"}) {
    CAPTURE(bytes);
    CHECK(refused("[\"" + std::string(bytes) + "\"]"));
    CHECK(refused("{\"" + std::string(bytes) + "\":1}"));
    CHECK(refused("[1]" + std::string(bytes)));
    CHECK_THROWS_AS(dump(Json(bytes)), Error);
    CHECK_THROWS_AS(dump(Json::object({{bytes, 1}})), Error);
  }
}

TEST_CASE("a NUL is no end of the text") {
  const std::string text("{}\0garbage", 10);
  CHECK(refusal_of(text) == "t: byte 2: a NUL character is no JSON");
  CHECK(refused(std::string_view("{}\0", 3)));
  CHECK(refused(std::string_view("\"a\0b\"", 5)));
  CHECK(value("\"a\\u0000b\"").string() == std::string("a\0b", 3));
}

TEST_CASE("a syntax error names the source and the byte") {
  CHECK(refusal_of("[1, 2, x]").starts_with("t: byte 7: parse error at line 1, column 8: "));
  CHECK(refusal_of("[1,\n\n  2").starts_with("t: byte 8: parse error at line 3, column 4: "));
  CHECK(refusal_of("").starts_with("t: byte 0: "));
}

TEST_CASE("a refusal is short and printable whatever the text holds") {
  const std::string message = refusal_of("[\"" + std::string(100'000, 'a') + "\x1b\xff");
  CHECK(message.size() < 400);
  for (const char c : message) CHECK((c >= ' ' && c <= '~'));
}

TEST_CASE("a key that comes twice is refused wherever it is") {
  CHECK(refusal_of(R"({"a":1,"b":2,"a":3})") == R"(t: the key "a" comes twice in one object)");
  CHECK(refusal_of(R"({"x/y":[0,{"a":{"k":1,"k":1}}]})") ==
        R"(t: /x~1y/1/a: the key "k" comes twice in one object)");
  CHECK(refused(R"({"a":1,"\u0061":2})"));
  CHECK_FALSE(refused(R"([{"a":1},{"a":{"a":2}}])"));
  CHECK_THROWS_AS(Json::object({{"a", 1}, {"a", 2}}), Error);
}

TEST_CASE("depth, nodes and bytes are limited") {
  CHECK_FALSE(refused(nested(64)));
  CHECK(refusal_of(nested(65)).ends_with("/0/0: arrays and objects are nested more than 64 deep"));
  CHECK(refused(std::string(1'000'000, '[')));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  CHECK(refused(objects));

  const JsonLimits limits{.bytes = 30, .nodes = 5, .depth = 2};
  CHECK(refusal_of("[1,2,{\"a\":3}]", limits).empty());
  CHECK(refusal_of("[1,2,{\"a\":3},4]", limits) == "t: /3: more than 5 values");
  CHECK(refusal_of("[[[]]]", limits) == "t: /0/0: arrays and objects are nested more than 2 deep");
  CHECK(refusal_of("[" + std::string(28, ' ') + "]", limits).empty());
  CHECK(refusal_of("[" + std::string(29, ' ') + "]", limits) ==
        "t: 31 bytes of JSON; the limit is 30");

  std::string many = "[0";
  for (int i = 0; i < 99'999; ++i) many += ",0";
  CHECK(refusal_of(many + "]") == "t: /99999: more than 100000 values");
}

TEST_CASE("integers are never what they are not") {
  CHECK(value("5").integer(1, 5) == 5);
  CHECK(value("9223372036854775807").integer() == std::numeric_limits<std::int64_t>::max());
  const auto message = [](const char* text) {
    return message_of([&] { parse_json(text, "t").integer(1, 1 << 20); });
  };
  CHECK(message("-1") == "t: expected an integer in [1, 1048576], found -1");
  CHECK(message("4294967297") == "t: expected an integer in [1, 1048576], found 4294967297");
  CHECK(message("true") == "t: expected an integer in [1, 1048576], found true");
  CHECK(message("null") == "t: expected an integer in [1, 1048576], found null");
  CHECK(message("3.0") == "t: expected an integer in [1, 1048576], found 3.0");
  CHECK(message("\"3\"") == "t: expected an integer in [1, 1048576], found \"3\"");
  CHECK(message("[3]") == "t: expected an integer in [1, 1048576], found an array of 1");
  CHECK(message("{\"a\":3}") == "t: expected an integer in [1, 1048576], found an object of 1");
  // Above 2⁶³ − 1 a number is a double, and no integer in any range.
  CHECK_THROWS_AS(value("9223372036854775808").integer(), DataError);
  CHECK_THROWS_AS(value("18446744073709551615").integer(), DataError);
  CHECK_THROWS_AS(value("-9223372036854775809").integer(), DataError);
  CHECK(message_of([] { value("-1").integer(0); }) ==
        "t: expected an integer of at least 0, found -1");
  CHECK(message_of([] { value("1.5").integer(); }) == "t: expected an integer, found 1.5");
}

TEST_CASE("whole numbers may be written with a fraction of zero") {
  CHECK(value("3.0").whole(0, 3) == 3);
  CHECK(value("3").whole(0, 3) == 3);
  CHECK(value("-0.0").whole(0, 3) == 0);
  CHECK(value("1e3").whole() == 1000);
  for (const char* text :
       {"3.5", "4.0", "-1.0", "1e300", "-1e300", "9223372036854775808", "true"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(value(text).whole(0, 3), DataError);
  }
  CHECK_THROWS_AS(value("9223372036854775808").whole(), DataError);
}

TEST_CASE("numbers take integers but not truth or text") {
  CHECK(value("2").number() == 2.0);
  CHECK(value("0.5").number(0, 1) == 0.5);
  CHECK(value("18446744073709551616").number() == 0x1p64);
  CHECK(message_of([] { value("1.5").number(0, 1); }) ==
        "t: expected a number in [0, 1], found 1.5");
  CHECK_THROWS_AS(value("true").number(), DataError);
  CHECK_THROWS_AS(value("\"1\"").number(), DataError);
  CHECK_THROWS_AS(value("null").number(), DataError);
}

TEST_CASE("a place in a document is walked to, and named in errors") {
  const JsonView spec = parse_json(R"({"config": {"layers": [{"class_name": "Input"},
      {"config": {"filters": -3, "padding": "reflect", "a~b/c\u001b": 1, "use_bias": 0}}]}})",
                                   "model.json");
  const JsonView config = spec.at("config").at("layers").items()[1].at("config");
  CHECK(config.where() == "model.json: /config/layers/1/config");
  CHECK(message_of([&] { config.at("filters").integer(1, 1 << 20); }) ==
        "model.json: /config/layers/1/config/filters: "
        "expected an integer in [1, 1048576], found -3");
  CHECK(message_of([&] { config.at("use_bias").boolean(); }) ==
        "model.json: /config/layers/1/config/use_bias: expected true or false, found 0");
  CHECK(message_of([&] {
          config.at("padding").one_of({"valid", "same"});
        }) ==
        "model.json: /config/layers/1/config/padding: "
        "expected one of \"valid\", \"same\", found \"reflect\"");
  CHECK(message_of([&] {
          config.at("padding").one_of({"valid"});
        }).ends_with("expected \"valid\", found \"reflect\""));
  CHECK(config.at("padding").one_of({"valid", "reflect"}) == "reflect");
  CHECK(config.members()[2].value.where() == "model.json: /config/layers/1/config/a~0b~1c\\u001b");
  CHECK(message_of([&] { spec.at("config").at("layer"); }) ==
        "model.json: /config: expected a member \"layer\", found \"layers\"");
  CHECK(message_of([&] {
          config.at("filters").at("x");
        }).ends_with("expected an object with \"x\", found -3"));
  CHECK(message_of([&] { config.at("filters").items(); }).ends_with("expected an array, found -3"));
  CHECK(message_of([&] {
          config.at("filters").members();
        }).ends_with("expected an object, found -3"));
  CHECK(
      message_of([&] { config.at("filters").string(); }).ends_with("expected a string, found -3"));
  CHECK(message_of([&] { spec.fail("is not a model"); }) == "model.json: is not a model");
  CHECK(message_of([&] { value("{}").at("x"); }) == "t: expected a member \"x\", found none");

  CHECK_FALSE(config.find("strides").has_value());
  CHECK(value(R"({"a":null})").find("a")->is_null());
  CHECK_THROWS_AS(value("[]").find("a"), DataError);
}

TEST_CASE("a place keeps its document alive") {
  const JsonView layer =
      [] { return value(R"([{"name":"a long enough name for the heap"}])"); }().items()[0];
  CHECK(layer.at("name").string() == "a long enough name for the heap");
  CHECK(layer.where() == "t: /0");
}

TEST_CASE("members come in the order of the text") {
  std::string keys;
  for (const auto& [key, number] : value(R"({"z":1,"a":2,"k":3})").members()) {
    keys += key + std::to_string(number.integer());
  }
  CHECK(keys == "z1a2k3");
}

TEST_CASE("values are built as they are written") {
  const std::vector<float> losses{2.5F, 0.1F};
  Json report = Json::object({{"schema", "ravine.sweep/1"},
                              {"seed", 42},
                              {"fused", true},
                              {"reason", nullptr},
                              {"rate", 1e-3},
                              {"shape", Json::array({28, 28, 1})},
                              {"losses", Json::array(losses)},
                              {"inner", Json::object({{"name", std::string("a")}})}});
  report.set("seed", std::uint64_t{7});
  report.set("points", Json::array());
  Json points = Json::array();
  points.push_back(Json::object({{"x", 1}}));
  points.push_back("end");
  report.set("points", points);
  CHECK(dump(report) ==
        R"({"schema":"ravine.sweep/1","seed":7,"fused":true,"reason":null,"rate":0.001,)"
        R"("shape":[28,28,1],"losses":[2.5,0.10000000149011612],"inner":{"name":"a"},)"
        R"("points":[{"x":1},"end"]})");
  CHECK(parse_json(dump(report), "t").value() == report);
  CHECK(parse_json(dump(report, 3), "t").value() == report);
  CHECK_FALSE(report == Json::object({{"schema", "ravine.sweep/1"}}));
  CHECK_FALSE(Json(1) == Json(1.0));
  CHECK_FALSE(Json(1) == Json(true));

  CHECK_THROWS_AS(report.push_back(1), Error);
  CHECK_THROWS_AS(points.set("a", 1), Error);
  CHECK_THROWS_AS(report.set("seed", std::numeric_limits<std::uint64_t>::max()), Error);
}

TEST_CASE("an indented text has members on lines of their own and plain arrays on one") {
  const char* text = R"({"a":1,"shape":[28,28,1],"empty":{},"none":[],"layers":[{"b":2},[3]]})";
  CHECK(again(text, 2) == R"({
  "a": 1,
  "shape": [28, 28, 1],
  "empty": {},
  "none": [],
  "layers": [
    {
      "b": 2
    },
    [3]
  ]
})");
}

TEST_CASE("doubles are written with the fewest digits that read back the same") {
  for (const double number : {0.1, 1.0 / 3, 1e22, 1e23, 123456789.0, 2.2250738585072014e-308, -1e-5,
                              static_cast<double>(0.01F)}) {
    CAPTURE(number);
    const std::string text = dump(Json(number));
    CHECK(value(text).number() == number);
    CHECK(value(text).kind() == Json::Kind::number);
    CHECK(text.size() <= 24);
  }
  CHECK(std::signbit(value("-0.0").number()));
  for (const double number : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    CHECK_THROWS_AS(dump(Json(number)), Error);
  }
}

TEST_CASE("any bytes are quoted short and printable") {
  CHECK(quote("Conv2D") == "\"Conv2D\"");
  CHECK(quote("a\"b\\\n\x1b\xff\u00e9") == R"("a\"b\\\n\u001b\ufffd\u00e9")");
  CHECK(quote(std::string(1000, 'a')) == "\"" + std::string(60, 'a') + "...\"");
}

TEST_CASE("specs of Keras read, and write the same values") {
  const std::string golden = std::string(RAVINE_TEST_DIR) + "/golden/";
  for (const char* name :
       {"eco_keras3_0_config.json", "eco_keras3_15_config.json", "eco_tfjs_4_22.json",
        "suggestions.json", "sweeps/bn_sgd.json", "sweeps/bn_sgd.model.json"}) {
    CAPTURE(name);
    const JsonView spec = read_json(golden + name);
    CHECK(spec.is_object());
    CHECK(parse_json(dump(spec.value(), 2), name).value() == spec.value());
  }
  const JsonView spec = read_json(golden + "eco_keras3_15_config.json");
  const std::vector<JsonView> layers = spec.at("config").at("layers").items();
  CHECK(layers.at(1).at("config").at("filters").integer(1, 4096) == 32);
  CHECK(layers.at(0).at("config").at("batch_shape").items()[0].is_null());
}

TEST_CASE("a spec that is too large or missing is refused by name") {
  const TemporaryFolder folder;
  CHECK_THROWS_AS(read_json(folder / "none.json"), IoError);
  write_file(folder / "large.json", "[" + std::string((4 << 20) - 1, ' ') + "]");
  CHECK(message_of([&] { read_json(folder / "large.json"); }) ==
        (folder / "large.json").string() + " has 4194305 bytes; the limit is 4194304");
  write_file(folder / "bad.json", "[1,");
  CHECK(message_of([&] {
          read_json(folder / "bad.json");
        }).starts_with((folder / "bad.json").string() + ": byte 3: "));
}

TEST_CASE("numbers read and write the same under a locale with decimal commas" *
          doctest::skip(!has_comma_locale())) {
  setlocale(LC_NUMERIC, comma_locale);
  const std::string text = again("[1.5,0.001]");
  const double number = value("2.5").number();
  setlocale(LC_NUMERIC, "C");
  CHECK(text == "[1.5,0.001]");
  CHECK(number == 2.5);
}

TEST_CASE("a truncated or changed text is read or refused, never more") {
  const std::string text = R"({"a":[1,-2.5e3,true,null,"x\u00e9"],"b":{"c":{}}})";
  for (std::size_t length = 0; length < text.size(); ++length) {
    CAPTURE(length);
    CHECK(refused(text.substr(0, length)));
  }
  int accepted = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = text;
      changed[i] = static_cast<char>(byte);
      try {
        const JsonView view = parse_json(changed, "t");
        CHECK(parse_json(dump(view.value()), "t").value() == view.value());
        ++accepted;
      } catch (const DataError&) {
      }
    }
  }
  CHECK(accepted > 0);
}
