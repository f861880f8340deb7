#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/data/dataset.h>

#include "data_files.h"

using namespace ravine;
using data::Dataset;
using data::Pixels;
using Bytes = std::vector<std::uint8_t>;
using Floats = std::vector<float>;
using Labels = std::vector<std::int32_t>;

namespace {

template <class T>
std::vector<T> values(std::span<const T> span) {
  return {span.begin(), span.end()};
}

Dataset four_images() {
  Bytes pixels(4 * 6);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i);
  return Dataset::from_bytes({1, 2, 3}, pixels, {0, 2, 1, 2}, {.name = "four", .classes = 3});
}

const float not_a_number = std::numeric_limits<float>::quiet_NaN();
const float infinity = std::numeric_limits<float>::infinity();

}  // namespace

TEST_CASE("a data set of bytes and labels holds what it was made of") {
  const Dataset data = Dataset::from_bytes({2, 1, 1}, {1, 2, 3, 4}, {1, 0},
                                           {.name = "mine", .class_names = {"a", "b"}});
  CHECK(data.name() == "mine");
  CHECK(data.size() == 2);
  CHECK(data.sample_shape() == Shape{2, 1, 1});
  CHECK(data.holds_bytes());
  CHECK(values(data.bytes()) == Bytes{1, 2, 3, 4});
  CHECK(data.floats().empty());
  CHECK(values(data.labels()) == Labels{1, 0});
  CHECK(data.classes() == 2);
  CHECK(data.class_names()[1] == "b");
  CHECK(data.targets().empty());
  CHECK(data.weights().empty());
  CHECK(values(data.factor()) == Floats{1.0f / 255});
  CHECK(values(data.offset()) == Floats{0});
}

TEST_CASE("a data set of floats and targets holds what it was made of") {
  const Dataset data = Dataset::from_floats({2}, {1, 2, 3, 4, 5, 6}, {{1}, {10, 20, 30}});
  CHECK(data.size() == 3);
  CHECK_FALSE(data.holds_bytes());
  CHECK(values(data.floats()) == Floats{1, 2, 3, 4, 5, 6});
  CHECK(data.target_shape() == Shape{1});
  CHECK(values(data.targets()) == Floats{10, 20, 30});
  CHECK(data.labels().empty());
  CHECK(data.classes() == 0);
  CHECK(values(data.factor()) == Floats{1});
}

TEST_CASE("inputs alone make a data set without answers") {
  const Dataset data = Dataset::from_bytes({2}, {1, 2, 3, 4});
  CHECK(data.size() == 2);
  CHECK(data.labels().empty());
  CHECK(data.targets().empty());
  CHECK(Dataset::from_floats({2}, {1, 2}).size() == 1);
}

TEST_CASE("the number of classes is the largest label's and one more where nobody states it") {
  CHECK(Dataset::from_bytes({1}, {0, 0}, {0, 6}).classes() == 7);
  CHECK(Dataset::from_bytes({1}, {0, 0}, {0, 1}, {.classes = 5}).classes() == 5);
}

TEST_CASE("copies and subsets share memory") {
  const Dataset data = four_images();
  const Dataset copy = data;
  CHECK(copy.bytes().data() == data.bytes().data());
  CHECK(data.subset(1, 2).bytes().data() == data.bytes().data() + 6);
}

TEST_CASE("a buffer of the caller's is used where it is") {
  const float buffer[] = {1, 2, 3, 4};
  const std::shared_ptr<const float[]> borrowed(buffer, [](const float*) {});
  CHECK(Dataset::from_floats({2}, {borrowed, 4}).floats().data() == buffer);
}

TEST_CASE("a subset is a data set with its own labels, targets and weights") {
  const Dataset some = four_images().weighted({1, 2, 3, 4}).subset(1, 2);
  CHECK(some.size() == 2);
  CHECK(values(some.labels()) == Labels{2, 1});
  CHECK(values(some.weights()) == Floats{2, 3});
  CHECK(some.bytes()[0] == 6);
  CHECK(some.classes() == 3);
  const Dataset rows = Dataset::from_floats({1}, {1, 2, 3}, {{2}, {1, 2, 3, 4, 5, 6}});
  CHECK(values(rows.subset(2, 1).targets()) == Floats{5, 6});
  CHECK(rows.take(2).size() == 2);
}

