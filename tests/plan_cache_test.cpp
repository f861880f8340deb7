#include <memory>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/core/error.h>
#include <ravine/core/plan_cache.h>

using namespace ravine;

namespace {

struct Plan {
  int serial;
};

const char* const conv = "conv";
const char* const dense = "dense";

/// Makes plans that count up, so that a second making shows.
struct Maker {
  int made = 0;
  Plan& get(PlanCache& cache, const PlanKey& key) {
    return cache.get<Plan>(key, [this] { return std::make_shared<Plan>(Plan{++made}); });
  }
};

}  // namespace

TEST_CASE("a plan is made once a key and found again") {
  PlanCache cache;
  Maker maker;
  const Plan& first = maker.get(cache, {conv, {1, 2, 3}});
  CHECK(&maker.get(cache, {conv, {1, 2, 3}}) == &first);
  CHECK(maker.made == 1);
}

TEST_CASE("another operation, number or length of the key is another plan") {
  PlanCache cache;
  Maker maker;
  const PlanKey keys[] = {{conv, {}},
                          {conv, {0}},
                          {conv, {0, 0}},
                          {conv, {1}},
                          {conv, {1, 0}},
                          {conv, {0, 1}},
                          {dense, {1}},
                          {conv, {-1}},
                          {conv, {1, 2, 3}},
                          {conv, {3, 2, 1}},
                          {conv, {std::int64_t{1} << 32}}};
  for (const PlanKey& key : keys) maker.get(cache, key);
  CHECK(maker.made == static_cast<int>(std::size(keys)));
  for (const PlanKey& key : keys) maker.get(cache, key);
  CHECK(maker.made == static_cast<int>(std::size(keys)));
}

TEST_CASE("a plan stays where it is while the cache grows") {
  PlanCache cache;
  Maker maker;
  const Plan& first = maker.get(cache, {conv, {-1}});
  for (std::int64_t i = 0; i < 1000; ++i) maker.get(cache, {conv, {i, i * i}});
  CHECK(first.serial == 1);
  CHECK(&maker.get(cache, {conv, {-1}}) == &first);
}

TEST_CASE("a maker that throws leaves no plan behind") {
  PlanCache cache;
  const PlanKey key{conv, {1}};
  const auto fails = []() -> std::shared_ptr<Plan> { throw Error("no such primitive"); };
  CHECK_THROWS_AS(cache.get<Plan>(key, fails), Error);
  Maker maker;
  CHECK(maker.get(cache, key).serial == 1);
}

TEST_CASE("a key of more numbers than it holds is refused") {
  CHECK_NOTHROW(PlanKey(conv, {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16,
                               17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31}));
  CHECK_THROWS_WITH_AS(
      PlanKey(conv, {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16,
                     17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32}),
      "conv: a plan key of 32 numbers; the limit is 31", Error);
}
