#include "core/nn/elementwise.h"

#include "core/nn/parallel.h"

namespace mlctl::engine {
namespace {

constexpr int64_t kGrain = 1 << 13;

MLCTL_VECTORIZED void mask(const float* output, float* gradient, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) gradient[i] = output[i] <= 0 ? 0.0f : gradient[i];
}

MLCTL_VECTORIZED void rectify(const float* input, float* output, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) output[i] = input[i] < 0 ? 0.0f : input[i];
}

MLCTL_VECTORIZED void product(const float* a, const float* b, float* output, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) output[i] = a[i] * b[i];
}

MLCTL_VECTORIZED void accumulate(float* total, const float* part, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) total[i] += part[i];
}

MLCTL_VECTORIZED void bias_row(float* row, const float* bias, int64_t columns) {
  for (int64_t i = 0; i < columns; ++i) row[i] += bias[i];
}

MLCTL_VECTORIZED void bias_relu_row(float* row, const float* bias, int64_t columns) {
  for (int64_t i = 0; i < columns; ++i) {
    const float value = row[i] + bias[i];
    row[i] = value < 0 ? 0.0f : value;
  }
}

}  // namespace

void relu_backward(const float* output, float* gradient, int64_t count) {
  parallel_for(count, kGrain, [&](int64_t begin, int64_t end) { mask(output, gradient, begin, end); });
}

void relu_forward(const float* input, float* output, int64_t count) {
  parallel_for(count, kGrain, [&](int64_t begin, int64_t end) { rectify(input, output, begin, end); });
}

void multiply(const float* input, const float* factor, float* output, int64_t count) {
  parallel_for(count, kGrain,
               [&](int64_t begin, int64_t end) { product(input, factor, output, begin, end); });
}

void add_to(float* total, const float* part, int64_t count) {
  parallel_for(count, kGrain, [&](int64_t begin, int64_t end) { accumulate(total, part, begin, end); });
}

void add_bias(float* values, const float* bias, int64_t rows, int64_t columns, bool relu) {
  if (!bias) {
    if (relu) relu_forward(values, values, rows * columns);
    return;
  }
  parallel_for(rows, std::max<int64_t>(1, kGrain / columns), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      (relu ? bias_relu_row : bias_row)(values + row * columns, bias, columns);
  });
}

void sum_rows(const float* values, int64_t rows, int64_t columns, float* sums) {
  for (int64_t i = 0; i < columns; ++i) sums[i] = 0;
  for (int64_t row = 0; row < rows; ++row) accumulate(sums, values + row * columns, 0, columns);
}

}  // namespace mlctl::engine
