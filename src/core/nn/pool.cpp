#include "core/nn/pool.h"

#include <limits>

#include "core/nn/parallel.h"

namespace mlctl::engine {
namespace {

const PoolKernels& kernels(const PoolShape& shape) {
  return shape.lanes == 16 ? kPoolKernels16 : kPoolKernels8;
}

}  // namespace

void pool_forward(const PoolShape& shape, const float* input, float* output, uint8_t* choice, bool relu) {
  const float floor = relu ? 0.0f : -std::numeric_limits<float>::infinity();
  const auto kernel = kernels(shape).forward;
  parallel_for(shape.planes, 1,
               [&](int64_t begin, int64_t end) { kernel(shape, input, output, choice, floor, begin, end); });
}

void pool_backward(const PoolShape& shape, const float* output, const float* output_gradient,
                   const uint8_t* choice, float* input_gradient, bool relu) {
  const auto kernel = kernels(shape).backward;
  parallel_for(shape.planes, 1, [&](int64_t begin, int64_t end) {
    kernel(shape, output, output_gradient, choice, input_gradient, relu, begin, end);
  });
}

}  // namespace mlctl::engine