TEST_CASE("a subset that is not there is refused") {
  const Dataset data = four_images();
  CHECK_THROWS_WITH_AS(data.subset(3, 2), "four: 2 samples from 3 on were asked for; there are 4",
                       Error);
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  CHECK_THROWS_AS(data.subset(-1, 2), Error);
  CHECK_THROWS_AS(data.subset(0, 0), Error);
  CHECK_THROWS_AS(data.subset(most, most), Error);
  CHECK_THROWS_AS(data.subset(1, most), Error);
  CHECK_THROWS_AS(data.take(5), Error);
}

TEST_CASE("sizes that do not fit together are refused with the numbers") {
  CHECK(error_of([] {
          Dataset::from_bytes({2, 2, 1}, Bytes(9), {0, 1}, {.name = "mine"});
        }) == "mine: 2 samples with inputs of shape [2, 2, 1] need 8 numbers; there are 9");
  CHECK(error_of([] {
          Dataset::from_floats({2}, Floats(4), {{3}, Floats(7)});
        }) == "data set: 2 samples with targets of shape [3] need 6 numbers; there are 7");
  CHECK(error_of([] { Dataset::from_floats({2}, Floats(5)); }) ==
        "data set: 2 samples with inputs of shape [2] need 4 numbers; there are 5");
  CHECK(error_of([] { Dataset::from_bytes({2}, Bytes(4), Labels{}); }) == "data set is empty");
  CHECK(error_of([] { Dataset::from_bytes({2}, Bytes{}); }) == "data set is empty");
  CHECK(contains(error_of([] { Dataset::from_bytes({2, 0}, Bytes(4), {0}); }), "[2, 0]"));
  CHECK(contains(error_of([] { Dataset::from_bytes({}, Bytes(4), {0}); }), "1 to 7 axes"));
  const std::int64_t large = (std::int64_t{1} << 30) - 1;
  CHECK(contains(error_of([&] {
                   Dataset::from_bytes({large, large}, Bytes(4), Labels(8));
                 }),
                 "there are 4"));
}

TEST_CASE("a label out of range is named with its sample") {
  CHECK(error_of([] {
          Dataset::from_bytes({1}, Bytes(3), {0, 10, 1}, {.classes = 10});
        }) == "data set: the label of sample 1 is 10; expected 0 to 9");
  CHECK(error_of([] {
          Dataset::from_bytes({1}, Bytes(3), {0, 1, -1});
        }) == "data set: the label of sample 2 is -1; expected 0 to 1");
  CHECK(contains(error_of([] { Dataset::from_bytes({1}, Bytes(1), {2147483647}); }), "2147483647"));
}

TEST_CASE("classes and their names have to agree") {
  const auto make = [](int classes) {
    return Dataset::from_bytes({1}, Bytes(1), {0}, {.classes = classes, .class_names = {"a", "b"}});
  };
  CHECK(error_of([&] { make(3); }) == "data set: 3 classes with 2 names");
  CHECK(error_of([&] { make(-1); }) == "data set: -1 classes with 2 names");
  CHECK(make(2).classes() == 2);
}

TEST_CASE("a float that is not a number is named with its sample and element") {
  for (const float bad : {not_a_number, infinity, -infinity}) {
    Floats inputs(1000, 1.0f);
    inputs[317] = bad;
    const std::string text = error_of([&] {
      Dataset::from_floats({2, 5}, inputs, Labels(100), {.name = "mine"});
    });
    CHECK(contains(text, "mine: sample 31 has "));
    CHECK(contains(text, "as element 7 of its inputs [2, 5]"));
  }
  CHECK(contains(error_of([] {
                   Dataset::from_floats({1}, {1, 2}, {{1}, {3, not_a_number}});
                 }),
                 "sample 1 has nan as element 0 of its targets [1]"));
  CHECK_NOTHROW(Dataset::from_floats({1}, {std::numeric_limits<float>::max(), 1e-45f, -0.0f}));
}

TEST_CASE("weights are one a sample, finite and not negative") {
  const Dataset data = four_images();
  CHECK(values(data.weighted({0, 1, 2, 3}).weights()) == Floats{0, 1, 2, 3});
  CHECK(error_of([&] { data.weighted({1, 2}); }) == "four: 2 weights for 4 samples");
  CHECK(error_of([&] {
          data.weighted({1, 2, -1, 1});
        }) == "four: the weight of sample 2 is -1; expected a number ≥ 0");
  CHECK_THROWS_AS(data.weighted({1, not_a_number, 1, 1}), DataError);
  CHECK_THROWS_AS(data.weighted({1, infinity, 1, 1}), DataError);
}

