#include <cstdlib>
#include <cstring>
#include <thread>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <ravine/core/error.h>
#include <ravine/core/safetensors.h>

#include "temporary.h"

using namespace ravine;
namespace fs = std::filesystem;

namespace {

const fs::path golden = fs::path(RAVINE_TEST_DIR) / "golden" / "sweeps";

std::string content(const fs::path& file) {
  return read_text_file(file, 1 << 24);
}

template <class T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

template <class T>
std::vector<T> values_of(const SafetensorsEntry& entry) {
  std::vector<T> values(entry.data.size() / sizeof(T));
  std::memcpy(values.data(), entry.data.data(), entry.data.size());
  return values;
}

std::string file_of(const std::string& header, std::size_t data_bytes) {
  std::string bytes(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + std::string(data_bytes, 'd');
}

// A folder with one file in it that changes.
class Case {
 public:
  /// What reading a file of these bytes says; empty when it is accepted.
  std::string refusal(std::string_view bytes, const SafetensorsLimits& limits = {}) const {
    write_file(file_, bytes);
    try {
      read_safetensors(file_, limits);
    } catch (const DataError& error) {
      const std::string message = error.what();
      const std::string prefix = file_.string() + ": ";
      REQUIRE(message.starts_with(prefix));
      return message.substr(prefix.size());
    }
    return "";
  }
  std::string refusal_of_header(const std::string& header, std::size_t data_bytes) const {
    return refusal(file_of(header, data_bytes));
  }
  // A tensor "a" with this description, in a file with 8 bytes of data.
  std::string refusal_of_tensor(const std::string& description) const {
    return refusal_of_header("{\"a\":" + description + "}", 8);
  }

 private:
  TemporaryFolder folder_;
  fs::path file_ = folder_ / "x.safetensors";
};

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("tensors and metadata come back as they were written") {
  const TemporaryFolder folder;
  const std::vector<float> matrix{1, 2, 3, 4, 5, 6};
  const std::vector<std::uint8_t> pixels{7, 8, 9};
  const std::vector<std::int64_t> step{-5};
  const std::vector<double> none;
  write_safetensors(folder / "file",
                    {{"layer/kernel", SafetensorsType::f32, {2, 3}, bytes_of(matrix)},
                     {"pixels", SafetensorsType::u8, {3}, bytes_of(pixels)},
                     {"\u03b2 \"quoted\"", SafetensorsType::f64, {0, 4}, bytes_of(none)},
                     {"step", SafetensorsType::i64, {}, bytes_of(step)}},
                    {{"epoch", "3"}, {"spec", R"({"class_name": "Sequential"})"}});

  const SafetensorsFile file = read_safetensors(folder / "file");
  CHECK(file.entries().size() == 4);
  CHECK(file.at("layer/kernel").shape == Shape{2, 3});
  CHECK(file.at("layer/kernel").type == SafetensorsType::f32);
  CHECK(values_of<float>(file.at("layer/kernel")) == matrix);
  CHECK(values_of<std::uint8_t>(file.at("pixels")) == pixels);
  CHECK(values_of<std::int64_t>(file.at("step")) == step);
  CHECK(file.at("step").shape == Shape{});
  CHECK(file.at("\u03b2 \"quoted\"").shape == Shape{0, 4});
  CHECK(file.at("\u03b2 \"quoted\"").data.empty());
  CHECK(file.metadata() ==
        SafetensorsMetadata{{"epoch", "3"}, {"spec", R"({"class_name": "Sequential"})"}});
  CHECK(file.find("none") == nullptr);
  CHECK_THROWS_AS(file.at("none"), DataError);
}

TEST_CASE("a file without tensors is a file") {
  const TemporaryFolder folder;
  write_safetensors(folder / "file", {});
  CHECK(content(folder / "file") == file_of("{}      ", 0));
  CHECK(read_safetensors(folder / "file").entries().empty());
  write_safetensors(folder / "file", {}, {{"only", "metadata"}});
  CHECK(read_safetensors(folder / "file").metadata().at("only") == "metadata");
}

TEST_CASE("every tensor of a written file starts where its type may start") {
  const TemporaryFolder folder;
  const std::vector<std::uint8_t> bytes(24, 1);
  std::vector<SafetensorsEntry> entries;
  for (int i = 0; i < 13; ++i) {
    const auto type = static_cast<SafetensorsType>(i);
    const auto size = static_cast<std::int64_t>(size_of(type));
    const auto data = bytes_of(bytes).subspan(0, static_cast<std::size_t>(3 * size));
    entries.push_back({std::string("b_") + to_string(type), type, {3}, data});
    entries.push_back({std::string("a_") + to_string(type), type, {3}, data});
  }
  write_safetensors(folder / "file", entries);

  const SafetensorsFile file = read_safetensors(folder / "file");
  REQUIRE(file.entries().size() == 26);
  for (std::size_t i = 0; i < 26; ++i) {
    const SafetensorsEntry& entry = file.entries()[i];
    CAPTURE(entry.name);
    CHECK(reinterpret_cast<std::uintptr_t>(entry.data.data()) % size_of(entry.type) == 0);
    CHECK(entry.name.front() == (i % 2 == 0 ? 'a' : 'b'));
  }
}

TEST_CASE("a moved file keeps its tensors") {
  const TemporaryFolder folder;
  const std::vector<float> value{1.5F};
  write_safetensors(folder / "file", {{"a", SafetensorsType::f32, {1}, bytes_of(value)}});
  SafetensorsFile first = read_safetensors(folder / "file");
  const SafetensorsFile second = std::move(first);
  CHECK(values_of<float>(second.at("a")) == value);
}

TEST_CASE("files of the reference implementation are read, and written byte for byte") {
  const TemporaryFolder folder;
  for (const char* name : {"bn_sgd.safetensors", "seed_adam.safetensors"}) {
    CAPTURE(name);
    const SafetensorsFile file = read_safetensors(golden / name);
    write_safetensors(folder / name, file.entries(), file.metadata(), Durability::cached);
    CHECK((content(folder / name) == content(golden / name)));
  }
  const SafetensorsFile file = read_safetensors(golden / "bn_sgd.safetensors");
  CHECK(file.entries().size() == 13);
  CHECK(file.at("conv2d_1/kernel").shape == Shape{3, 3, 1, 16});
  CHECK(values_of<float>(file.at("batch_normalization/gamma")) == std::vector<float>(16, 1.0F));
}

TEST_CASE("a file cut anywhere is refused") {
  const Case test;
  const std::string header = R"({"a":{"dtype":"U8","shape":[2,4],"data_offsets":[0,8]}})";
  const std::string whole = file_of(header, 8);
  REQUIRE(test.refusal(whole).empty());
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    CHECK_FALSE(test.refusal(whole.substr(0, length)).empty());
  }
  CHECK(test.refusal("") == "ends after 0 bytes; a safetensors file starts with 8");
  CHECK(test.refusal("1234567") == "ends after 7 bytes; a safetensors file starts with 8");
  CHECK(test.refusal(whole.substr(0, whole.size() - 1)) ==
        "has 70 bytes, but its header describes 71");
  CHECK(test.refusal(whole + "x") == "has 72 bytes, but its header describes 71");
}

TEST_CASE("a header whose length is a lie is refused before memory is taken") {
  const Case test;
  const auto with_length = [](std::uint64_t length, std::string text) {
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &length, 8);
    return bytes + text;
  };
  CHECK(test.refusal(with_length(0, "")) == "byte 8: expected the '{' of a safetensors header");
  CHECK(test.refusal(with_length(100, "{}")) ==
        "its first 8 bytes announce a header of 100 bytes, but the file has 10 in all");
  CHECK(test.refusal(with_length((16 << 20) + 1, "{}")) ==
        "its first 8 bytes announce a header of 16777217 bytes; the limit is 16777216");
  for (const std::uint64_t length :
       {~std::uint64_t{0}, ~std::uint64_t{7}, std::uint64_t{1} << 63}) {
    CHECK(contains(test.refusal(with_length(length, "{}")), "the limit is 16777216"));
  }
  CHECK(contains(test.refusal(with_length(1, "{}")), "header: byte 1: "));
  CHECK(test.refusal(with_length(2, "{}")).empty());
  CHECK(test.refusal("this is a text, no tensors at all").starts_with("its first 8 bytes"));
}

