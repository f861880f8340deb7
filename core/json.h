#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ravine {

class Json;

/// Key and value of an object's member.
using JsonMember = std::pair<std::string, Json>;

/// One JSON value, for building and writing; values are read through a JsonView.
///
/// Members of an object keep their order and no key comes twice. A number written with a fraction
/// or an exponent is a `number`, every other one an `integer`.
class Json {
 public:
  enum class Kind { null, boolean, integer, number, string, array, object };

  Json() = default;
  Json(std::nullptr_t) {}
  Json(std::same_as<bool> auto value) : value_(value) {}
  Json(std::floating_point auto value) : value_(static_cast<double>(value)) {}
  Json(const char* text) : value_(std::string(text)) {}
  Json(std::string_view text) : value_(std::string(text)) {}
  Json(std::string text) : value_(std::move(text)) {}
  /// Throws  Error for a value above 2⁶³ − 1.
  template <std::integral T>
  requires(!std::same_as<T, bool>) Json(T value) : value_(static_cast<std::int64_t>(value)) {
    if (!std::in_range<std::int64_t>(value)) fail_too_large(static_cast<std::uint64_t>(value));
  }

  /// `Json::object({{"schema", "ravine.sweep/1"}, {"seed", 42}})`.
  /// Throws  Error when a key comes twice.
  static Json object(std::vector<JsonMember> members = {});
  /// `Json::array({1, 2, 3})`, and `Json::array(losses)` from any range of such values.
  static Json array(std::vector<Json> items = {});
  template <std::ranges::input_range Range>
  static Json array(const Range& values) {
    return array(std::vector<Json>(std::ranges::begin(values), std::ranges::end(values)));
  }

  /// Adds a member, or replaces the value of the one there. Throws  Error unless this is an object.
  void set(std::string key, Json value);
  /// Throws  Error unless this is an array.
  void push_back(Json value);

  Kind kind() const { return static_cast<Kind>(value_.index()); }

  /// The same kind and value, with members in the same order: 1 is not 1.0.
  friend bool operator==(const Json& a, const Json& b);

 private:
  friend class JsonView;
  friend class JsonWriter;
  [[noreturn]] static void fail_too_large(std::uint64_t value);

  // In the order of Kind.
  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, std::vector<Json>,
               std::vector<JsonMember>>
      value_;
};

/// What a text may hold at most. Keras writes about 30 nodes a layer.
struct JsonLimits {
  std::size_t bytes = std::size_t{4} << 20;
  std::size_t nodes = 100'000;  ///< values of every kind
  std::size_t depth = 64;       ///< arrays and objects inside each other
};

/// A place in a JSON document, with getters that check what they find there.
///
/// `spec.at("config").at("filters").integer(1, 4096)` gives the value or throws a DataError:
/// "model.json: /config/filters: expected an integer in [1, 4096], found true". Cheap to copy; it
/// keeps the document alive. Nothing is converted behind the caller's back: `true` is no 1.
class JsonView {
 public:
  struct Member;

  /// `source` names the document in errors, as its file's name does.
  JsonView(Json document, std::string source);

  Json::Kind kind() const { return node_->kind(); }
  bool is_null() const { return kind() == Json::Kind::null; }
  bool is_string() const { return kind() == Json::Kind::string; }
  bool is_array() const { return kind() == Json::Kind::array; }
  bool is_object() const { return kind() == Json::Kind::object; }

  /// The member of an object, which has to be there.
  JsonView at(std::string_view key) const;
  /// The member of an object if there is one; a null is one.
  std::optional<JsonView> find(std::string_view key) const;
  std::vector<JsonView> items() const;
  std::vector<Member> members() const;

  bool boolean() const;
  std::string string() const;
  /// A string that is one of `choices`.
  std::string one_of(std::initializer_list<std::string_view> choices) const;
  /// An integer in [min, max]; 3.0 is not one.
  std::int64_t integer(std::int64_t min = std::numeric_limits<std::int64_t>::min(),
                       std::int64_t max = std::numeric_limits<std::int64_t>::max()) const;
  /// An integer in [min, max], which may be written as 3.0.
  std::int64_t whole(std::int64_t min = std::numeric_limits<std::int64_t>::min(),
                     std::int64_t max = std::numeric_limits<std::int64_t>::max()) const;
  /// A number in [min, max]; integers are numbers.
  double number(double min = -std::numeric_limits<double>::infinity(),
                double max = std::numeric_limits<double>::infinity()) const;

  const Json& value() const { return *node_; }

  /// "model.json: /config/layers/1", the place as a JSON pointer (RFC 6901).
  std::string where() const;
  /// Throws  DataError "<where>: <message>".
  [[noreturn]] void fail(std::string_view message) const;
  /// Throws  DataError "<where>: expected <what>, found <the value>".
  [[noreturn]] void fail_expected(std::string_view what) const;

 private:
  struct Document {
    Json root;
    std::string source;
  };

  JsonView(std::shared_ptr<const Document> document, const Json* node)
      : document_(std::move(document)), node_(node) {}

  std::shared_ptr<const Document> document_;
  const Json* node_;
};

struct JsonView::Member {
  std::string key;
  JsonView value;
};

/// Reads one JSON text (RFC 8259), strictly: no key twice, valid UTF-8, no NaN, nothing behind it.
///
/// Integers outside 64 bits become numbers. Throws  DataError with `source` and the byte offset or
/// JSON pointer; read_json also IoError when there is no reading `file`.
JsonView parse_json(std::string_view text, std::string source, const JsonLimits& limits = {});
JsonView read_json(const std::filesystem::path& file, const JsonLimits& limits = {});

/// The JSON text of a value: on one line without spaces, or indented by `indent` spaces a level
/// with arrays of plain values on one line.
///
/// Doubles are written with the fewest digits that read back the same. Throws  Error for a double
/// that is not finite and a string that is not UTF-8, neither of which JSON has.
std::string dump(const Json& value, int indent = 0);

/// Any bytes as a short quoted string of printable ASCII, for error messages.
std::string quote(std::string_view text);

/// A key as one step of a JSON pointer: "/" becomes "~1" and "~" becomes "~0"; printable ASCII.
std::string pointer_token(std::string_view key);

}  // namespace ravine