TEST_CASE("pixels are seen as 0 to 1, or as the bytes they are") {
  const Dataset data = four_images();
  CHECK(data.pixels(Pixels::byte).factor()[0] == 1);
  CHECK(data.pixels(Pixels::byte).pixels(Pixels::unit).factor()[0] == 1.0f / 255);
  CHECK(255 * data.factor()[0] == 1);
  CHECK_THROWS_AS(Dataset::from_floats({1}, Floats{1}).pixels(Pixels::byte), Error);
}

TEST_CASE("mean and deviation of bytes are those of what a model sees") {
  const Dataset data = Dataset::from_bytes({2}, {0, 10, 20, 10, 40, 10}, Labels{0, 0, 0});
  const auto [mean, deviation] = data.pixels(Pixels::byte).mean_and_deviation();
  CHECK(mean == std::vector<double>{20, 10});
  CHECK(deviation[0] == doctest::Approx(std::sqrt(800.0 / 3)));
  CHECK(deviation[1] == 0);
  CHECK(data.mean_and_deviation().mean[0] == doctest::Approx(20.0 / 255));
}

TEST_CASE("mean and deviation are the same over many blocks as over one") {
  Bytes bytes(3 * 10000);
  Floats floats(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(i * i % 251);
    floats[i] = bytes[i];
  }
  double sum = 0, squares = 0;
  for (std::size_t i = 1; i < bytes.size(); i += 3) sum += bytes[i];
  const double mean = sum / 10000;
  for (std::size_t i = 1; i < bytes.size(); i += 3)
    squares += (bytes[i] - mean) * (bytes[i] - mean);
  const auto of_bytes = Dataset::from_bytes({3}, bytes).pixels(Pixels::byte).mean_and_deviation();
  const auto of_floats = Dataset::from_floats({3}, floats).mean_and_deviation();
  CHECK(of_bytes.mean[1] == mean);
  CHECK(of_floats.mean[1] == mean);
  CHECK(of_bytes.deviation[1] == doctest::Approx(std::sqrt(squares / 10000)).epsilon(1e-12));
  CHECK(of_floats.deviation[1] == doctest::Approx(std::sqrt(squares / 10000)).epsilon(1e-12));
}

TEST_CASE("normalized data have mean 0 and deviation 1") {
  const Dataset data = Dataset::from_bytes({1, 1, 3}, {0, 100, 7, 255, 50, 8, 30, 20, 200});
  const Dataset normal = data.normalized(data.mean_and_deviation());
  CHECK(normal.factor().size() == 3);
  const auto [mean, deviation] = normal.mean_and_deviation();
  for (const double value : mean) CHECK(value == doctest::Approx(0).epsilon(1e-6));
  for (const double value : deviation) CHECK(value == doctest::Approx(1).epsilon(1e-6));
  CHECK(normal.bytes().data() == data.bytes().data());
}

TEST_CASE("one mean and deviation hold for all channels") {
  const Dataset data = four_images().normalized({{0.5}, {0.25}});
  CHECK(values(data.factor()) == Floats{static_cast<float>(1.0f / 255 / 0.25)});
  CHECK(values(data.offset()) == Floats{-2});
}

TEST_CASE("a normalization that divides by 0 or has the wrong channels is refused") {
  const Dataset data = four_images();
  CHECK_THROWS_WITH_AS(
      data.normalized({{0, 0, 0}, {1, 0, 1}}),
      "four: channel 1 has mean 0 and deviation 0; expected numbers, the deviation "
      "above 0 (1 for a channel that never changes)",
      Error);
  CHECK_THROWS_AS(data.normalized({{0}, {-1}}), Error);
  CHECK_THROWS_AS(data.normalized({{std::nan("")}, {1}}), Error);
  CHECK_THROWS_WITH_AS(
      data.normalized({{0, 0}, {1, 1}}),
      "four: 2 means and 2 deviations; expected one each, or 3 for samples [1, 2, 3]", Error);
  CHECK_THROWS_AS(data.normalized({{0}, {1, 1}}), Error);
}

