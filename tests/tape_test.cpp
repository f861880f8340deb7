#include <array>
#include <memory>
#include <thread>

#include <ravine/core/error.h>
#include <ravine/core/step.h>
#include <ravine/core/tape.h>
#include <ravine/kernels/elementwise.h>
#include <ravine/kernels/reduce.h>

#include "allocations.h"
#include "lab.h"

using namespace ravine;
using namespace ravine::test;

namespace {

// The operations that the tape is tried with: a product, which saves its operands, a sum and a
// reshape, which pass their gradient on, and the total, which makes a scalar.

Variable product(const Variable& a, const Variable& b) {
  const Tensor y(a.stream(), a.shape());
  kernels::multiply(a.stream(), a.value(), b.value(), y);
  return record("product", {a, b}, y, [a, b](Gradients& grad, const Tensor& dy) {
    if (const Tensor da = grad.of(a)) kernels::multiply(grad.stream(), dy, b.value(), da);
    if (const Tensor db = grad.of(b)) kernels::multiply(grad.stream(), dy, a.value(), db);
  });
}

Variable sum(const Variable& a, const Variable& b) {
  const Tensor y(a.stream(), a.shape());
  kernels::add(a.stream(), a.value(), b.value(), y);
  return record("sum", {a, b}, y, [a, b](Gradients& grad, const Tensor& dy) {
    grad.pass(a, dy);
    grad.pass(b, dy);
  });
}

Variable reshaped(const Variable& x, const Shape& shape) {
  return record("reshape", {x}, x.value().reshape(shape),
                [x](Gradients& grad, const Tensor& dy) { grad.pass(x, dy); });
}

Variable total(const Variable& x) {
  const Tensor y(x.stream(), {});
  kernels::sum_all(x.stream(), 1, x.value(), y);
  return record("total", {x}, y, [x](Gradients& grad, const Tensor& dy) {
    if (const Tensor dx = grad.of(x)) kernels::broadcast(grad.stream(), 1, dy, dx);
  });
}

/// A trained value with its gradient, poisoned until a backward pass writes it.
struct Parameter {
  Parameter(Lab& lab, Tape& tape, const Tensor& initial) : value(initial) {
    gradient = lab.poisoned(value.shape());
    leaf.bind(tape, value, gradient);
  }
  operator Variable() const { return leaf; }

  Tensor value, gradient;
  Leaf leaf;
};

std::vector<double> operator*(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> y;
  for (std::size_t i = 0; i < a.size(); ++i) y.push_back(a[i] * b[i]);
  return y;
}
std::vector<double> operator+(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> y;
  for (std::size_t i = 0; i < a.size(); ++i) y.push_back(a[i] + b[i]);
  return y;
}

/// A fresh stream that poisons its step memory, and a tape that has begun its first step.
struct Bench {
  explicit Bench(Device device = Device::cpu()) : lab(device), tape(lab.stream) {
    lab.stream.arena().poison(true);
    tape.begin_step();
  }
  Tensor integers(const Shape& shape = {3, 5}) { return lab.integers(shape); }

  Lab lab;
  Tape tape;
};

template <class Run>
void for_all_devices(const Run& run) {
  for (const Device device : devices()) {
    INFO(device.str());
    Bench bench(device);
    run(bench);
  }
}

}  // namespace

TEST_CASE("a parameter used twice by one operation gets both gradients") {
  for_all_devices([](Bench& bench) {
    const Parameter x(bench.lab, bench.tape, bench.integers());
    bench.tape.backward(total(product(x, x)));
    const auto value = bench.lab.doubles(x.value);
    check_equal(bench.lab.host(x.gradient), value + value);
  });
}

TEST_CASE("a parameter used by several operations gets the sum of their gradients") {
  for_all_devices([](Bench& bench) {
    const Parameter x(bench.lab, bench.tape, bench.integers());
    const Parameter w(bench.lab, bench.tape, bench.integers());
    const auto vx = bench.lab.doubles(x.value), vw = bench.lab.doubles(w.value);
    // L = Σ (x·w + x)·x + x: ∂L/∂x = 2·x·w + 2·x + 1, ∂L/∂w = x².
    const Variable y = sum(product(sum(product(x, w), x), x), x);
    bench.tape.backward(total(y));
    const std::vector<double> ones(vx.size(), 1.0);
    check_equal(bench.lab.host(x.gradient), vx * vw + vx * vw + vx + vx + ones);
    check_equal(bench.lab.host(w.gradient), vx * vx);
  });
}

