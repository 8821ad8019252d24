#pragma once
// Small loops that blocks share.

#include <cstdint>

namespace mlctl::engine {

// gradient ← 0 where output ≤ 0
void relu_backward(const float* output, float* gradient, int64_t count);
void relu_forward(const float* input, float* output, int64_t count);
void multiply(const float* input, const float* factor, float* output, int64_t count);
void add_to(float* total, const float* part, int64_t count);
// values[row, column] += bias[column] (bias may be null), then ReLU if wanted. NaN stays NaN.
void add_bias(float* values, const float* bias, int64_t rows, int64_t columns, bool relu);
void sum_rows(const float* values, int64_t rows, int64_t columns, float* sums);

}  // namespace mlctl::engine
