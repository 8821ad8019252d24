// The blocks over plain rows: dense layers on oneDNN's matrix product, and what stands between them.

#include <dnnl.h>

#include <stdexcept>

#include "core/nn/block.h"
#include "core/nn/buffer.h"
#include "core/nn/elementwise.h"
#include "core/nn/parallel.h"
#include "core/nn/random_mask.h"

namespace mlctl::engine {
namespace {

// C[m, n] = op(A) · op(B), row-major; 'T' means the matrix is stored transposed.
void matmul(char a_is, char b_is, int64_t m, int64_t n, int64_t k, const float* a, const float* b, float* c) {
  const int64_t a_stride = a_is == 'N' ? k : m, b_stride = b_is == 'N' ? n : k;
  if (dnnl_sgemm(a_is, b_is, m, n, k, 1.0f, a, a_stride, b, b_stride, 0.0f, c, n) != dnnl_success)
    throw std::runtime_error("oneDNN's matrix product failed");
}

class DenseBlock final : public Block {
 public:
  DenseBlock(const Layout& layout, const std::string& name, int64_t inputs, const Layer& dense, bool relu)
      : Block({{dense.units}, 0}), inputs_(inputs), outputs_(dense.units), bias_(dense.bias), relu_(relu) {
    weights_at_ = layout.at(name + "weight").offset;
    if (bias_) bias_at_ = layout.at(name + "bias").offset;
  }

  void forward(const Pass& pass, const float* input, float* output) override {
    const int64_t rows = pass.batch->size;
    matmul('N', 'T', rows, outputs_, inputs_, input, pass.values + weights_at_, output);
    add_bias(output, bias_ ? pass.values + bias_at_ : nullptr, rows, outputs_, relu_);
  }

  void backward(const Pass& pass, const float* input, const float* output, float* output_gradient,
                float* input_gradient) override {
    const int64_t rows = pass.batch->size;
    if (relu_) relu_backward(output, output_gradient, rows * outputs_);
    if (bias_) sum_rows(output_gradient, rows, outputs_, pass.gradients + bias_at_);
    matmul('T', 'N', outputs_, inputs_, rows, output_gradient, input, pass.gradients + weights_at_);
    if (input_gradient)
      matmul('N', 'N', rows, inputs_, outputs_, output_gradient, pass.values + weights_at_, input_gradient);
  }

 private:
  int64_t inputs_, outputs_;
  bool bias_, relu_;
  int64_t weights_at_ = 0, bias_at_ = 0;
};

// Channel blocks to the plain order that PyTorch flattens, and back.
class FlattenBlock final : public Block {
 public:
  explicit FlattenBlock(const Format& input) : Block({{element_count(input.shape)}, 0}), input_(input) {}

  void forward(const Pass& pass, const float* input, float* output) override {
    each_plane(pass.batch->size, [&](int64_t blocked, int64_t plain, int64_t lanes) {
      for (int64_t at = 0; at < pixels(); ++at)
        for (int64_t lane = 0; lane < lanes; ++lane)
          output[plain + lane * pixels() + at] = input[blocked + at * input_.lanes + lane];
    });
  }

  void backward(const Pass& pass, const float*, const float*, float* output_gradient,
                float* input_gradient) override {
    if (!input_gradient) return;
    each_plane(pass.batch->size, [&](int64_t blocked, int64_t plain, int64_t lanes) {
      for (int64_t at = 0; at < pixels(); ++at)
        for (int64_t lane = 0; lane < input_.lanes; ++lane)
          input_gradient[blocked + at * input_.lanes + lane] =
              lane < lanes ? output_gradient[plain + lane * pixels() + at] : 0.0f;
    });
  }

 private:
  int64_t pixels() const { return input_.shape[1] * input_.shape[2]; }

  // Calls body(offset in blocks, offset in plain order, channels in use) for each block of channels.
  template <class Body>
  void each_plane(int64_t rows, const Body& body) const {
    const int64_t blocks = (input_.shape[0] + input_.lanes - 1) / input_.lanes;
    parallel_for(rows * blocks, 16, [&](int64_t begin, int64_t end) {
      for (int64_t plane = begin; plane < end; ++plane) {
        const int64_t row = plane / blocks, first = plane % blocks * input_.lanes;
        body(plane * pixels() * input_.lanes, (row * input_.shape[0] + first) * pixels(),
             std::min(input_.lanes, input_.shape[0] - first));
      }
    });
  }

  Format input_;
};

class DropoutBlock final : public Block {
 public:
  DropoutBlock(const Format& input, double rate, int64_t layer) : Block(input), rate_(rate), layer_(layer) {}

  void forward(const Pass& pass, const float* input, float* output) override {
    const int64_t count = pass.batch->size * format().floats();
    if (pass.training && rate_ > 0) {
      dropout_mask(mask_.reserve(count), count, rate_, pass.seed, pass.step, layer_);
      multiply(input, mask_.data(), output, count);
    } else {
      std::copy_n(input, count, output);
    }
  }

  void backward(const Pass& pass, const float*, const float*, float* output_gradient,
                float* input_gradient) override {
    const int64_t count = pass.batch->size * format().floats();
    if (!input_gradient) return;
    if (rate_ > 0)
      multiply(output_gradient, mask_.data(), input_gradient, count);
    else
      std::copy_n(output_gradient, count, input_gradient);
  }

 private:
  double rate_;
  int64_t layer_;
  Buffer<float> mask_;
};

class ReluBlock final : public Block {
 public:
  using Block::Block;

  void forward(const Pass& pass, const float* input, float* output) override {
    relu_forward(input, output, pass.batch->size * format().floats());
  }

  void backward(const Pass& pass, const float*, const float* output, float* output_gradient,
                float* input_gradient) override {
    if (!input_gradient) return;
    const int64_t count = pass.batch->size * format().floats();
    relu_backward(output, output_gradient, count);
    std::copy_n(output_gradient, count, input_gradient);
  }
};

}  // namespace

BlockPointer make_dense_block(const Layout& layout, const std::string& name, const Format& input,
                              const Layer& dense, bool relu) {
  return std::make_unique<DenseBlock>(layout, name, input.shape[0], dense, relu);
}

BlockPointer make_flatten_block(const Format& input) {
  return std::make_unique<FlattenBlock>(input);
}

BlockPointer make_dropout_block(const Format& input, double rate, int64_t layer) {
  return std::make_unique<DropoutBlock>(input, rate, layer);
}

BlockPointer make_relu_block(const Format& input) {
  return std::make_unique<ReluBlock>(input);
}

}  // namespace mlctl::engine