TEST_CASE("a header that is not the JSON it should be is refused") {
  const Case test;
  const auto refused = [&](const std::string& header) {
    return !test.refusal_of_header(header, 0).empty();
  };
  for (const char* header :
       {"[]", " {}", "null", "{", "{}}", "{}x", R"({"a":1})", R"({"a":null})", R"({"a":[]})",
        R"({"a":{}})", R"({"__metadata__":1})", R"({"__metadata__":["a"]})",
        R"({"__metadata__":{"a":1}})", R"({"__metadata__":{"a":null}})",
        R"({"__metadata__":{"a":{"b":"c"}}})", R"({"__metadata__":{"a":"1","a":"2"}})",
        R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},)"
        R"("a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})"}) {
    CAPTURE(header);
    CHECK(refused(header));
  }
  CHECK(refused(std::string("{}\0", 3)));
  CHECK_FALSE(refused("{} \n\t  "));
  CHECK(refused("{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}"));
  CHECK(test.refusal_of_header("{\"a\":[[[[]]]]}", 0) ==
        "header: /a/0/0: arrays and objects are nested more than 3 deep");
  CHECK(test.refusal_of_header(R"({"__metadata__":{"seed":7}})", 0) ==
        "header: /__metadata__/seed: expected a string, found 7");
}

