#pragma once

#include <functional>

#include <ravine/core/tape.h>

namespace ravine {

/// One training step, run again and again with the same shapes and addresses.
///
/// A CPU runs the body each time. A GPU will run it eagerly once, capture it the second time and
/// replay the capture afterwards; for that the body allocates only from the step arena, never waits
/// for the device, and reads whatever changes between steps from device memory.
class Step {
 public:
  Step(Tape& tape, std::function<void()> body) : tape_(tape), body_(std::move(body)) {}

  void run() {
    tape_.begin_step();
    body_();
  }

 private:
  Tape& tape_;
  std::function<void()> body_;
};

}  // namespace ravine
