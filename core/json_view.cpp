#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/core/json.h>

namespace ravine {
namespace {

constexpr std::size_t keys_shown = 12;

// "an integer in [1, 8]", with limits that do not limit left out.
template <class Number>
std::string in_range(std::string_view what, Number min, Number max, Number lowest, Number highest) {
  if (min == lowest && max == highest) return std::string(what);
  if (max == highest) return fmt::format("{} of at least {}", what, min);
  if (min == lowest) return fmt::format("{} of at most {}", what, max);
  return fmt::format("{} in [{}, {}]", what, min, max);
}

std::string integer_in(std::int64_t min, std::int64_t max) {
  using Limits = std::numeric_limits<std::int64_t>;
  return in_range("an integer", min, max, Limits::min(), Limits::max());
}

}  // namespace

JsonView::JsonView(Json document, std::string source)
    : document_(std::make_shared<const Document>(Document{std::move(document), std::move(source)})),
      node_(&document_->root) {}

std::optional<JsonView> JsonView::find(std::string_view key) const {
  const auto* members = std::get_if<std::vector<JsonMember>>(&node_->value_);
  if (members == nullptr) fail_expected(fmt::format("an object with {}", quote(key)));
  const auto member = std::ranges::find(*members, key, &JsonMember::first);
  if (member == members->end()) return std::nullopt;
  return JsonView(document_, &member->second);
}

JsonView JsonView::at(std::string_view key) const {
  if (std::optional<JsonView> member = find(key)) return *member;
  std::string keys;
  std::size_t shown = 0;
  for (const auto& [name, value] : std::get<std::vector<JsonMember>>(node_->value_)) {
    if (shown++ == keys_shown) {
      keys += ", ...";
      break;
    }
    keys += fmt::format("{}{}", keys.empty() ? "" : ", ", quote(name));
  }
  fail(fmt::format("expected a member {}, found {}", quote(key), keys.empty() ? "none" : keys));
}

std::vector<JsonView> JsonView::items() const {
  const auto* items = std::get_if<std::vector<Json>>(&node_->value_);
  if (items == nullptr) fail_expected("an array");
  std::vector<JsonView> views;
  views.reserve(items->size());
  for (const Json& item : *items) views.push_back(JsonView(document_, &item));
  return views;
}

std::vector<JsonView::Member> JsonView::members() const {
  const auto* members = std::get_if<std::vector<JsonMember>>(&node_->value_);
  if (members == nullptr) fail_expected("an object");
  std::vector<Member> views;
  views.reserve(members->size());
  for (const auto& [key, value] : *members) views.push_back({key, JsonView(document_, &value)});
  return views;
}

bool JsonView::boolean() const {
  const auto* value = std::get_if<bool>(&node_->value_);
  if (value == nullptr) fail_expected("true or false");
  return *value;
}

std::string JsonView::string() const {
  const auto* value = std::get_if<std::string>(&node_->value_);
  if (value == nullptr) fail_expected("a string");
  return *value;
}

std::string JsonView::one_of(std::initializer_list<std::string_view> choices) const {
  const auto* value = std::get_if<std::string>(&node_->value_);
  if (value == nullptr || std::ranges::find(choices, *value) == choices.end()) {
    std::string known;
    for (const std::string_view choice : choices) {
      known += fmt::format("{}{}", known.empty() ? "" : ", ", quote(choice));
    }
    fail_expected(choices.size() > 1 ? "one of " + known : known);
  }
  return *value;
}

std::int64_t JsonView::integer(std::int64_t min, std::int64_t max) const {
  const auto* value = std::get_if<std::int64_t>(&node_->value_);
  if (value == nullptr || *value < min || *value > max) fail_expected(integer_in(min, max));
  return *value;
}

std::int64_t JsonView::whole(std::int64_t min, std::int64_t max) const {
  const auto* value = std::get_if<double>(&node_->value_);
  if (value == nullptr) return integer(min, max);
  // Below 2⁶³ in magnitude the conversion is exact; at 2⁶³ it is not defined.
  if (std::trunc(*value) != *value || std::abs(*value) >= 0x1p63)
    fail_expected(integer_in(min, max));
  const auto converted = static_cast<std::int64_t>(*value);
  if (converted < min || converted > max) fail_expected(integer_in(min, max));
  return converted;
}

double JsonView::number(double min, double max) const {
  const auto* exact = std::get_if<std::int64_t>(&node_->value_);
  const auto* value = std::get_if<double>(&node_->value_);
  const double number = exact ? static_cast<double>(*exact) : value ? *value : std::nan("");
  if (!(number >= min && number <= max)) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    fail_expected(in_range("a number", min, max, -infinity, infinity));
  }
  return number;
}

std::string JsonView::where() const {
  // The document is searched for the node: places cost nothing until there is an error.
  std::string pointer;
  const auto search = [&](const auto& self, const Json& here) -> bool {
    if (&here == node_) return true;
    const std::size_t length = pointer.size();
    if (const auto* items = std::get_if<std::vector<Json>>(&here.value_)) {
      for (std::size_t i = 0; i < items->size(); ++i) {
        pointer += fmt::format("/{}", i);
        if (self(self, (*items)[i])) return true;
        pointer.resize(length);
      }
    }
    if (const auto* members = std::get_if<std::vector<JsonMember>>(&here.value_)) {
      for (const auto& [key, value] : *members) {
        pointer.append("/").append(pointer_token(key));
        if (self(self, value)) return true;
        pointer.resize(length);
      }
    }
    return false;
  };
  search(search, document_->root);
  return pointer.empty() ? document_->source : document_->source + ": " + pointer;
}

void JsonView::fail(std::string_view message) const {
  throw DataError(fmt::format("{}: {}", where(), message));
}

void JsonView::fail_expected(std::string_view what) const {
  std::string found;
  if (const auto* text = std::get_if<std::string>(&node_->value_)) {
    found = quote(*text);
  } else if (const auto* items = std::get_if<std::vector<Json>>(&node_->value_)) {
    found = fmt::format("an array of {}", items->size());
  } else if (const auto* members = std::get_if<std::vector<JsonMember>>(&node_->value_)) {
    found = fmt::format("an object of {}", members->size());
  } else {
    found = dump(*node_);
  }
  fail(fmt::format("expected {}, found {}", what, found));
}

}  // namespace ravine