TEST_CASE("a tensor that is described wrongly is refused with its place in the header") {
  const Case test;
  REQUIRE(test.refusal_of_tensor(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})").empty());
  REQUIRE(test.refusal_of_tensor(R"({"shape":[],"data_offsets":[0,8],"dtype":"U64"})").empty());

  CHECK(test.refusal_of_tensor(R"({"dtype":"F31","shape":[2],"data_offsets":[0,8]})") ==
        "header: /a/dtype: expected one of BOOL, U8, I8, I16, U16, F16, BF16, I32, U32, F32, F64, "
        "I64, U64, found \"F31\"");
  CHECK(test.refusal_of_tensor(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})") ==
        "header: /a/data_offsets: F32 [3] does not fit the 8 bytes from 0 to 8");
  CHECK(test.refusal_of_tensor(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})") ==
        "header: /a/data_offsets/1: expected an integer of at least 8, found 0");
  CHECK(test.refusal_of_tensor(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})") ==
        "header: /a/shape/0: expected an integer of at least 0, found -2");
  for (const char* description :
       {R"({"dtype":1,"shape":[2],"data_offsets":[0,8]})",
        R"({"dtype":"f32","shape":[2],"data_offsets":[0,8]})",
        R"({"dtype":"F32","shape":2,"data_offsets":[0,8]})",
        R"({"dtype":"F32","shape":[2.0],"data_offsets":[0,8]})",
        R"({"dtype":"F32","shape":["2"],"data_offsets":[0,8]})",
        R"({"dtype":"F32","shape":[true,2],"data_offsets":[0,8]})",
        R"({"dtype":"F32","shape":[[2]],"data_offsets":[0,8]})",
        R"({"dtype":"F32","shape":[1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]})",
        R"({"dtype":"F32","shape":[2],"data_offsets":[0]})",
        R"({"dtype":"F32","shape":[2],"data_offsets":[0,8,8]})",
        R"({"dtype":"F32","shape":[2],"data_offsets":{"begin":0,"end":8}})",
        R"({"dtype":"F32","shape":[2],"data_offsets":[-8,0]})",
        R"({"dtype":"F32","shape":[2],"data_offsets":[0,8.0]})",
        R"({"dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551624]})",
        R"({"dtype":"F32","shape":[2],"data_offsets":[18446744073709551608,0]})",
        R"({"dtype":"F32","shape":[2]})", R"({"dtype":"F32","data_offsets":[0,8]})",
        R"({"shape":[2],"data_offsets":[0,8]})",
        R"({"dtype":"F32","shape":[2],"data_offsets":[0,8],"stride":[1]})"}) {
    CAPTURE(description);
    CHECK(test.refusal_of_tensor(description).starts_with("header: /a"));
  }
}

