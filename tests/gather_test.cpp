#include <numeric>

#include <ravine/kernels/gather.h>

#include "lab.h"
#include "threads.h"

using namespace ravine;
using namespace ravine::test;

namespace {

/// A sample's shape, its channels as the affine map counts them (1: one factor for all).
struct Case {
  Shape sample;
  std::int64_t channels;
};
const Case cases[] = {{{28, 28, 1}, 1}, {{5, 7, 3}, 3}, {{5, 7, 3}, 1},  {{4, 3, 17}, 17},
                      {{13}, 13},       {{}, 1},        {{2, 130}, 130}, {{1001}, 1}};

constexpr std::int64_t samples = 50, batch = 11;

/// An order that uses samples twice and others never, and a cursor in the middle of it.
struct Batch {
  explicit Batch(Lab& lab, std::int64_t at = 23)
      : cursor_value(at), cursor(lab.tensor({}, std::vector<std::int64_t>{at})) {
    for (std::int64_t i = 0; i < samples; ++i) {
      values.push_back(static_cast<std::int32_t>(i * i % samples));
    }
    order = lab.tensor({samples}, values);
  }
  std::size_t sample(std::int64_t n) const {
    return static_cast<std::size_t>(values[static_cast<std::size_t>(cursor_value + n)]);
  }

  std::int64_t cursor_value;
  std::vector<std::int32_t> values;
  Tensor order, cursor;
};

std::vector<std::uint8_t> random_bytes(std::int64_t count) {
  RandomSequence random(11, RandomUse::data, 0);
  std::vector<std::uint8_t> bytes;
  for (std::int64_t i = 0; i < count; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(random.below(256)));
  }
  return bytes;
}

template <class T>
std::vector<double> expected_inputs(const Batch& b, const std::vector<T>& values, std::size_t width,
                                    const std::vector<double>& factor,
                                    const std::vector<double>& offset) {
  std::vector<double> y;
  for (std::int64_t n = 0; n < batch; ++n) {
    for (std::size_t i = 0; i < width; ++i) {
      const std::size_t c = i % factor.size();
      y.push_back(factor[c] * static_cast<double>(values[b.sample(n) * width + i]) + offset[c]);
    }
  }
  return y;
}

template <class Run>
void for_all_cases(const Run& run) {
  for (const Device device : devices()) {
    for (const Case& c : cases) {
      INFO(device.str(), ", samples of ", c.sample.str(), ", ", c.channels, " factors");
      Lab lab(device);
      run(lab, c);
    }
  }
}

}  // namespace

TEST_CASE("gather_inputs converts and scales the bytes of the samples that the order names") {
  for_all_cases([](Lab& lab, const Case& c) {
    const Batch b(lab);
    const auto width = static_cast<std::size_t>(c.sample.elements());
    const auto bytes = random_bytes(samples * c.sample.elements());
    const Tensor all = lab.tensor(c.sample.with_batch(samples), bytes);
    const Tensor y = lab.poisoned(c.sample.with_batch(batch));

    const Tensor factor = lab.integers({c.channels}), offset = lab.integers({c.channels});
    kernels::gather_inputs(lab.stream, all, b.order, b.cursor, factor, offset, y);
    check_equal(lab.host(y),
                expected_inputs(b, bytes, width, lab.doubles(factor), lab.doubles(offset)));

    const Tensor f = lab.random({c.channels}, 0.002, 0.02), o = lab.random({c.channels});
    kernels::gather_inputs(lab.stream, all, b.order, b.cursor, f, o, y);
    check_close(lab.host(y), expected_inputs(b, bytes, width, lab.doubles(f), lab.doubles(o)));
  });
}

TEST_CASE("gather_inputs scales float samples too") {
  for_all_cases([](Lab& lab, const Case& c) {
    const Batch b(lab);
    const auto width = static_cast<std::size_t>(c.sample.elements());
    const Tensor all = lab.integers(c.sample.with_batch(samples));
    const Tensor y = lab.poisoned(c.sample.with_batch(batch));
    const Tensor factor = lab.integers({c.channels}), offset = lab.integers({c.channels});
    kernels::gather_inputs(lab.stream, all, b.order, b.cursor, factor, offset, y);
    check_equal(lab.host(y),
                expected_inputs(b, lab.host(all), width, lab.doubles(factor), lab.doubles(offset)));
  });
}

