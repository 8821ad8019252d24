#pragma once
// A plan is a chain of blocks, each a few layers fused, computing in persistent buffers on the CPU.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/engine.h"
#include "core/nn/layout.h"

namespace mlctl::engine {

// How the numbers of one example lie between two blocks.
struct Format {
  std::vector<int64_t> shape;  // [C, H, W] or [width]
  int64_t lanes = 0;  // images: channels in blocks of so many, [C/lanes, H, W, lanes]; 0 = plain rows
  int64_t floats() const {
    if (lanes == 0) return element_count(shape);
    return (shape[0] + lanes - 1) / lanes * lanes * shape[1] * shape[2];
  }
};

// What the blocks of one pass share.
struct Pass {
  const Batch* batch;
  const float* values;  // the flat arrays that the layout divides
  float* gradients;
  bool training;
  uint64_t seed;
  int64_t step;
};

// A table in the flat arrays, and which of its rows any batch has named: the others have zero gradients and
// moments.
struct SparseTable {
  int64_t begin = 0, width = 0;
  std::vector<uint8_t> named;
};

class Block {
 public:
  explicit Block(Format output) : output_(std::move(output)) {}
  virtual ~Block() = default;
  const Format& format() const { return output_; }
  // The embedding tables of the block, where a batch touches few rows.
  virtual std::vector<SparseTable*> tables() { return {}; }

  // `input` of the first block is the batch's features.
  virtual void forward(const Pass& pass, const float* input, float* output) = 0;
  // Replaces the gradients of the block's parameters, and of its input unless `input_gradient` is null. May
  // overwrite `output_gradient`. Called once after a forward of the same training pass.
  virtual void backward(const Pass& pass, const float* input, const float* output, float* output_gradient,
                        float* input_gradient) = 0;

 private:
  Format output_;
};

using BlockPointer = std::unique_ptr<Block>;

// conv2d (+ ReLU) (+ maxpool2d, where `pool` is not null). `name` is the prefix of its tensors. Null where
// oneDNN has no fast kernel on this machine.
BlockPointer make_conv_block(const Layout& layout, const std::string& name, const Format& input,
                             const Layer& conv, bool relu, const Layer* pool);
// dense (+ ReLU)
BlockPointer make_dense_block(const Layout& layout, const std::string& name, const Format& input,
                              const Layer& dense, bool relu);
BlockPointer make_flatten_block(const Format& input);
BlockPointer make_dropout_block(const Format& input, double rate, int64_t layer);
BlockPointer make_relu_block(const Format& input);
// embedding_mean, table_input, rating_input, factorization
BlockPointer make_embedding_block(const Network& network, const Layout& layout, const std::string& name);

// Channels in a block of oneDNN's image layout here: 16, 8, or 0 where it has no fast convolutions.
int64_t conv_lanes();

}  // namespace mlctl::engine
