#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include <ravine/core/error.h>
#include <ravine/core/json.h>
#include <ravine/core/safetensors.h>

namespace ravine {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

constexpr std::string_view metadata_key = "__metadata__";
constexpr std::size_t length_bytes = 8;

struct TypeInfo {
  const char* name;
  std::size_t size;
};
constexpr std::array<TypeInfo, 13> types{{{"BOOL", 1},
                                          {"U8", 1},
                                          {"I8", 1},
                                          {"I16", 2},
                                          {"U16", 2},
                                          {"F16", 2},
                                          {"BF16", 2},
                                          {"I32", 4},
                                          {"U32", 4},
                                          {"F32", 4},
                                          {"F64", 8},
                                          {"I64", 8},
                                          {"U64", 8}}};

const TypeInfo& info(SafetensorsType type) {
  return types[static_cast<std::size_t>(type)];
}

// Nothing when it is more than there are numbers for.
std::optional<std::size_t> bytes_of(SafetensorsType type, const Shape& shape) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(shape.elements(), size_of(type), &bytes)) return {};
  return bytes;
}

// Far more than models have, and far less than 16 MiB of brackets would take.
JsonLimits header_limits(const SafetensorsLimits& limits) {
  return {.bytes = limits.header, .nodes = 1'000'000, .depth = 3};
}

SafetensorsType read_type(const JsonView& view) {
  const std::string name = view.string();
  const auto type = std::ranges::find(types, name, &TypeInfo::name);
  if (type == types.end()) {
    std::string known;
    for (const TypeInfo& one : types)
      known += fmt::format("{}{}", known.empty() ? "" : ", ", one.name);
    view.fail_expected("one of " + known);
  }
  return static_cast<SafetensorsType>(type - types.begin());
}

Shape read_shape(const JsonView& view) {
  std::vector<std::int64_t> extents;
  for (const JsonView& extent : view.items()) extents.push_back(extent.integer(0));
  try {
    return Shape(extents);
  } catch (const Error& error) {
    view.fail(error.what());
  }
}

}  // namespace

std::size_t size_of(SafetensorsType type) {
  return info(type).size;
}
const char* to_string(SafetensorsType type) {
  return info(type).name;
}

const SafetensorsEntry* SafetensorsFile::find(std::string_view name) const {
  const auto entry = index_.find(name);
  return entry == index_.end() ? nullptr : &entries_[entry->second];
}

const SafetensorsEntry& SafetensorsFile::at(std::string_view name) const {
  if (const SafetensorsEntry* entry = find(name)) return *entry;
  throw DataError(
      fmt::format("{}: has no tensor {} among its {}", source_, quote(name), entries_.size()));
}

// Reads front to back, so that pipes will do, and takes memory for what has been checked.
class SafetensorsReader {
 public:
  SafetensorsReader(const std::filesystem::path& path, const SafetensorsLimits& limits)
      : name_(path.string()), limits_(limits), input_(path) {}

  SafetensorsFile read() {
    file_.source_ = name_;
    const JsonView header = read_header();
    std::vector<Place> places;
    for (const auto& [key, value] : header.members()) {
      if (key == metadata_key) {
        for (const auto& [name, text] : value.members()) file_.metadata_[name] = text.string();
      } else {
        places.push_back(read_entry(key, value));
      }
    }
    const std::size_t bytes = check_tiling(places);
    check_length(bytes);
    read_data(places, bytes);
    return std::move(file_);
  }

 private:
  struct Place {
    std::size_t begin;
    std::size_t end;
    SafetensorsEntry entry;
    JsonView view;
  };

  template <class... Arguments>
  [[noreturn]] void fail(fmt::format_string<Arguments...> text, Arguments&&... arguments) const {
    throw DataError(
        fmt::format("{}: {}", name_, fmt::format(text, std::forward<Arguments>(arguments)...)));
  }

  JsonView read_header() {
    std::array<std::byte, length_bytes> bytes{};
    const std::size_t found = input_.read(bytes);
    if (found < length_bytes) fail("ends after {} bytes; a safetensors file starts with 8", found);
    const auto length = std::bit_cast<std::uint64_t>(bytes);
    if (length > limits_.header) {
      fail("its first 8 bytes announce a header of {} bytes; the limit is {}", length,
           limits_.header);
    }
    if (input_.size() && *input_.size() < length_bytes + length) {
      fail("its first 8 bytes announce a header of {} bytes, but the file has {} in all", length,
           *input_.size());
    }
    std::string text(static_cast<std::size_t>(length), '\0');
    const std::size_t read = input_.read(std::as_writable_bytes(std::span(text)));
    if (read < text.size()) fail("ends after {} of {} bytes of its header", read, length);
    header_bytes_ = text.size();
    if (!text.starts_with('{')) fail("byte 8: expected the '{{' of a safetensors header");
    JsonView header = parse_json(text, name_ + ": header", header_limits(limits_));
    if (!header.is_object()) header.fail_expected("an object");
    return header;
  }

