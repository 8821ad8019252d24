#include "core/nn/pool_kernels.h"

namespace mlctl::engine {

const PoolKernels kPoolKernels16 = {forward_planes<16>, backward_planes<16>};

}  // namespace mlctl::engine