TEST_CASE("a value between that is used twice gets the sum of its gradients") {
  for_all_devices([](Bench& bench) {
    const Parameter x(bench.lab, bench.tape, bench.integers());
    const Parameter w(bench.lab, bench.tape, bench.integers());
    const Variable y = product(x, w);
    const Variable loss = total(product(y, y));
    bench.tape.backward(loss);
    const auto vx = bench.lab.doubles(x.value), vw = bench.lab.doubles(w.value);
    check_equal(bench.lab.host(bench.tape.gradient(y)), vx * vw + vx * vw);
    check_equal(bench.lab.host(x.gradient), vx * vw * vw + vx * vw * vw);
  });
}

TEST_CASE("gradients that are passed on without a copy do not corrupt each other") {
  for_all_devices([](Bench& bench) {
    // u and v share the gradient of their sum; u gets more before it, or after it, or both.
    for (const bool before : {false, true}) {
      for (const bool after : {false, true}) {
        INFO("another use before: ", before, ", after: ", after);
        bench.tape.begin_step();
        const Tensor w1 = bench.integers(), w2 = bench.integers(), w3 = bench.integers();
        const Variable u = bench.tape.input(bench.integers(), true);
        const Variable v = bench.tape.input(bench.integers(), true);
        Variable rest = bench.tape.input(bench.integers());
        if (before) rest = sum(rest, product(u, bench.tape.input(w2)));
        const Variable s = sum(u, v);
        if (after) rest = sum(rest, product(u, bench.tape.input(w3)));
        const Variable y = sum(product(s, bench.tape.input(w1)), rest);
        bench.tape.backward(total(y));

        const auto ds = bench.lab.doubles(w1);
        auto du = ds;
        if (before) du = du + bench.lab.doubles(w2);
        if (after) du = du + bench.lab.doubles(w3);
        check_equal(bench.lab.host(bench.tape.gradient(u)), du);
        check_equal(bench.lab.host(bench.tape.gradient(v)), ds);
        check_equal(bench.lab.host(bench.tape.gradient(s)), ds);
        check_equal(bench.lab.host(bench.tape.gradient(y)), std::vector<double>(15, 1.0));
      }
    }
  });
}

TEST_CASE("a sum of a value with itself, and chains of passed gradients, count every path") {
  for_all_devices([](Bench& bench) {
    const Parameter x(bench.lab, bench.tape, bench.integers());
    const Tensor w = bench.integers({15});
    const Variable twice = sum(x, x);
    const Variable four = sum(twice, twice);
    const Variable five = sum(reshaped(four, {15}), reshaped(x, {15}));
    bench.tape.backward(total(product(five, bench.tape.input(w))));
    const auto vw = bench.lab.doubles(w);
    check_equal(bench.lab.host(x.gradient), vw + vw + vw + vw + vw);
    CHECK(bench.tape.gradient(four).shape() == Shape{3, 5});
    check_equal(bench.lab.host(bench.tape.gradient(twice)), vw + vw);
  });
}

TEST_CASE("a leaf keeps its own gradient memory when a gradient is passed to it") {
  for_all_devices([](Bench& bench) {
    const Parameter x(bench.lab, bench.tape, bench.integers());
    const Parameter y(bench.lab, bench.tape, bench.integers());
    bench.tape.backward(total(sum(x, y)));
    CHECK(x.leaf.gradient().bytes() == x.gradient.bytes());
    bench.tape.begin_step();  // what was passed is overwritten from here on
    Tensor(bench.lab.stream, {1000});
    check_equal(bench.lab.host(x.gradient), std::vector<double>(15, 1.0));
    check_equal(bench.lab.host(y.gradient), std::vector<double>(15, 1.0));
  });
}

TEST_CASE("what the loss does not depend on gets a gradient of zeros, not an old one") {
  for_all_devices([](Bench& bench) {
    const Parameter used(bench.lab, bench.tape, bench.integers());
    const Parameter unused(bench.lab, bench.tape, bench.integers());
    product(unused, unused);  // recorded, but no way leads from it to the loss
    bench.tape.backward(total(product(used, used)));
    check_equal(bench.lab.host(unused.gradient), std::vector<double>(15, 0.0));

    bench.tape.begin_step();
    bench.tape.backward(total(product(unused, unused)));
    check_equal(bench.lab.host(used.gradient), std::vector<double>(15, 0.0));
    const auto value = bench.lab.doubles(unused.value);
    check_equal(bench.lab.host(unused.gradient), value + value);

    bench.tape.begin_step();
    bench.tape.backward(total(bench.tape.input(bench.integers())));
    check_equal(bench.lab.host(unused.gradient), std::vector<double>(15, 0.0));
  });
}

TEST_CASE("a second backward pass overwrites the gradients of the first") {
  for_all_devices([](Bench& bench) {
    const Parameter x(bench.lab, bench.tape, bench.integers());
    const Variable y = sum(product(x, x), sum(x, x));
    const Variable loss = total(y), other = total(x);
    bench.tape.backward(loss);
    const auto first = bench.lab.host(x.gradient);
    bench.tape.backward(other);
    check_equal(bench.lab.host(x.gradient), std::vector<double>(15, 1.0));
    bench.tape.backward(loss);
    check_equal(bench.lab.host(x.gradient), first);
  });
}