TEST_CASE("shapes whose size does not fit in 64 bits are refused") {
  const Case test;
  for (const char* shape :
       {"[2147483648]", "[9223372036854775807]", "[18446744073709551615]", "[4294967297]",
        "[2147483647,2147483647,2147483647]", "[2147483647,2147483647,2147483647,0]",
        "[65536,65536,65536,32768]", "[1073741824,1073741824,2]", "[1073741824,1073741824,4]"}) {
    for (const char* offsets : {"[0,0]", "[0,8]", "[0,9223372036854775807]"}) {
      CAPTURE(shape);
      CAPTURE(offsets);
      CHECK(test.refusal_of_tensor(std::string(R"({"dtype":"F64","shape":)") + shape +
                                   R"(,"data_offsets":)" + offsets + "}")
                .starts_with("header: /a/"));
    }
  }
}

TEST_CASE("tensors that leave a hole, overlap or end before the file are refused") {
  const Case test;
  const auto refusal = [&](const char* first, const char* second, std::size_t bytes) {
    return test.refusal_of_header(std::string(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)") +
                                      first + R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" +
                                      second + "}}",
                                  bytes);
  };
  CHECK(refusal("[0,4]", "[4,8]", 8).empty());
  CHECK(refusal("[4,8]", "[0,4]", 8).empty());
  CHECK(refusal("[0,4]", "[5,9]", 9) ==
        "header: /b/data_offsets: leaves a hole: starts at byte 5, where the tensors before it end "
        "at 4");
  CHECK(refusal("[1,5]", "[5,9]", 9) ==
        "header: /a/data_offsets: leaves a hole: starts at byte 1, where the tensors before it end "
        "at 0");
  CHECK(
      refusal("[0,4]", "[3,7]", 7) ==
      "header: /b/data_offsets: overlaps: starts at byte 3, where the tensors before it end at 4");
  CHECK(contains(refusal("[0,4]", "[0,4]", 4), "overlaps"));
  CHECK(contains(refusal("[0,4]", "[4,8]", 9), "but its header describes"));
  CHECK(contains(refusal("[0,4]", "[4,8]", 7), "but its header describes"));

  const auto with_empty = [&](const char* offsets) {
    return test.refusal_of_header(
        std::string(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                    R"("b":{"dtype":"U8","shape":[0],"data_offsets":)") +
            offsets + "}}",
        4);
  };
  CHECK(with_empty("[0,0]").empty());
  CHECK(with_empty("[4,4]").empty());
  CHECK_FALSE(with_empty("[2,2]").empty());
  CHECK_FALSE(with_empty("[5,5]").empty());
}

TEST_CASE("header and data have limits of their own") {
  const Case test;
  const std::string header = R"({"a":{"dtype":"U8","shape":[100],"data_offsets":[0,100]}})";
  const std::string file = file_of(header, 100);
  CHECK(test.refusal(file, {.header = header.size(), .data = 100}).empty());
  CHECK(contains(test.refusal(file, {.header = header.size() - 1, .data = 100}), "the limit is"));
  CHECK(test.refusal(file, {.header = header.size(), .data = 99}) ==
        "holds 100 bytes of tensors; the limit is 99");
}

