#pragma once
// Max pooling over images in channel blocks, fused with ReLU: ReLU and max commute, so the mask is applied to
// the pooled values, a quarter as many.

#include <cstdint>

#include "core/engine/network.h"

namespace mlctl::engine {

struct PoolShape {
  int64_t planes;  // examples × channel blocks
  int64_t lanes;   // 8 or 16
  int64_t height, width, out_height, out_width;
  int64_t kernel_h, kernel_w, stride_h, stride_w, padding_h, padding_w;
};

// Windows of at most 255 elements. `choice` [planes, out_height, out_width, lanes] remembers which element of
// the window won (the first one, as in PyTorch); null when nothing will be propagated back.
void pool_forward(const PoolShape& shape, const float* input, float* output, uint8_t* choice, bool relu);

// The gradient of `input`, complete (zeros included).
void pool_backward(const PoolShape& shape, const float* output, const float* output_gradient,
                   const uint8_t* choice, float* input_gradient, bool relu);

// The loops over planes [begin, end), by vector unit. `floor` is 0 for ReLU, else −∞.
struct PoolKernels {
  void (*forward)(const PoolShape& shape, const float* input, float* output, uint8_t* choice, float floor,
                  int64_t begin, int64_t end);
  void (*backward)(const PoolShape& shape, const float* output, const float* output_gradient,
                   const uint8_t* choice, float* input_gradient, bool relu, int64_t begin, int64_t end);
};
extern const PoolKernels kPoolKernels8, kPoolKernels16;

}  // namespace mlctl::engine
