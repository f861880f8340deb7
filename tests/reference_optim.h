#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <ravine/kernels/optim.h>

/// The operations of kernels/optim.h as plain loops in double: what they shall compute.
namespace ravine::test::reference {

using Doubles = std::vector<double>;

/// Parameters and all the moments that an optimizer may have; those it has not stay empty.
struct OptimizerState {
  Doubles p, m, v, momentum;
};

inline void sgd(const kernels::SgdConstants& constants, double rate, const Doubles& g,
                OptimizerState& state) {
  const double mu = static_cast<double>(constants.momentum);
  for (std::size_t i = 0; i < g.size(); ++i) {
    state.p[i] -= rate * static_cast<double>(constants.weight_decay) * state.p[i];
    if (state.momentum.empty()) {
      state.p[i] -= rate * g[i];
      continue;
    }
    double& velocity = state.momentum[i];
    velocity = mu * velocity - rate * g[i];
    state.p[i] += constants.nesterov ? mu * velocity - rate * g[i] : velocity;
  }
}

inline void adam(const kernels::AdamConstants& constants, double rate, std::int64_t step,
                 const Doubles& g, OptimizerState& state) {
  const auto t = static_cast<double>(step);
  const double correction_1 = 1 - std::exp(t * constants.log_beta_1);
  const double correction_2 = 1 - std::exp(t * constants.log_beta_2);
  const double epsilon = static_cast<double>(constants.epsilon);
  for (std::size_t i = 0; i < g.size(); ++i) {
    double &p = state.p[i], &m = state.m[i], &v = state.v[i];
    p -= rate * static_cast<double>(constants.weight_decay) * p;
    m += (g[i] - m) * static_cast<double>(constants.one_minus_beta_1);
    v += (g[i] * g[i] - v) * static_cast<double>(constants.one_minus_beta_2);
    p -= constants.epsilon_hat
             ? rate * std::sqrt(correction_2) / correction_1 * m / (std::sqrt(v) + epsilon)
             : rate * (m / correction_1) / (std::sqrt(v / correction_2) + epsilon);
  }
}

inline void rmsprop(const kernels::RmsPropConstants& constants, double rate, const Doubles& g,
                    OptimizerState& state) {
  const double rho = static_cast<double>(constants.rho);
  const double share = static_cast<double>(constants.one_minus_rho);
  for (std::size_t i = 0; i < g.size(); ++i) {
    double &p = state.p[i], &v = state.v[i];
    p -= rate * static_cast<double>(constants.weight_decay) * p;
    v = rho * v + share * g[i] * g[i];
    double variance = v;
    if (!state.m.empty()) {
      state.m[i] = rho * state.m[i] + share * g[i];
      variance = std::max(0.0, v - state.m[i] * state.m[i]);
    }
    double move = rate * g[i] / std::sqrt(variance + static_cast<double>(constants.epsilon));
    if (!state.momentum.empty()) {
      move += static_cast<double>(constants.momentum) * state.momentum[i];
      state.momentum[i] = move;
    }
    p -= move;
  }
}

}  // namespace ravine::test::reference