TEST_CASE("the header of a checkpoint with many tensors is read") {
  const TemporaryFolder folder;
  const std::vector<float> value{1};
  std::vector<SafetensorsEntry> entries;
  for (int i = 0; i < 40'000; ++i) {
    entries.push_back({"layer_" + std::to_string(i), SafetensorsType::f32, {1}, bytes_of(value)});
  }
  write_safetensors(folder / "file", entries, {}, Durability::cached);
  CHECK(read_safetensors(folder / "file").entries().size() == 40'000);
}

TEST_CASE("any changed byte of a header is read right or refused") {
  const std::string header = R"({"__metadata__":{"k":"v"},)"
                             R"("a":{"dtype":"U8","shape":[2,4],"data_offsets":[0,8]}})";
  const std::string whole = file_of(header, 8);
  const TemporaryFolder folder;
  for (std::size_t i = 0; i < 8 + header.size(); ++i) {
    for (const char byte : {'\0', '\x01', '\x7f', '\xff', '"', '{', '}', '[', ']', '0', '9', '-',
                            ',', ':', 'e', ' ', '\\'}) {
      std::string changed = whole;
      changed[i] = byte;
      write_file(folder / "file", changed);
      try {
        const SafetensorsFile file = read_safetensors(folder / "file");
        REQUIRE(file.entries().size() == 1);
        const SafetensorsEntry& entry = file.entries()[0];
        CHECK(entry.shape.elements() == 8);
        CHECK(size_of(entry.type) == 1);
        CHECK(values_of<char>(entry) == std::vector<char>(8, 'd'));
      } catch (const DataError&) {
      }
    }
  }
}

TEST_CASE("tensors come through a pipe") {
  const TemporaryFolder folder;
  const fs::path pipe = folder / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  const std::vector<float> values(100'000, 2.5F);
  std::thread writer([&] {
    write_safetensors(pipe, {{"a", SafetensorsType::f32, {100, 1000}, bytes_of(values)}});
  });
  const SafetensorsFile file = read_safetensors(pipe);
  writer.join();
  CHECK((values_of<float>(file.at("a")) == values));

  const auto refused = [&](const std::string& bytes) {
    std::thread sender([&] { write_file(pipe, bytes); });
    bool threw = false;
    try {
      read_safetensors(pipe);
    } catch (const DataError&) {
      threw = true;
    }
    sender.join();
    return threw;
  };
  const std::string header = R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})";
  CHECK_FALSE(refused(file_of(header, 8)));
  CHECK(refused(file_of(header, 7)));
  CHECK(refused(file_of(header, 9)));
}

TEST_CASE("entries that make no file are refused before anything is written") {
  const TemporaryFolder folder;
  const std::vector<float> two{1, 2};
  const auto writes = [&](std::vector<SafetensorsEntry> entries) {
    write_safetensors(folder / "file", std::move(entries));
  };
  constexpr auto f32 = SafetensorsType::f32;
  CHECK_THROWS_AS(writes({{"a", f32, {3}, bytes_of(two)}}), Error);
  CHECK_THROWS_AS(writes({{"a", SafetensorsType::f64, {2}, bytes_of(two)}}), Error);
  CHECK_THROWS_AS(writes({{"a", f32, {2}, bytes_of(two)}, {"a", f32, {2}, bytes_of(two)}}), Error);
  CHECK_THROWS_AS(writes({{"__metadata__", f32, {2}, bytes_of(two)}}), Error);
  CHECK_THROWS_AS(writes({{"\xff", f32, {2}, bytes_of(two)}}), Error);
  // 2⁶² floats are 2⁶⁴ bytes: none, were they counted in 64 bits.
  CHECK_THROWS_AS(writes({{"a", f32, {1 << 30, 1 << 30, 4}, {}}}), Error);
  CHECK_THROWS_AS(write_safetensors(folder / "file", {}, {{"a", std::string(16 << 20, 'x')}}),
                  Error);
  CHECK(fs::is_empty(folder.path()));
  CHECK_THROWS_AS(write_safetensors("/dev/full", {{"a", f32, {2}, bytes_of(two)}}), IoError);
}

// tests/safetensors_interop.py runs this case between the reference implementation's writing and
// reading: it names a folder with python.safetensors, and looks at what it finds written there.
TEST_CASE("what the reference implementation writes is passed on to it unchanged" *
          doctest::skip(std::getenv("RAVINE_INTEROP_DIR") == nullptr)) {
  const fs::path folder = std::getenv("RAVINE_INTEROP_DIR");
  const SafetensorsFile file = read_safetensors(folder / "python.safetensors");
  CHECK(file.at("matrix").type == SafetensorsType::f32);
  CHECK(file.at("matrix").shape == Shape{2, 3});
  CHECK(values_of<float>(file.at("matrix")) == std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(file.at("scalar").shape == Shape{});
  CHECK(values_of<std::int64_t>(file.at("scalar")) == std::vector<std::int64_t>{-7});
  CHECK(file.metadata().at("note") == "written by Python: \u03b2\n");
  write_safetensors(folder / "ravine.safetensors", file.entries(), file.metadata());
}
