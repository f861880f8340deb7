#include <algorithm>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/core/json.h>

namespace ravine {
namespace {

// Sorted pointers instead of a scan for each key: the header of a large checkpoint is one object.
const std::string* key_that_comes_twice(const std::vector<JsonMember>& members) {
  std::vector<const std::string*> keys;
  keys.reserve(members.size());
  for (const auto& [key, value] : members) keys.push_back(&key);
  const auto by_text = [](const std::string* key) -> const std::string& { return *key; };
  std::ranges::sort(keys, {}, by_text);
  const auto twice = std::ranges::adjacent_find(keys, {}, by_text);
  return twice == keys.end() ? nullptr : *twice;
}

}  // namespace

Json Json::object(std::vector<JsonMember> members) {
  if (const std::string* key = key_that_comes_twice(members)) {
    throw Error(fmt::format("the key {} comes twice in one object", quote(*key)));
  }
  Json json;
  json.value_ = std::move(members);
  return json;
}

Json Json::array(std::vector<Json> items) {
  Json json;
  json.value_ = std::move(items);
  return json;
}

void Json::set(std::string key, Json value) {
  auto* members = std::get_if<std::vector<JsonMember>>(&value_);
  if (members == nullptr)
    throw Error(fmt::format("{} is set in JSON that is no object", quote(key)));
  const auto member = std::ranges::find(*members, key, &JsonMember::first);
  if (member != members->end()) {
    member->second = std::move(value);
  } else {
    members->push_back({std::move(key), std::move(value)});
  }
}

void Json::push_back(Json value) {
  auto* items = std::get_if<std::vector<Json>>(&value_);
  if (items == nullptr) throw Error("a value is put at the end of JSON that is no array");
  items->push_back(std::move(value));
}

void Json::fail_too_large(std::uint64_t value) {
  throw Error(fmt::format("{} is above 2^63 - 1, the largest JSON integer here", value));
}

bool operator==(const Json& a, const Json& b) {
  return a.value_ == b.value_;
}

}  // namespace ravine