TEST_CASE("an absent operand needs no gradient, and a frozen one gets none") {
  for_all_devices([](Bench& bench) {
    const Parameter x(bench.lab, bench.tape, bench.integers());
    Leaf frozen;
    frozen.bind(bench.tape, bench.integers(), {});
    const Variable absent;
    CHECK_FALSE(absent);
    CHECK_FALSE(absent.needs_gradient());
    CHECK_FALSE(absent.value());
    CHECK_FALSE(Variable(frozen).needs_gradient());
    const Variable y = record(
        "maybe", {absent, x, frozen}, x.value,
        [x = Variable(x), absent, frozen = Variable(frozen)](Gradients& grad, const Tensor& dy) {
          CHECK_FALSE(grad.of(absent));
          CHECK_FALSE(grad.of(frozen));
          grad.pass(absent, dy);
          grad.pass(frozen, dy);
          grad.pass(x, dy);
        });
    bench.tape.backward(total(y));
    check_equal(bench.lab.host(x.gradient), std::vector<double>(15, 1.0));
    CHECK_THROWS_WITH_AS(
        record("nothing", {absent, absent}, x.value, [](Gradients&, const Tensor&) {}),
        "nothing: all operands are absent", Error);
  });
}

TEST_CASE("nothing is recorded where no gradient is needed or the tape is not recording") {
  for_all_devices([](Bench& bench) {
    const auto token = std::make_shared<int>(0);
    const auto keep = [token](Gradients&, const Tensor&) {};
    const Parameter x(bench.lab, bench.tape, bench.integers());
    const long bare = token.use_count();

    const Variable plain = bench.tape.input(bench.integers());
    CHECK_FALSE(record("keep", {plain}, plain.value(), keep).needs_gradient());
    CHECK(token.use_count() == bare);

    bench.tape.mode(false, false);
    CHECK_FALSE(record("keep", {x}, x.value, keep).needs_gradient());
    CHECK_FALSE(bench.tape.input(bench.integers(), true).needs_gradient());
    CHECK(token.use_count() == bare);

    bench.tape.mode(true, false);
    CHECK(record("keep", {plain, x}, x.value, keep).needs_gradient());
    CHECK(token.use_count() == bare + 1);
  });
}

TEST_CASE("closures are destroyed when the next step begins, and with the tape") {
  const auto token = std::make_shared<int>(0);
  Lab lab;
  {
    Tape tape(lab.stream);
    const Parameter x(lab, tape, lab.integers({4}));
    const auto keep = [token](Gradients&, const Tensor&) {};
    const long bare = token.use_count();
    for (int i = 0; i < 7; ++i) record("keep", {x}, x.value, keep);
    CHECK(token.use_count() == bare + 7);
    tape.begin_step();
    CHECK(token.use_count() == bare);
    for (int i = 0; i < 7; ++i) record("keep", {x}, x.value, keep);
  }
  CHECK(token.use_count() == 1);
}

TEST_CASE("a backward function that throws leaves a tape whose next step works") {
  for_all_devices([](Bench& bench) {
    const Parameter x(bench.lab, bench.tape, bench.integers());
    const Variable y = product(x, x);
    const Variable z = record("fails", {y, y}, y.value(), [y](Gradients& grad, const Tensor&) {
      grad.of(y);
      grad.of(y);
      throw Error("no gradient here");
    });
    CHECK_THROWS_WITH_AS(bench.tape.backward(total(z)), "no gradient here", Error);
    bench.tape.begin_step();
    bench.tape.backward(total(product(x, x)));
    const auto value = bench.lab.doubles(x.value);
    check_equal(bench.lab.host(x.gradient), value + value);
  });
}

TEST_CASE("closures of all sizes lie where they may, too large ones are refused") {
  Bench bench;
  const Parameter x(bench.lab, bench.tape, bench.integers({4}));
  struct alignas(16) Wide {
    std::array<char, 16> bytes{};
  };
  int misplaced = 0, run = 0;
  Variable y = x;
  for (int i = 0; i < 200; ++i) {
    const std::array<char, 1001> ballast{};
    y = record("ballast", {y}, y.value(), [y, ballast, &run](Gradients& grad, const Tensor& dy) {
      run += 1 + ballast[1000];
      grad.pass(y, dy);
    });
    y = record("wide", {y}, y.value(),
               [y, wide = Wide{}, &misplaced, &run](Gradients& grad, const Tensor& dy) {
                 misplaced += reinterpret_cast<std::uintptr_t>(&wide) % alignof(Wide) != 0 ? 1 : 0;
                 ++run;
                 grad.pass(y, dy);
               });
  }
  bench.tape.backward(total(y));
  CHECK(run == 400);
  CHECK(misplaced == 0);
  check_equal(bench.lab.host(x.gradient), std::vector<double>(4, 1.0));
  const auto huge = std::make_unique<std::array<char, 70000>>();
  CHECK_THROWS_AS(record("huge", {y}, y.value(), [huge = *huge](Gradients&, const Tensor&) {}),
                  Error);
}