TEST_CASE("gather_rows copies labels, weights, targets and bytes as they are") {
  for (const Device device : devices()) {
    Lab lab(device);
    const Batch b(lab);
    const auto check_rows = [&](const auto& values, std::size_t width, const auto& y) {
      REQUIRE(y.size() == static_cast<std::size_t>(batch) * width);
      for (std::int64_t n = 0; n < batch; ++n) {
        for (std::size_t i = 0; i < width; ++i) {
          CHECK(y[static_cast<std::size_t>(n) * width + i] == values[b.sample(n) * width + i]);
        }
      }
    };
    std::vector<std::int32_t> labels(samples);
    std::iota(labels.begin(), labels.end(), -7);
    const Tensor label_batch = lab.poisoned({batch}, DType::i32);
    kernels::gather_rows(lab.stream, lab.tensor({samples}, labels), b.order, b.cursor, label_batch);
    check_rows(labels, 1, lab.host<std::int32_t>(label_batch));

    const Tensor weights = lab.random({samples}), weight_batch = lab.poisoned({batch});
    kernels::gather_rows(lab.stream, weights, b.order, b.cursor, weight_batch);
    check_rows(lab.host(weights), 1, lab.host(weight_batch));

    const Tensor targets = lab.random({samples, 3, 5}), target_batch = lab.poisoned({batch, 3, 5});
    kernels::gather_rows(lab.stream, targets, b.order, b.cursor, target_batch);
    check_rows(lab.host(targets), 15, lab.host(target_batch));

    for (const std::int64_t width : {3, 4}) {
      const auto bytes = random_bytes(samples * width);
      const Tensor byte_batch = lab.poisoned({batch, width}, DType::u8);
      kernels::gather_rows(lab.stream, lab.tensor({samples, width}, bytes), b.order, b.cursor,
                           byte_batch);
      check_rows(bytes, static_cast<std::size_t>(width), lab.host<std::uint8_t>(byte_batch));
    }
  }
}

TEST_CASE("a batch may reach the end of the order, and an empty one writes nothing") {
  for (const Device device : devices()) {
    Lab lab(device);
    const Batch last(lab, samples - batch), end(lab, samples);
    const auto bytes = random_bytes(samples * 6);
    const Tensor all = lab.tensor({samples, 6}, bytes);
    const Tensor one = lab.tensor({1}, std::vector<float>{1});
    const Tensor zero = lab.tensor({1}, std::vector<float>{0});
    const Tensor y = lab.poisoned({batch, 6});
    kernels::gather_inputs(lab.stream, all, last.order, last.cursor, one, zero, y);
    check_equal(lab.host(y), expected_inputs(last, bytes, 6, {1}, {0}));
    kernels::gather_inputs(lab.stream, all, end.order, end.cursor, one, zero, lab.poisoned({0, 6}));
    kernels::gather_rows(lab.stream, all, end.order, end.cursor, lab.poisoned({0, 6}, DType::u8));
  }
}

TEST_CASE("advance adds to a counter beyond 32 bits") {
  for (const Device device : devices()) {
    Lab lab(device);
    const Tensor counter = lab.tensor({}, std::vector<std::int64_t>{0xFFFFFFFF});
    kernels::advance(lab.stream, 3, counter);
    kernels::advance(lab.stream, -1, counter);
    CHECK(lab.host<std::int64_t>(counter).front() == 0x100000001);
  }
}

TEST_CASE("gathering gives the same bits for any number of threads") {
  check_same_bits_for_any_thread_count([] {
    Lab lab;
    const std::int64_t count = 300, width = 35 * 3;
    std::vector<std::int32_t> order(count);
    for (std::size_t i = 0; i < order.size(); ++i) {
      order[i] = static_cast<std::int32_t>((i * 77) % order.size());
    }
    const Tensor all = lab.tensor({count, 35, 3}, random_bytes(count * width));
    const Tensor y = lab.poisoned({count, 35, 3});
    kernels::gather_inputs(lab.stream, all, lab.tensor({count}, order),
                           lab.tensor({}, std::vector<std::int64_t>{0}), lab.random({3}),
                           lab.random({3}), y);
    return lab.host(y);
  });
}
