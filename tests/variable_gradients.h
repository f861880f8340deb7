#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ravine/core/tape.h>
#include <ravine/layers/arithmetic.h>

#include "central_differences.h"
#include "lab.h"

namespace ravine::test {

using Doubles = std::vector<double>;

/// A function on Variables beside the same in double.
struct VariableCase {
  std::string name;
  std::vector<Shape> shapes;  // of the operands
  std::function<Variable(const std::vector<Variable>&)> function;
  /// An absent operand is empty.
  std::function<Doubles(const std::vector<Doubles>&)> reference;
  std::vector<std::size_t> optional = {};  // operands that may be absent
  double low = -1, high = 1;               // of the operands' numbers
  double tolerance = 2e-5;
};

/// One choice of operands: bit i says whether operand i is there, or whether its gradient is
/// wanted.
inline void check_choice(const VariableCase& test, unsigned present, unsigned wanted) {
  Lab lab(Device::cpu(), 7 + present);
  lab.stream.arena().poison(true);
  Tape tape(lab.stream);
  tape.begin_step();
  std::vector<Variable> operands;
  std::vector<Doubles> values;
  for (std::size_t i = 0; i < test.shapes.size(); ++i) {
    const Tensor value = lab.random(test.shapes[i], test.low, test.high);
    const bool is_there = (present >> i & 1) != 0, is_wanted = (wanted >> i & 1) != 0;
    operands.push_back(is_there ? tape.input(value, is_wanted) : Variable());
    values.push_back(is_there ? lab.doubles(value) : Doubles());
  }
  const Variable y = test.function(operands);
  CHECK(y.needs_gradient() == (wanted != 0));
  check_close(lab.host(y.value()), test.reference(values), test.tolerance, test.tolerance);

  // A weighted sum, so that every element has a share of its own in the gradient.
  const Tensor weights = lab.random(y.shape());
  tape.backward(sum(y * tape.input(weights)));
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (!operands[i]) continue;
    CAPTURE(i);
    const Tensor gradient = tape.gradient(operands[i]);
    CHECK(static_cast<bool>(gradient) == ((wanted >> i & 1) != 0));
    if (!gradient) continue;
    REQUIRE(gradient.shape() == operands[i].shape());
    check_gradient(
        values[i], lab.doubles(gradient),
        [&](const Doubles& x) {
          std::vector<Doubles> moved = values;
          moved[i] = x;
          return dot(lab.doubles(weights), test.reference(moved));
        },
        test.tolerance);
  }
}

/// Compares value and gradients with central differences of the reference, for every combination of
/// operands that are there and gradients that are wanted.
inline void check_variable(const VariableCase& test) {
  CAPTURE(test.name);
  const unsigned all = (1u << test.shapes.size()) - 1;
  for (unsigned present = 0; present <= all; ++present) {
    const bool lacks_a_needed_one = [&] {
      for (std::size_t i = 0; i < test.shapes.size(); ++i) {
        const bool may_be_absent = std::ranges::find(test.optional, i) != test.optional.end();
        if ((present >> i & 1) == 0 && !may_be_absent) return true;
      }
      return false;
    }();
    if (lacks_a_needed_one) continue;
    for (unsigned wanted = 0; wanted <= all; ++wanted) {
      if ((wanted & ~present) != 0) continue;
      CAPTURE(present);
      CAPTURE(wanted);
      check_choice(test, present, wanted);
    }
  }
}

/// The reference of a function of one operand that works on each number by itself.
inline auto each(std::function<double(double)> function) {
  return [function](const std::vector<Doubles>& x) {
    Doubles y = x[0];
    for (double& value : y) value = function(value);
    return y;
  };
}

}  // namespace ravine::test
