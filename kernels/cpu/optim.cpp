#include <cmath>
#include <cstdint>

#include <ravine/kernels/cpu/loops.h>
#include <ravine/kernels/optim.h>

namespace ravine::kernels::cpu {

void sgd_step(Stream&, const SgdConstants& constants, const Tensor& rate, const Tensor& g,
              const Tensor& p, const Tensor& velocity) {
  const float* gradients = g.data();
  float* parameters = p.data();
  const float step = *rate.data();
  const float decay = step * constants.weight_decay;
  if (!velocity) {
    for_each_element(p.elements(), light_grain, [=](std::int64_t i) RAVINE_INLINE {
      const float decayed = parameters[i] - decay * parameters[i];
      parameters[i] = decayed - step * gradients[i];
    });
    return;
  }
  float* velocities = velocity.data();
  const float momentum = constants.momentum;
  const auto update = [=](std::int64_t i, bool nesterov) RAVINE_INLINE {
    const float move = step * gradients[i];
    const float v = momentum * velocities[i] - move;
    velocities[i] = v;
    const float decayed = parameters[i] - decay * parameters[i];
    parameters[i] = decayed + (nesterov ? momentum * v - move : v);
  };
  if (constants.nesterov) {
    for_each_element(p.elements(), light_grain,
                     [=](std::int64_t i) RAVINE_INLINE { update(i, true); });
  } else {
    for_each_element(p.elements(), light_grain,
                     [=](std::int64_t i) RAVINE_INLINE { update(i, false); });
  }
}

void adam_step(Stream&, const AdamConstants& constants, const Tensor& rate, const Tensor& step,
               const Tensor& g, const Tensor& p, const Tensor& m, const Tensor& v) {
  const float* gradients = g.data();
  float* parameters = p.data();
  float* means = m.data();
  float* squares = v.data();
  const float rate_now = *rate.data();
  const auto t = static_cast<double>(*step.data<std::int64_t>());
  const double correction_1 = -std::expm1(t * constants.log_beta_1);
  const double correction_2 = -std::expm1(t * constants.log_beta_2);
  const float share_1 = constants.one_minus_beta_1;
  const float share_2 = constants.one_minus_beta_2;
  const float epsilon = constants.epsilon;
  const float decay = rate_now * constants.weight_decay;
  // Both forms are p −= alpha·m/(scale·√v + ε); the corrections of v are in alpha or in scale.
  const double root = std::sqrt(correction_2);
  const auto alpha =
      static_cast<float>((constants.epsilon_hat ? root : 1.0) * rate_now / correction_1);
  const auto scale = static_cast<float>(constants.epsilon_hat ? 1.0 : 1.0 / root);

  for_each_element(p.elements(), light_grain, [=](std::int64_t i) RAVINE_INLINE {
    const float gradient = gradients[i];
    const float mean = means[i] + (gradient - means[i]) * share_1;
    const float square = squares[i] + (gradient * gradient - squares[i]) * share_2;
    means[i] = mean;
    squares[i] = square;
    const float decayed = parameters[i] - decay * parameters[i];
    parameters[i] = decayed - alpha * mean / (scale * std::sqrt(square) + epsilon);
  });
}

void rmsprop_step(Stream&, const RmsPropConstants& constants, const Tensor& rate, const Tensor& g,
                  const Tensor& p, const Tensor& v, const Tensor& mean, const Tensor& momentum) {
  const float* gradients = g.data();
  float* parameters = p.data();
  float* squares = v.data();
  float* means = mean ? mean.data() : nullptr;
  float* momenta = momentum ? momentum.data() : nullptr;
  const float step = *rate.data();
  const float decay = step * constants.weight_decay;
  const float rho = constants.rho, share = constants.one_minus_rho;
  const float mu = constants.momentum, epsilon = constants.epsilon;

  const auto update = [=](std::int64_t i, bool centred, bool with_momentum) RAVINE_INLINE {
    const float gradient = gradients[i];
    const float square = rho * squares[i] + share * (gradient * gradient);
    squares[i] = square;
    float variance = square;
    if (centred) {
      const float average = rho * means[i] + share * gradient;
      means[i] = average;
      // Rounding can make it negative where the gradient hardly changes; the root would be NaN.
      const float difference = square - average * average;
      variance = difference < 0 ? 0 : difference;
    }
    float move = step * gradient / std::sqrt(variance + epsilon);
    if (with_momentum) {
      move += mu * momenta[i];
      momenta[i] = move;
    }
    parameters[i] = parameters[i] - decay * parameters[i] - move;
  };
  const std::int64_t count = p.elements();
  if (means && momenta) {
    for_each_element(count, light_grain,
                     [=](std::int64_t i) RAVINE_INLINE { update(i, true, true); });
  } else if (means) {
    for_each_element(count, light_grain,
                     [=](std::int64_t i) RAVINE_INLINE { update(i, true, false); });
  } else if (momenta) {
    for_each_element(count, light_grain,
                     [=](std::int64_t i) RAVINE_INLINE { update(i, false, true); });
  } else {
    for_each_element(count, light_grain,
                     [=](std::int64_t i) RAVINE_INLINE { update(i, false, false); });
  }
}

void clip_by_value(Stream&, float limit, const Tensor& g) {
  float* gradients = g.data();
  for_each_element(g.elements(), light_grain, [=](std::int64_t i) RAVINE_INLINE {
    const float low = gradients[i] < -limit ? -limit : gradients[i];
    gradients[i] = low > limit ? limit : low;
  });
}

void clip_by_norm(Stream&, float limit, const Tensor& sum_of_squares, const Tensor& g) {
  const float norm = std::sqrt(*sum_of_squares.data());
  if (norm <= limit) return;
  // A norm of NaN comes here too, and makes all of g NaN.
  const float factor = limit / norm;
  float* gradients = g.data();
  for_each_element(g.elements(), light_grain,
                   [=](std::int64_t i) RAVINE_INLINE { gradients[i] *= factor; });
}

}  // namespace ravine::kernels::cpu
