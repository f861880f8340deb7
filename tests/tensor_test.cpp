#include <memory>

#include <ravine/core/error.h>
#include <ravine/core/scalar.h>
#include <ravine/core/tensor.h>

#include "lab.h"

using namespace ravine;
using namespace ravine::test;

namespace {

template <class T>
std::vector<T> counting(std::size_t count) {
  std::vector<T> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<T>(i + 1));
  return values;
}

template <class T>
void check_round_trip(Lab& lab) {
  const std::vector<T> values = counting<T>(12);
  const Tensor tensor = lab.tensor({3, 4}, values);
  CHECK(tensor.dtype() == dtype_of<T>());
  CHECK(tensor.size_bytes() == 12 * sizeof(T));
  CHECK(lab.host<T>(tensor) == values);
}

template <class Run>
void for_all_devices(const Run& run) {
  for (const Device device : devices()) {
    INFO(device.str());
    Lab lab(device);
    run(lab);
  }
}

}  // namespace

TEST_CASE("host values of every dtype come back as they went in") {
  for_all_devices([](Lab& lab) {
    check_round_trip<float>(lab);
    check_round_trip<std::uint8_t>(lab);
    check_round_trip<std::int32_t>(lab);
    check_round_trip<std::int64_t>(lab);
  });
}

TEST_CASE("an absent tensor is false, a tensor without elements is not") {
  Lab lab;
  CHECK_FALSE(Tensor());
  CHECK(Tensor(lab.stream, {0, 3}));
  CHECK(Tensor::persistent(lab.stream, {0}));
  CHECK(lab.host(Tensor::persistent(lab.stream, {0, 3})).empty());
}

TEST_CASE("a persistent tensor begins as zeros") {
  for_all_devices([](Lab& lab) {
    check_equal(lab.host(Tensor::persistent(lab.stream, {5, 7})), std::vector<float>(35));
  });
}

TEST_CASE("copies of a handle share the numbers, a clone does not") {
  for_all_devices([](Lab& lab) {
    const Tensor x = lab.tensor({4}, counting<float>(4));
    const Tensor same = x;
    const Tensor other = x.clone(lab.stream);
    same.zero(lab.stream);
    check_equal(lab.host(x), std::vector<float>(4));
    check_equal(lab.host(other), counting<float>(4));
  });
}

TEST_CASE("reshape and slice show the same memory") {
  for_all_devices([](Lab& lab) {
    const Tensor x = lab.tensor({3, 4}, counting<float>(12));
    CHECK(x.reshape({2, 6}).shape() == Shape{2, 6});
    const Tensor middle = x.slice(5, {2, 2});
    check_equal(lab.host(middle), std::vector<float>{6, 7, 8, 9});
    middle.zero(lab.stream);
    check_equal(lab.host(x.reshape({12})),
                std::vector<float>{1, 2, 3, 4, 5, 0, 0, 0, 0, 10, 11, 12});
    check_equal(lab.host(x.slice(12, {0})), std::vector<float>{});
  });
}

TEST_CASE("reshape and slice refuse what does not fit, naming the shapes") {
  Lab lab;
  const Tensor x = lab.tensor({3, 4}, counting<float>(12));
  CHECK_THROWS_WITH_AS(x.reshape({5}), "reshape: [3, 4] has 12 elements, [5] has 5", Error);
  CHECK_THROWS_AS(x.slice(-1, {2}), Error);
  CHECK_THROWS_AS(x.slice(11, {2}), Error);
  CHECK_THROWS_AS(x.slice(0, {13}), Error);
  CHECK_THROWS_AS(x.slice(std::numeric_limits<std::int64_t>::max(), {2}), Error);
}

TEST_CASE("numbers are not read as another dtype") {
  Lab lab;
  const Tensor x = lab.tensor({2}, counting<float>(2));
  CHECK_THROWS_WITH_AS(x.data<std::int32_t>(), "tensor [2] holds f32, asked for i32", Error);
  CHECK_THROWS_AS(lab.host<std::uint8_t>(x), Error);
  CHECK_THROWS_AS(x.copy_from(lab.stream, lab.tensor({2}, counting<std::int32_t>(2))), Error);
}

