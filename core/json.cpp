#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <ravine/core/error.h>
#include <ravine/core/file.h>
#include <ravine/core/json.h>

namespace ravine {
namespace {

constexpr std::size_t longest_quote = 60;
constexpr std::size_t longest_complaint = 240;

// A string literal. Throws nlohmann's type_error for invalid UTF-8 if the handler is strict.
std::string literal(std::string_view text, bool ascii, nlohmann::json::error_handler_t handler) {
  return nlohmann::json(std::string(text)).dump(-1, ' ', ascii, handler);
}

// nlohmann's complaint without its error class, and without the many bytes of the text that the
// last token may hold.
std::string complaint(std::string_view what) {
  const std::size_t bracket = what.find("] ");
  if (bracket != std::string_view::npos) what.remove_prefix(bracket + 2);
  std::string text(what);
  if (text.size() > longest_complaint) {
    text.replace(longest_complaint / 2, text.size() - longest_complaint, " ... ");
  }
  std::ranges::replace_if(
      text, [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

// Receives the parser's events and keeps one frame for each array or object that is still open.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(const std::string& source, const JsonLimits& limits) : source_(source), limits_(limits) {}

  Json take() { return std::move(root_); }

  bool null() override { return add(Json()); }
  bool boolean(bool value) override { return add(Json(value)); }
  bool number_integer(number_integer_t value) override { return add(Json(value)); }
  bool number_unsigned(number_unsigned_t value) override {
    return add(std::in_range<std::int64_t>(value) ? Json(value) : Json(static_cast<double>(value)));
  }
  bool number_float(number_float_t value, const string_t&) override { return add(Json(value)); }
  bool string(string_t& text) override { return add(Json(std::move(text))); }
  bool binary(binary_t&) override { return false; }  // JSON text has none

  bool start_object(std::size_t) override { return open(true); }
  bool start_array(std::size_t) override { return open(false); }
  bool key(string_t& key) override {
    open_.back().members.push_back({std::move(key), Json()});
    return true;
  }
  bool end_object() override {
    std::vector<JsonMember> members = std::move(open_.back().members);
    open_.pop_back();
    try {
      return place(Json::object(std::move(members)));
    } catch (const Error& error) {
      fail(error.what());
    }
  }
  bool end_array() override {
    std::vector<Json> items = std::move(open_.back().items);
    open_.pop_back();
    return place(Json::array(std::move(items)));
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    throw DataError(fmt::format("{}: byte {}: {}", source_, std::max(position, std::size_t{1}) - 1,
                                complaint(error.what())));
  }

 private:
  struct Frame {
    bool is_object;
    std::vector<Json> items;
    std::vector<JsonMember> members;
  };

  [[noreturn]] void fail(const std::string& message) const {
    std::string pointer;
    for (const Frame& frame : open_) {
      pointer += frame.is_object ? fmt::format("/{}", pointer_token(frame.members.back().first))
                                 : fmt::format("/{}", frame.items.size());
    }
    throw DataError(
        fmt::format("{}: {}{}{}", source_, pointer, pointer.empty() ? "" : ": ", message));
  }

  void count() {
    if (++nodes_ > limits_.nodes) fail(fmt::format("more than {} values", limits_.nodes));
  }

  bool open(bool is_object) {
    count();
    if (open_.size() == limits_.depth) {
      fail(fmt::format("arrays and objects are nested more than {} deep", limits_.depth));
    }
    open_.push_back({is_object, {}, {}});
    return true;
  }

  bool add(Json value) {
    count();
    return place(std::move(value));
  }

  bool place(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().is_object) {
      open_.back().members.back().second = std::move(value);
    } else {
      open_.back().items.push_back(std::move(value));
    }
    return true;
  }

  const std::string& source_;
  const JsonLimits& limits_;
  std::vector<Frame> open_;
  std::size_t nodes_ = 0;
  Json root_;
};

}  // namespace

// Writes a value to the end of a text.
class JsonWriter {
 public:
  explicit JsonWriter(int indent) : indent_(indent) {}

  std::string take() { return std::move(text_); }

  void write(const Json& json, int level) {
    std::visit([&](const auto& value) { put(value, level); }, json.value_);
  }

 private:
  void put(std::nullptr_t, int) { text_ += "null"; }
  void put(bool value, int) { text_ += value ? "true" : "false"; }
  void put(std::int64_t value, int) { put_number(value); }

  void put(double value, int) {
    if (!std::isfinite(value)) throw Error(fmt::format("JSON has no number for {}", value));
    const std::size_t start = text_.size();
    put_number(value);
    // Without this, 3.0 would come back as an integer.
    if (text_.find_first_of(".e", start) == std::string::npos) text_ += ".0";
  }

  void put(const std::string& value, int) {
    try {
      text_ += literal(value, false, nlohmann::json::error_handler_t::strict);
    } catch (const nlohmann::json::type_error&) {
      throw Error(fmt::format("JSON text is UTF-8; {} is not", quote(value)));
    }
  }

  void put(const std::vector<Json>& items, int level) {
    const bool on_one_line = std::ranges::none_of(items, [](const Json& item) {
      return item.kind() == Json::Kind::array || item.kind() == Json::Kind::object;
    });
    text_ += '[';
    for (const Json& item : items) {
      if (&item != items.data()) text_ += indent_ > 0 && on_one_line ? ", " : ",";
      if (!on_one_line) break_line(level + 1);
      write(item, level + 1);
    }
    if (!on_one_line) break_line(level);
    text_ += ']';
  }

  void put(const std::vector<JsonMember>& members, int level) {
    text_ += '{';
    for (const JsonMember& member : members) {
      if (&member != members.data()) text_ += ',';
      break_line(level + 1);
      put(member.first, level);
      text_ += indent_ > 0 ? ": " : ":";
      write(member.second, level + 1);
    }
    if (!members.empty()) break_line(level);
    text_ += '}';
  }

  template <class Number>
  void put_number(Number value) {
    char digits[32];
    text_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }

  void break_line(int level) {
    if (indent_ > 0) text_.append(1, '\n').append(static_cast<std::size_t>(level * indent_), ' ');
  }

  int indent_;
  std::string text_;
};

JsonView parse_json(std::string_view text, std::string source, const JsonLimits& limits) {
  if (text.size() > limits.bytes) {
    throw DataError(
        fmt::format("{}: {} bytes of JSON; the limit is {}", source, text.size(), limits.bytes));
  }
  // nlohmann takes a NUL for the end of the text and would not look at what follows.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    throw DataError(fmt::format("{}: byte {}: a NUL character is no JSON", source, nul));
  }
  Builder builder(source, limits);
  nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  return JsonView(builder.take(), std::move(source));
}

JsonView read_json(const std::filesystem::path& file, const JsonLimits& limits) {
  return parse_json(read_text_file(file, limits.bytes), file.string(), limits);
}

std::string dump(const Json& value, int indent) {
  JsonWriter writer(indent);
  writer.write(value, 0);
  return writer.take();
}

std::string quote(std::string_view text) {
  const bool fits = text.size() <= longest_quote;
  const std::string shown =
      literal(text.substr(0, longest_quote), true, nlohmann::json::error_handler_t::replace);
  return fits ? shown : shown.substr(0, shown.size() - 1) + "...\"";
}

std::string pointer_token(std::string_view key) {
  std::string escaped;
  for (const char c : key) {
    if (c == '~') {
      escaped += "~0";
    } else if (c == '/') {
      escaped += "~1";
    } else {
      escaped += c;
    }
  }
  const std::string shown = quote(escaped);
  return shown.substr(1, shown.size() - 2);
}

}  // namespace ravine