  Place read_entry(const std::string& name, const JsonView& view) const {
    SafetensorsEntry entry{name, read_type(view.at("dtype")), read_shape(view.at("shape")), {}};
    if (view.members().size() > 3) view.fail_expected("only dtype, shape and data_offsets");

    const JsonView offsets = view.at("data_offsets");
    const std::vector<JsonView> pair = offsets.items();
    if (pair.size() != 2) offsets.fail_expected("a begin and an end");
    const std::int64_t begin = pair[0].integer(0);
    const std::int64_t end = pair[1].integer(begin);
    const std::int64_t bytes = end - begin;
    if (bytes_of(entry.type, entry.shape) != static_cast<std::size_t>(bytes)) {
      offsets.fail(fmt::format("{} {} does not fit the {} bytes from {} to {}",
                               to_string(entry.type), entry.shape.str(), bytes, begin, end));
    }
    return {static_cast<std::size_t>(begin), static_cast<std::size_t>(end), std::move(entry), view};
  }

  // Sorts by offset and returns the bytes of all.
  std::size_t check_tiling(std::vector<Place>& places) const {
    std::ranges::sort(places, {}, [](const Place& place) {
      return std::tuple(place.begin, place.end, std::string_view(place.entry.name));
    });
    std::size_t end = 0;
    for (const Place& place : places) {
      if (place.begin != end) {
        place.view.at("data_offsets")
            .fail(fmt::format("{} at byte {}, where the tensors before it end at {}",
                              place.begin < end ? "overlaps: starts" : "leaves a hole: starts",
                              place.begin, end));
      }
      end = place.end;
    }
    return end;
  }

  void check_length(std::size_t bytes) const {
    if (bytes > limits_.data)
      fail("holds {} bytes of tensors; the limit is {}", bytes, limits_.data);
    const std::size_t all = length_bytes + header_bytes_ + bytes;
    if (input_.size() && *input_.size() != all) {
      fail("has {} bytes, but its header describes {}", *input_.size(), all);
    }
  }

  void read_data(std::vector<Place>& places, std::size_t bytes) {
    file_.data_ = std::make_unique_for_overwrite<std::byte[]>(bytes);
    const std::size_t read = input_.read({file_.data_.get(), bytes});
    if (read < bytes) fail("ends after {} of the {} bytes of its tensors", read, bytes);
    std::byte more{};
    if (input_.read({&more, 1}) > 0) fail("goes on after the {} bytes of its tensors", bytes);

    for (Place& place : places) {
      place.entry.data = {file_.data_.get() + place.begin, place.end - place.begin};
      file_.index_[place.entry.name] = file_.entries_.size();
      file_.entries_.push_back(std::move(place.entry));
    }
  }

  std::string name_;
  SafetensorsLimits limits_;
  InputFile input_;
  std::size_t header_bytes_ = 0;
  SafetensorsFile file_;
};

SafetensorsFile read_safetensors(const std::filesystem::path& file,
                                 const SafetensorsLimits& limits) {
  return SafetensorsReader(file, limits).read();
}

void write_safetensors(const std::filesystem::path& file, std::vector<SafetensorsEntry> entries,
                       const SafetensorsMetadata& metadata, Durability durability) {
  std::ranges::sort(entries, [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
    return std::tie(b.type, a.name) < std::tie(a.type, b.name);
  });

  std::vector<JsonMember> members;
  if (!metadata.empty()) {
    Json texts = Json::object();
    for (const auto& [key, text] : metadata) texts.set(key, text);
    members.push_back({std::string(metadata_key), std::move(texts)});
  }
  std::size_t end = 0;
  for (const auto& [name, type, shape, data] : entries) {
    if (name == metadata_key)
      throw Error("no tensor of a safetensors file can be named __metadata__");
    const std::optional<std::size_t> size = bytes_of(type, shape);
    if (size != data.size()) {
      throw Error(fmt::format("tensor {}: {} {} does not fit the {} bytes of its data", quote(name),
                              to_string(type), shape.str(), data.size()));
    }
    const std::size_t begin = std::exchange(end, end + *size);
    members.push_back({name, Json::object({{"dtype", to_string(type)},
                                           {"shape", Json::array(shape.extents())},
                                           {"data_offsets", Json::array({begin, end})}})});
  }

  std::string header = dump(Json::object(std::move(members)));
  header.append((length_bytes - header.size() % length_bytes) % length_bytes, ' ');
  if (const std::size_t limit = SafetensorsLimits{}.header; header.size() > limit) {
    throw Error(fmt::format("the names and metadata for {} take {} bytes; the limit is {}",
                            file.string(), header.size(), limit));
  }
  const std::uint64_t length = header.size();

  OutputFile output(file, durability);
  output.write(std::as_bytes(std::span(&length, 1)));
  output.write(header);
  for (const SafetensorsEntry& entry : entries) output.write(entry.data);
  output.commit();
}

}  // namespace ravine