TEST_CASE("copies refuse another number of elements") {
  Lab lab;
  const Tensor x = lab.tensor({2, 3}, counting<float>(6));
  CHECK_THROWS_AS(x.copy_from(lab.stream, lab.tensor({5}, counting<float>(5))), Error);
  CHECK_THROWS_AS(lab.tensor({7}, counting<float>(6)), Error);
  x.copy_from(lab.stream, lab.tensor({6}, std::vector<float>(6, 2)));
  check_equal(lab.host(x), std::vector<float>(6, 2));
}

TEST_CASE("a tensor of an earlier step throws, and says what to do") {
  for_all_devices([](Lab& lab) {
    const Tensor x(lab.stream, {2, 3});
    const Tensor part = x.slice(1, {2}), shaped = x.reshape({6});
    x.zero(lab.stream);
    const Tensor kept = x.clone(lab.stream);
    lab.stream.arena().rewind();
    for (const Tensor& stale : {x, part, shaped}) {
      CHECK_THROWS_WITH_AS(
          stale.data(),
          (stale.shape().str() + " was made in step 1 and its memory belongs to step 2 now; "
                                 "clone() keeps a value")
              .insert(0, "tensor ")
              .c_str(),
          Error);
      CHECK_THROWS_AS(stale.bytes(), Error);
      CHECK_THROWS_AS(lab.host(stale), Error);
    }
    check_equal(lab.host(kept), std::vector<float>(6));
  });
}

TEST_CASE("persistent tensors outlive steps and the stream that made them") {
  Tensor x;
  {
    Stream stream(Device::cpu());
    x = Tensor::from<float>(stream, {3}, counting<float>(3));
    stream.arena().rewind();
  }
  Lab lab;
  check_equal(lab.host(x), counting<float>(3));
}

TEST_CASE("a step tensor keeps its memory when the stream is gone") {
  Tensor x;
  {
    Stream stream(Device::cpu());
    x = Tensor(stream, {3});
    x.copy_from_host<float>(stream, counting<float>(3));
  }
  Lab lab;
  check_equal(lab.host(x), counting<float>(3));
}

TEST_CASE("borrowed host values are not copied and live as long as a handle") {
  auto values = std::make_shared<std::vector<float>>(counting<float>(6));
  const std::weak_ptr<std::vector<float>> alive = values;
  Lab lab;
  {
    const Tensor x = Tensor::borrow<float>({2, 3}, *values, values);
    CHECK(x.data() == values->data());
    values.reset();
    const Tensor part = x.slice(3, {3});
    check_equal(lab.host(part), std::vector<float>{4, 5, 6});
    CHECK_FALSE(alive.expired());
  }
  CHECK(alive.expired());
  const std::vector<float> five = counting<float>(5);
  CHECK_THROWS_AS(Tensor::borrow<float>({2, 3}, five, nullptr), Error);
}

TEST_CASE("tensors of the dry device have shapes and no bytes") {
  Stream stream(Device::dry());
  const Shape terabytes{1 << 20, 1 << 20};
  const Tensor x(stream, terabytes);
  const Tensor y = Tensor::persistent(stream, terabytes);
  CHECK(x);
  CHECK(y.slice(7, {1 << 20}).shape() == Shape{1 << 20});
  CHECK(stream.arena().high_water() == std::size_t{4} << 40);
}

TEST_CASE("memory that no machine has is refused with the sizes") {
  Stream stream(Device::cpu());
  CHECK_THROWS_AS(Tensor::persistent(stream, {1 << 30, 1 << 20}), Error);
  CHECK_THROWS_AS(Tensor(stream, {1 << 30, 1 << 20}), Error);
}

TEST_CASE("a scalar in device memory gives back what was set last") {
  for_all_devices([](Lab& lab) {
    Scalar<float> rate(lab.stream, 0.25f);
    CHECK(rate.get(lab.stream) == 0.25f);
    rate.set(lab.stream, 3);
    CHECK(rate.get(lab.stream) == 3);
    CHECK(rate.tensor().shape() == Shape{});
    const Scalar<std::int64_t> step(lab.stream, std::int64_t{1} << 40);
    CHECK(step.get(lab.stream) == std::int64_t{1} << 40);
  });
}