TEST_CASE("grey images become RGB and RGB grey") {
  const Dataset grey = Dataset::from_bytes({1, 2, 1}, {10, 20, 30, 40}, {0, 1});
  const Dataset rgb = grey.to_channels(3);
  CHECK(rgb.sample_shape() == Shape{1, 2, 3});
  CHECK(values(rgb.bytes()) == Bytes{10, 10, 10, 20, 20, 20, 30, 30, 30, 40, 40, 40});
  CHECK(values(rgb.to_channels(1).bytes()) == Bytes{10, 20, 30, 40});
  CHECK(values(rgb.labels()) == Labels{0, 1});
  const Dataset colours = Dataset::from_bytes({1, 1, 3}, {255, 0, 0, 0, 255, 0, 0, 0, 255});
  CHECK(values(colours.to_channels(1).bytes()) == Bytes{76, 149, 28});
  CHECK_THROWS_AS(grey.to_channels(4), Error);
  CHECK_THROWS_AS(rgb.normalized({{0, 0, 0}, {1, 2, 3}}).to_channels(1), Error);
  CHECK_THROWS_AS(Dataset::from_floats({1, 1, 1}, Floats{1}).to_channels(3), Error);
  CHECK_THROWS_AS(Dataset::from_bytes({4}, Bytes(4)).to_channels(3), Error);
}

TEST_CASE("enlarging is bilinear between the centres of pixels") {
  const Dataset row = Dataset::from_bytes({1, 2, 1}, {0, 100});
  CHECK(values(row.resized(1, 4).bytes()) == Bytes{0, 25, 75, 100});
  CHECK(values(row.resized(2, 2).bytes()) == Bytes{0, 100, 0, 100});
  // 3 from 2: centres at −1/6, 1/2 and 7/6 of the way.
  CHECK(values(row.resized(1, 3).bytes()) == Bytes{0, 50, 100});
}

TEST_CASE("shrinking averages over all pixels, with the weights of a triangle") {
  // Half width 2 pixels: weights 1, 3, 3, 1 of the first four, then cut off at the border.
  const Dataset row = Dataset::from_bytes({1, 4, 1}, {0, 0, 70, 0});
  CHECK(values(row.resized(1, 2).bytes()) == Bytes{10, 30});
  const Dataset constant = Dataset::from_bytes({7, 5, 3}, Bytes(105, 201));
  const Bytes same(3 * 2 * 4, 201);
  CHECK(values(constant.resized(2, 4).bytes()) == same);
}

TEST_CASE("a resized image equals the exact fractions in doubles") {
  const int height = 9, width = 7, channels = 3, to_height = 4, to_width = 11;
  Bytes pixels(height * width * channels);
  for (std::size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = static_cast<std::uint8_t>(i * i % 256);
  const Dataset data = Dataset::from_bytes({height, width, channels}, pixels);
  const Dataset resized = data.resized(to_height, to_width);
  const auto weight = [](int from, int to, int source, int target) {
    const double scale = static_cast<double>(from) / to;
    const double distance = std::abs(source + 0.5 - (target + 0.5) * scale);
    return std::max(0.0, 1 - distance / std::max(1.0, scale));
  };
  double worst = 0;
  for (int y = 0; y < to_height; ++y) {
    for (int x = 0; x < to_width; ++x) {
      for (int c = 0; c < channels; ++c) {
        double sum = 0, weights = 0;
        for (int i = 0; i < height; ++i) {
          for (int j = 0; j < width; ++j) {
            const double w = weight(height, to_height, i, y) * weight(width, to_width, j, x);
            sum += w * pixels[static_cast<std::size_t>((i * width + j) * channels + c)];
            weights += w;
          }
        }
        const auto at = static_cast<std::size_t>((y * to_width + x) * channels + c);
        worst = std::max(worst, std::abs(sum / weights - resized.bytes()[at]));
      }
    }
  }
  CHECK(worst <= 0.5 + 1e-9);
}

TEST_CASE("the longest sides stay exact") {
  const Dataset white = Dataset::from_bytes({4096, 1, 1}, Bytes(4096, 255));
  CHECK(white.resized(1, 1).bytes()[0] == 255);
  CHECK(white.resized(4096, 2).bytes()[8191] == 255);
  CHECK(Dataset::from_bytes({1, 1, 1}, {255}).resized(4096, 1).bytes()[4095] == 255);
}

TEST_CASE("sides that cannot be resized are refused") {
  const Dataset data = four_images();
  CHECK_THROWS_AS(data.resized(0, 5), Error);
  CHECK_THROWS_AS(data.resized(5, 4097), Error);
  CHECK_THROWS_AS(Dataset::from_bytes({4097, 1, 1}, Bytes(4097)).resized(2, 2), Error);
  CHECK_THROWS_AS(Dataset::from_bytes({1, 1, 1}, Bytes(1000)).resized(4096, 4096), Error);
}