TEST_CASE("the loss must be a scalar") {
  Bench bench;
  const Parameter x(bench.lab, bench.tape, bench.integers());
  CHECK_THROWS_WITH_AS(bench.tape.backward(product(x, x)),
                       "backward: the loss must be a scalar, not [3, 5]", Error);
}

TEST_CASE("a Variable of an earlier step throws, even where its place is taken again") {
  Bench bench;
  const Parameter x(bench.lab, bench.tape, bench.integers());
  const Variable old = product(x, x);
  bench.tape.begin_step();
  CHECK_THROWS_AS(old.value(), Error);
  const Variable fresh = product(x, x);
  CHECK_THROWS_AS(old.shape(), Error);
  CHECK_THROWS_AS(product(fresh, old), Error);
  CHECK_THROWS_AS(bench.tape.backward(old), Error);
  CHECK(Variable(x).shape() == Shape{3, 5});
}

TEST_CASE("a parameter that belongs to no tape yet says so") {
  const Leaf leaf;
  CHECK_THROWS_WITH_AS(Variable(leaf).tape(), "a parameter was used before its model was built",
                       Error);
  CHECK_THROWS_AS(Variable().shape(), Error);
}

TEST_CASE("a Variable names its operation and the first operand that is there") {
  Bench bench;
  const Parameter x(bench.lab, bench.tape, bench.integers());
  const Variable y = product(x, x);
  const Variable z = record("maybe", {Variable(), y}, y.value(), [](Gradients&, const Tensor&) {});
  CHECK(std::string(z.operation()) == "maybe");
  CHECK(std::string(z.source().operation()) == "product");
  CHECK(z.source().value().bytes() == y.value().bytes());
  CHECK(std::string(z.source().source().operation()).empty());
  CHECK_FALSE(z.source().source().source());
}

TEST_CASE("a bound leaf moves to other memory, and to no gradient, when bound again") {
  Bench bench;
  Parameter x(bench.lab, bench.tape, bench.integers());
  const Tensor elsewhere = bench.lab.poisoned({3, 5});
  x.leaf.bind(bench.tape, x.value, elsewhere);
  bench.tape.backward(total(x));
  check_equal(bench.lab.host(elsewhere), std::vector<double>(15, 1.0));
  CHECK(std::isnan(bench.lab.host(x.gradient).front()));
  x.leaf.bind(bench.tape, x.value, {});
  CHECK_FALSE(Variable(x).needs_gradient());
  bench.tape.begin_step();
  bench.tape.backward(total(x));
  check_equal(bench.lab.host(elsewhere), std::vector<double>(15, 1.0));
}

TEST_CASE("from the third identical step on nothing is allocated and addresses repeat") {
  Bench bench;
  const Parameter x(bench.lab, bench.tape, bench.integers({40, 50}));
  const Parameter w(bench.lab, bench.tape, bench.integers({40, 50}));
  const void* address = nullptr;
  Step step(bench.tape, [&] {
    Variable y = x;
    for (int i = 0; i < 300; ++i) y = sum(product(y, w), x);  // more than one block of closures
    const Variable loss = total(y);
    bench.tape.backward(loss);
    address = loss.value().bytes();
  });
  step.run();
  step.run();
  const void* second = address;
  for (int i = 0; i < 3; ++i) {
    const long before = allocations();
    step.run();
    const long during = allocations() - before;
    CHECK(during == 0);
    CHECK(address == second);
  }
}

TEST_CASE("tapes of different threads share nothing") {
  const auto train = [] {
    Bench bench;
    const Parameter x(bench.lab, bench.tape, bench.integers({100, 37}));
    std::vector<float> all;
    for (int i = 0; i < 20; ++i) {
      bench.tape.begin_step();
      bench.tape.backward(total(product(product(x, x), sum(x, x))));
      const std::vector<float> gradient = bench.lab.host(x.gradient);
      all.insert(all.end(), gradient.begin(), gradient.end());
    }
    return all;
  };
  const std::vector<float> expected = train();
  std::vector<std::vector<float>> results(3);
  {
    std::vector<std::jthread> threads;
    for (auto& result : results) threads.emplace_back([&result, &train] { result = train(); });
  }
  for (const auto& result : results) CHECK(result == expected);
}
