#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <ravine/core/scalar.h>
#include <ravine/core/tape.h>
#include <ravine/kernels/dropout.h>
#include <ravine/layers/parameters.h>

namespace ravine {

/// One line of a model's summary.
struct SummaryRow {
  std::string name;
  std::string kind;
  Shape output = {};  // with a batch of 1; empty where it is not known
  std::int64_t parameters = 0;
  std::string note = {};  // what was fused
};

/// What a forward pass may ask for beside its input: parameters, state, random numbers.
///
/// The first pass runs on the dry device and makes the parameters from the shapes it meets; every
/// later pass asks for the same ones in the same order and gets them.
class Scope {
 public:
  /// The making pass: parameters are added to `parameters`.
  Scope(Tape& dry_tape, Parameters& parameters, std::vector<SummaryRow>& rows);
  /// A running pass. `random_step` i64 [ ] counts training steps, for dropout.
  Scope(Tape& tape, Parameters& parameters, std::uint64_t seed, const Tensor& random_step);

  Tape& tape() { return tape_; }
  bool training() const { return tape_.training(); }
  bool making() const { return rows_ != nullptr; }

  /// Puts what is asked for during its life under a layer's name: `name`, or `kind`, `kind_1`, ….
  class Named {
   public:
    ~Named();
    Named(const Named&) = delete;
    Named& operator=(const Named&) = delete;

   private:
    friend class Scope;
    Named(Scope& scope, std::size_t length) : scope_(scope), length_(length) {}
    Scope& scope_;
    std::size_t length_;
  };
  [[nodiscard]] Named layer(const char* kind, const std::string& name);

  /// The layer's parameter of this name.
  ///
  /// Throws  Error when the shape is not the one it was made with, naming both.
  Variable parameter(const char* name, const Shape& shape, const ParameterOptions& options);
  /// A tensor that training updates without a gradient, such as moving statistics.
  Tensor state(const char* name, const Shape& shape, const Initializer& initializer);

  /// Random numbers for the next dropout of this pass; an own seed takes the place of the model's.
  kernels::DropoutRandom random(double rate, std::optional<std::uint64_t> seed);
  const Tensor& random_step() const { return random_step_; }

  /// Throws  Error when a running pass has not asked for all parameters.
  void require_all_asked() const;

  /// Completes the summary line of the layer that ran last.
  void note_output(const Shape& output, const std::string& note);

 private:
  Parameter& next(const char* name, const Shape& shape, const ParameterOptions& options);

  Tape& tape_;
  Parameters& parameters_;
  std::vector<SummaryRow>* rows_ = nullptr;  // of the making pass
  std::size_t cursor_ = 0;
  std::uint64_t seed_ = 0;
  std::uint32_t random_streams_ = 0;
  Tensor random_step_;
  std::string path_;  // "block/conv2d/", of the making pass
  std::set<std::string> names_taken_;
  std::vector<std::size_t> open_rows_;
};

}  // namespace ravine
