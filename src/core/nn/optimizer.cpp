#include "core/nn/optimizer.h"

#include <algorithm>
#include <cmath>

#include "core/nn/parallel.h"

namespace mlctl::engine {
namespace {

struct Arrays {
  float* p;
  const float* g;
  float* m;  // exp_avg, momentum_buffer
  float* v;  // exp_avg_sq, square_avg, sum
};

// Each loop below is torch.optim's update of one element, in its order of operations.

MLCTL_VECTORIZED void adam(const Arrays& a, int64_t begin, int64_t end, const UpdateScalars& s) {
  for (int64_t i = begin; i < end; ++i) {
    const float kept = a.p[i] * s.keep;
    const float g = a.g[i] + s.weight_decay * kept;
    const float m = a.m[i] * s.beta1 + g * s.one_minus_beta1;
    const float v = a.v[i] * s.beta2 + g * g * s.one_minus_beta2;
    a.m[i] = m;
    a.v[i] = v;
    a.p[i] = kept - s.step_size * (m / (std::sqrt(v) / s.correction2_root + s.epsilon));
  }
}

MLCTL_VECTORIZED void sgd(const Arrays& a, int64_t begin, int64_t end, const UpdateScalars& s) {
  for (int64_t i = begin; i < end; ++i) a.p[i] -= s.lr * (a.g[i] + s.weight_decay * a.p[i]);
}

MLCTL_VECTORIZED void sgd_momentum(const Arrays& a, int64_t begin, int64_t end, const UpdateScalars& s) {
  const float fresh = s.first ? 1.0f : s.one_minus_dampening;
  const float old = s.first ? 0.0f : s.momentum;
  for (int64_t i = begin; i < end; ++i) {
    const float g = a.g[i] + s.weight_decay * a.p[i];
    a.m[i] = a.m[i] * old + fresh * g;
    a.p[i] -= s.lr * a.m[i];
  }
}

MLCTL_VECTORIZED void sgd_nesterov(const Arrays& a, int64_t begin, int64_t end, const UpdateScalars& s) {
  const float fresh = s.first ? 1.0f : s.one_minus_dampening;
  const float old = s.first ? 0.0f : s.momentum;
  for (int64_t i = begin; i < end; ++i) {
    const float g = a.g[i] + s.weight_decay * a.p[i];
    a.m[i] = a.m[i] * old + fresh * g;
    a.p[i] -= s.lr * (g + s.momentum * a.m[i]);
  }
}

MLCTL_VECTORIZED void rmsprop(const Arrays& a, int64_t begin, int64_t end, const UpdateScalars& s) {
  for (int64_t i = begin; i < end; ++i) {
    const float g = a.g[i] + s.weight_decay * a.p[i];
    a.v[i] = a.v[i] * s.beta2 + g * g * s.one_minus_beta2;
    a.p[i] -= s.lr * (g / (std::sqrt(a.v[i]) + s.epsilon));
  }
}

MLCTL_VECTORIZED void rmsprop_momentum(const Arrays& a, int64_t begin, int64_t end, const UpdateScalars& s) {
  for (int64_t i = begin; i < end; ++i) {
    const float g = a.g[i] + s.weight_decay * a.p[i];
    a.v[i] = a.v[i] * s.beta2 + g * g * s.one_minus_beta2;
    a.m[i] = a.m[i] * s.momentum + g / (std::sqrt(a.v[i]) + s.epsilon);
    a.p[i] -= s.lr * a.m[i];
  }
}

MLCTL_VECTORIZED void adagrad(const Arrays& a, int64_t begin, int64_t end, const UpdateScalars& s) {
  for (int64_t i = begin; i < end; ++i) {
    const float g = a.g[i] + s.weight_decay * a.p[i];
    a.v[i] += g * g;
    a.p[i] -= s.lr * (g / (std::sqrt(a.v[i]) + s.epsilon));
  }
}

MLCTL_VECTORIZED void scale(float* values, int64_t begin, int64_t end, float factor) {
  for (int64_t i = begin; i < end; ++i) values[i] *= factor;
}

// 16 running sums, so that the result does not depend on the width of the vector unit.
MLCTL_VECTORIZED double sum_of_squares(const float* values, int64_t begin, int64_t end) {
  double sums[16] = {};
  int64_t i = begin;
  for (; i + 16 <= end; i += 16)
    for (int64_t lane = 0; lane < 16; ++lane) sums[lane] += double(values[i + lane]) * values[i + lane];
  for (; i < end; ++i) sums[0] += double(values[i]) * values[i];
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

using Update = void (*)(const Arrays&, int64_t, int64_t, const UpdateScalars&);

Update pick(const OptimizerSpec& spec) {
  switch (spec.kind) {
    case OptimizerKind::sgd:
      if (spec.momentum == 0) return sgd;
      return spec.nesterov ? sgd_nesterov : sgd_momentum;
    case OptimizerKind::adam:
    case OptimizerKind::adamw:
      return adam;
    case OptimizerKind::rmsprop:
      return spec.momentum == 0 ? rmsprop : rmsprop_momentum;
    case OptimizerKind::adagrad:
      return adagrad;
  }
  return sgd;
}

// Long ranges in pieces, so that they can be shared out. Where a range is cut depends on nothing but the
// range: sums over pieces then have the same bits for any number of threads.
std::vector<Range> cut(const std::vector<Range>& ranges) {
  constexpr int64_t kPiece = 1 << 14;
  std::vector<Range> pieces;
  pieces.reserve(ranges.size());
  for (const Range& range : ranges)
    for (int64_t done = 0; done < range.count; done += kPiece)
      pieces.push_back({range.begin + done, std::min(kPiece, range.count - done)});
  return pieces;
}

template <class Body>
void each_range(std::span<const Range> ranges, const Body& body) {
  int64_t total = 0;
  for (const Range& range : ranges) total += range.count;
  constexpr int64_t kWorthThreads = 1 << 14;
  const int64_t grain = total < kWorthThreads ? static_cast<int64_t>(ranges.size()) : 1;
  parallel_for(static_cast<int64_t>(ranges.size()), grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) body(static_cast<size_t>(i));
  });
}

}  // namespace

