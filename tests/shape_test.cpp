#include <cstdint>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/core/error.h>
#include <ravine/core/shape.h>

using namespace ravine;

namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int32_t>::max();

}  // namespace

TEST_CASE("a scalar has rank 0 and one element") {
  const Shape scalar;
  CHECK(scalar.rank() == 0);
  CHECK(scalar.elements() == 1);
  CHECK(scalar.extents().empty());
  CHECK(scalar.str() == "[]");
  CHECK(scalar == Shape{});
  CHECK_THROWS_AS(scalar.without_batch(), Error);
}

TEST_CASE("a shape knows its extents, its last one and their product") {
  const Shape shape{32, 28, 14, 3};
  CHECK(shape.rank() == 4);
  CHECK(shape[1] == 28);
  CHECK(shape.back() == 3);
  CHECK(shape.elements() == 32 * 28 * 14 * 3);
  CHECK(shape.str() == "[32, 28, 14, 3]");
  CHECK(Shape{5, 0, 7}.elements() == 0);
  CHECK(Shape{largest, 2}.elements() == 2 * largest);
  const std::vector<std::int64_t> extents{32, 28, 14, 3};
  CHECK(Shape(extents) == shape);
}

TEST_CASE("shapes are equal when rank and all extents are") {
  CHECK(Shape{2, 3} == Shape{2, 3});
  CHECK_FALSE(Shape{2, 3} == Shape{3, 2});
  CHECK_FALSE(Shape{2, 3} == Shape{2, 3, 1});
  CHECK_FALSE(Shape{} == Shape{1});
  CHECK_FALSE(Shape{2, 0} == Shape{2});
}

TEST_CASE("the batch axis is put before the others and taken off again") {
  const Shape image{28, 14, 3};
  CHECK(image.with_batch(32) == Shape{32, 28, 14, 3});
  CHECK(image.with_batch(32).without_batch() == image);
  CHECK(Shape{}.with_batch(7) == Shape{7});
  CHECK(Shape{7}.without_batch() == Shape{});
}

TEST_CASE("extents and numbers of elements beyond the limits are refused with the extents") {
  CHECK_THROWS_WITH_AS((Shape{2, -1}), "shape [2, -1]: -1 is not in [0, 2147483647]", Error);
  CHECK_THROWS_WITH_AS((Shape{largest + 1}),
                       "shape [2147483648]: 2147483648 is not in [0, 2147483647]", Error);
  CHECK(Shape{1, 2, 3, 4, 5, 6, 7, 8}.rank() == 8);
  CHECK_THROWS_AS((Shape{1, 2, 3, 4, 5, 6, 7, 8, 9}), Error);
  CHECK_THROWS_AS((Shape{1, 2, 3, 4, 5, 6, 7, 8}.with_batch(1)), Error);
  CHECK_THROWS_AS((Shape{largest, largest, largest}), Error);
}

TEST_CASE("the bytes of any shape fit into 64 bits") {
  // 2⁶² elements of 4 bytes would wrap around to none, and be allocated.
  CHECK_THROWS_AS((Shape{1 << 30, 1 << 30, 4}), Error);
  CHECK_THROWS_AS((Shape{1 << 30, 1 << 30, 1}), Error);
  CHECK(Shape{1 << 30, 1 << 29}.elements() == std::int64_t{1} << 59);
}
