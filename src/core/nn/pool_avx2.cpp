#include "core/nn/pool_kernels.h"

namespace mlctl::engine {

const PoolKernels kPoolKernels8 = {forward_planes<8>, backward_planes<8>};

}  // namespace mlctl::engine