std::vector<std::string> moment_names(const OptimizerSpec& spec) {
  switch (spec.kind) {
    case OptimizerKind::sgd:
      return spec.momentum == 0 ? std::vector<std::string>{} : std::vector<std::string>{"momentum_buffer"};
    case OptimizerKind::adam:
    case OptimizerKind::adamw:
      return {"exp_avg", "exp_avg_sq"};
    case OptimizerKind::rmsprop:
      return spec.momentum == 0 ? std::vector<std::string>{"square_avg"}
                                : std::vector<std::string>{"momentum_buffer", "square_avg"};
    case OptimizerKind::adagrad:
      return {"sum"};
  }
  return {};
}

UpdateScalars update_scalars(const OptimizerSpec& spec, double learning_rate, int64_t step_number) {
  const bool decoupled = spec.kind == OptimizerKind::adamw;
  const bool adam_like = decoupled || spec.kind == OptimizerKind::adam;
  const double beta2 = adam_like ? spec.beta2 : spec.alpha;
  const auto t = static_cast<double>(step_number);
  UpdateScalars s;
  s.lr = static_cast<float>(learning_rate);
  s.weight_decay = static_cast<float>(decoupled ? 0 : spec.weight_decay);
  s.keep = static_cast<float>(decoupled ? 1 - learning_rate * spec.weight_decay : 1);
  s.beta1 = static_cast<float>(spec.beta1);
  s.one_minus_beta1 = static_cast<float>(1 - spec.beta1);
  s.beta2 = static_cast<float>(beta2);
  s.one_minus_beta2 = static_cast<float>(1 - beta2);
  s.epsilon = static_cast<float>(spec.epsilon);
  s.step_size = static_cast<float>(learning_rate / (1 - std::pow(spec.beta1, t)));
  s.correction2_root = static_cast<float>(std::sqrt(1 - std::pow(spec.beta2, t)));
  s.momentum = static_cast<float>(spec.momentum);
  s.one_minus_dampening = static_cast<float>(1 - spec.dampening);
  s.first = step_number == 1;
  return s;
}

double gradient_norm(const float* gradients, std::span<const Range> ranges) {
  std::vector<double> sums(ranges.size());
  each_range(ranges, [&](size_t i) {
    sums[i] = sum_of_squares(gradients, ranges[i].begin, ranges[i].begin + ranges[i].count);
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  return std::sqrt(total);
}

float clip_factor(double norm, double limit) {
  const double factor = limit / (norm + 1e-6);
  return factor < 1 ? static_cast<float>(factor) : std::isnan(factor) ? static_cast<float>(factor) : 1.0f;
}

void flat_update(const OptimizerSpec& spec, const FlatArrays& flat, double learning_rate,
                 int64_t step_number) {
  // With decay every weight moves, named or not.
  const std::vector<Range> ranges = cut(spec.weight_decay != 0 || flat.live.empty()
                                            ? std::vector<Range>{{0, flat.count}}
                                            : std::vector<Range>(flat.live.begin(), flat.live.end()));
  if (spec.clip_norm > 0) {
    const float factor = clip_factor(gradient_norm(flat.gradients, ranges), spec.clip_norm);
    if (factor != 1.0f)
      each_range(ranges, [&](size_t i) {
        scale(flat.gradients, ranges[i].begin, ranges[i].begin + ranges[i].count, factor);
      });
  }
  const UpdateScalars scalars = update_scalars(spec, learning_rate, step_number);
  Arrays arrays{flat.values, flat.gradients, nullptr, nullptr};
  const auto names = moment_names(spec);
  for (size_t i = 0; i < names.size(); ++i) {
    const bool first = names[i] == "exp_avg" || names[i] == "momentum_buffer";
    (first ? arrays.m : arrays.v) = flat.moments[i];
  }
  const Update rule = pick(spec);
  each_range(ranges,
             [&](size_t i) { rule(arrays, ranges[i].begin, ranges[i].begin + ranges[i].count, scalars); });
}

}  // namespace mlctl::engine
