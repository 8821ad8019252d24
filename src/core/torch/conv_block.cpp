// Convolution, ReLU and max pooling by oneDNN's direct kernels in its own channel-blocked layout. Examples go
// through in chunks small enough that the convolution's output, the largest array of the network, stays in
// the cache until it is pooled, and its gradient until it is consumed.

#include <algorithm>
#include <cstring>
#include <map>

#include <dnnl.hpp>

#include "core/nn/block.h"
#include "core/nn/buffer.h"
#include "core/nn/elementwise.h"
#include "core/nn/parallel.h"
#include "core/nn/pool.h"

namespace mlctl::engine {
namespace {

using dnnl::memory;
using Arguments = std::unordered_map<int, memory>;

constexpr int64_t kChunkBytes = 6 << 20;

struct ConvShape {
  int64_t in_channels, height, width;
  int64_t out_channels, out_height, out_width;
  int64_t kernel_h, kernel_w, stride_h, stride_w, padding_h, padding_w;
  bool bias, relu;  // relu: by the convolution itself (no pooling follows)
  bool first;       // its input is the batch: plain rows, no gradient wanted
  int64_t lanes;
};

memory::format_tag blocked(int64_t lanes) {
  return lanes == 16 ? memory::format_tag::nChw16c : memory::format_tag::nChw8c;
}

memory::desc desc_of(const memory::dims& sizes, memory::format_tag tag) {
  return {sizes, memory::data_type::f32, tag};
}

// The primitives for one number of examples.
struct Kernels {
  // `like`: another number of examples, whose order of the weights is kept; or null.
  Kernels(const dnnl::engine& engine, const ConvShape& s, int64_t rows, bool training, const Kernels* like);

  dnnl::convolution_forward::primitive_desc forward;
  dnnl::convolution_backward_data::primitive_desc backward_data;
  dnnl::convolution_backward_weights::primitive_desc backward_weights;
  dnnl::primitive run_forward, run_backward_data, run_backward_weights;
};

Kernels::Kernels(const dnnl::engine& engine, const ConvShape& s, int64_t rows, bool training,
                 const Kernels* like) {
  using dnnl::algorithm;
  const auto any = memory::format_tag::any;
  const auto source = desc_of({rows, s.in_channels, s.height, s.width},
                              s.first ? memory::format_tag::nchw : blocked(s.lanes));
  const auto any_order = desc_of({s.out_channels, s.in_channels, s.kernel_h, s.kernel_w}, any);
  const auto weights = like ? like->forward.weights_desc() : any_order;
  const auto bias = s.bias ? desc_of({s.out_channels}, memory::format_tag::x) : memory::desc();
  const auto output = desc_of({rows, s.out_channels, s.out_height, s.out_width}, blocked(s.lanes));
  const memory::dims strides = {s.stride_h, s.stride_w}, padding = {s.padding_h, s.padding_w};
  // The padding at the right and bottom may differ from that at the left and top.
  const auto far = [](int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t near) {
    return (out - 1) * stride + kernel - in - near;
  };
  const memory::dims far_padding = {far(s.height, s.out_height, s.kernel_h, s.stride_h, s.padding_h),
                                    far(s.width, s.out_width, s.kernel_w, s.stride_w, s.padding_w)};
  dnnl::primitive_attr attributes;
  if (s.relu) {
    dnnl::post_ops after;
    after.append_eltwise(1.0f, algorithm::eltwise_relu, 0.0f, 0.0f);
    attributes.set_post_ops(after);
  }
  const auto kind = training ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
  forward = {
      {kind, algorithm::convolution_direct, source, weights, bias, output, strides, padding, far_padding},
      attributes,
      engine};
  run_forward = dnnl::convolution_forward(forward);
  if (!training) return;
  const dnnl::convolution_forward::primitive_desc hint(
      {kind, algorithm::convolution_direct, source, weights, bias, output, strides, padding, far_padding},
      engine);
  const auto gradient = like ? like->backward_weights.diff_weights_desc() : any_order;
  backward_weights = {
      {algorithm::convolution_direct, source, gradient, bias, output, strides, padding, far_padding},
      engine,
      hint};
  run_backward_weights = dnnl::convolution_backward_weights(backward_weights);
  if (s.first) return;
  const auto transposed = like ? like->backward_data.weights_desc() : any_order;
  backward_data = {{algorithm::convolution_direct, source, transposed, output, strides, padding, far_padding},
                   engine,
                   hint};
  run_backward_data = dnnl::convolution_backward_data(backward_data);
}

PoolShape pool_shape(const ConvShape& s, const Layer& pool) {
  PoolShape shape{};
  shape.lanes = s.lanes;
  shape.height = s.out_height;
  shape.width = s.out_width;
  shape.out_height = (s.out_height + 2 * pool.padding_h - pool.kernel_h) / pool.stride_h + 1;
  shape.out_width = (s.out_width + 2 * pool.padding_w - pool.kernel_w) / pool.stride_w + 1;
  shape.kernel_h = pool.kernel_h, shape.kernel_w = pool.kernel_w;
  shape.stride_h = pool.stride_h, shape.stride_w = pool.stride_w;
  shape.padding_h = pool.padding_h, shape.padding_w = pool.padding_w;
  return shape;
}

Format format_of(const ConvShape& s, const Layer* pool) {
  if (!pool) return {{s.out_channels, s.out_height, s.out_width}, s.lanes};
  const PoolShape pooled = pool_shape(s, *pool);
  return {{s.out_channels, pooled.out_height, pooled.out_width}, s.lanes};
}

class ConvBlock final : public Block {
 public:
  ConvBlock(const Layout& layout, const std::string& name, const ConvShape& shape, bool relu,
            const Layer* pool)
      : Block(format_of(shape, pool)), shape_(shape), pooled_(pool != nullptr), relu_(relu) {
    weights_at_ = layout.at(name + "weight").offset;
    if (shape.bias) bias_at_ = layout.at(name + "bias").offset;
    if (pool) pool_ = pool_shape(shape, *pool);
    blocks_ = (shape.out_channels + shape.lanes - 1) / shape.lanes;
    in_floats_ = shape.first ? shape.in_channels * shape.height * shape.width
                             : (shape.in_channels + shape.lanes - 1) / shape.lanes * shape.lanes *
                                   shape.height * shape.width;
    conv_floats_ = blocks_ * shape.lanes * shape.out_height * shape.out_width;
  }

  void forward(const Pass& pass, const float* input, float* output) override {
    const int64_t rows = pass.batch->size, chunk = chunk_rows(rows);
    uint8_t* choice = pass.training && pooled_ ? choice_.reserve(rows * format().floats()) : nullptr;
    weights_ready_ = nullptr;
    for (int64_t row = 0; row < rows; row += chunk) {
      const int64_t count = std::min(chunk, rows - row);
      float* out = output + row * format().floats();
      float* conv = pooled_ ? scratch_.reserve(chunk * conv_floats_) : out;
      convolve(pass, kernels(count, pass.training), input + row * in_floats_, conv);
      if (!pooled_) continue;
      pool_.planes = count * blocks_;
      pool_forward(pool_, conv, out, choice ? choice + row * format().floats() : nullptr, relu_);
    }
  }

  void backward(const Pass& pass, const float* input, const float* output, float* output_gradient,
                float* input_gradient) override {
    const int64_t rows = pass.batch->size, chunk = chunk_rows(rows), width = format().floats();
    transposed_ready_ = nullptr;
    for (int64_t row = 0; row < rows; row += chunk) {
      const int64_t count = std::min(chunk, rows - row);
      float* gradient = output_gradient + row * width;
      if (pooled_) {
        pool_.planes = count * blocks_;
        float* before = scratch_.reserve(chunk * conv_floats_);
        pool_backward(pool_, output + row * width, gradient, choice_.data() + row * width, before, relu_);
        gradient = before;
      } else if (relu_) {
        relu_backward(output + row * width, gradient, count * width);
      }
      Kernels& k = kernels(count, true);
      weights_gradient(pass, k, input + row * in_floats_, gradient, row == 0);
      if (input_gradient) propagate(pass, k, gradient, input_gradient + row * in_floats_);
    }
    store_weights_gradient(pass);
  }

 private:
  int64_t chunk_rows(int64_t rows) const {
    const int64_t threads = omp_get_max_threads();
    int64_t chunk = kChunkBytes / (conv_floats_ * static_cast<int64_t>(sizeof(float)));
    chunk = std::max<int64_t>(chunk / threads, 1) * threads;
    const int64_t chunks = (rows + chunk - 1) / chunk;
    return (rows + chunks - 1) / chunks;
  }

  Kernels& kernels(int64_t rows, bool training) {
    auto& same_kind = kernels_[training];
    auto& slot = same_kind[rows];
    if (!slot) {
      const auto other = std::find_if(same_kind.begin(), same_kind.end(),
                                      [](const auto& each) { return each.second != nullptr; });
      const Kernels* like = other == same_kind.end() ? nullptr : other->second.get();
      slot = std::make_unique<Kernels>(engine_, shape_, rows, training, like);
    }
    return *slot;
  }

  memory wrap(const memory::desc& desc, const float* data) const {
    return {desc, engine_, const_cast<float*>(data)};
  }

  memory::desc plain_weights() const {
    return desc_of({shape_.out_channels, shape_.in_channels, shape_.kernel_h, shape_.kernel_w},
                   memory::format_tag::oihw);
  }

  // The weights in the kernel's own order, made once a pass.
  memory reordered(const Pass& pass, const memory::desc& wanted, Buffer<float>& buffer, const void*& ready) {
    const memory result =
        wrap(wanted, buffer.reserve(static_cast<int64_t>(wanted.get_size() / sizeof(float))));
    if (ready != pass.values) {
      memory from = wrap(plain_weights(), pass.values + weights_at_), to = result;
      dnnl::reorder(from, to).execute(stream_, from, to);
      ready = pass.values;
    }
    return result;
  }

  void convolve(const Pass& pass, Kernels& k, const float* input, float* output) {
    Arguments arguments = {
        {DNNL_ARG_SRC, wrap(k.forward.src_desc(), input)},
        {DNNL_ARG_WEIGHTS, reordered(pass, k.forward.weights_desc(), weights_, weights_ready_)},
        {DNNL_ARG_DST, wrap(k.forward.dst_desc(), output)}};
    if (shape_.bias) arguments[DNNL_ARG_BIAS] = wrap(k.forward.bias_desc(), pass.values + bias_at_);
    k.run_forward.execute(stream_, arguments);
  }

  void weights_gradient(const Pass& pass, Kernels& k, const float* input, const float* gradient, bool first) {
    gradient_desc_ = k.backward_weights.diff_weights_desc();
    const auto count = static_cast<int64_t>(gradient_desc_.get_size() / sizeof(float));
    float* total = weights_total_.reserve(count);
    float* part = first ? total : weights_part_.reserve(count);
    float* bias_total = pass.gradients + bias_at_;
    float* bias_part = first ? bias_total : bias_part_.reserve(blocks_ * shape_.lanes);
    Arguments arguments = {{DNNL_ARG_SRC, wrap(k.backward_weights.src_desc(), input)},
                           {DNNL_ARG_DIFF_DST, wrap(k.backward_weights.diff_dst_desc(), gradient)},
                           {DNNL_ARG_DIFF_WEIGHTS, wrap(gradient_desc_, part)}};
    if (shape_.bias) arguments[DNNL_ARG_DIFF_BIAS] = wrap(k.backward_weights.diff_bias_desc(), bias_part);
    k.run_backward_weights.execute(stream_, arguments);
    if (first) return;
    add_to(total, part, count);
    if (shape_.bias) add_to(bias_total, bias_part, shape_.out_channels);
  }

  void store_weights_gradient(const Pass& pass) {
    memory from = wrap(gradient_desc_, weights_total_.data());
    memory to = wrap(plain_weights(), pass.gradients + weights_at_);
    dnnl::reorder(from, to).execute(stream_, from, to);
  }

  void propagate(const Pass& pass, Kernels& k, const float* gradient, float* input_gradient) {
    k.run_backward_data.execute(
        stream_,
        {{DNNL_ARG_DIFF_DST, wrap(k.backward_data.diff_dst_desc(), gradient)},
         {DNNL_ARG_WEIGHTS, reordered(pass, k.backward_data.weights_desc(), transposed_, transposed_ready_)},
         {DNNL_ARG_DIFF_SRC, wrap(k.backward_data.diff_src_desc(), input_gradient)}});
  }

  ConvShape shape_;
  bool pooled_, relu_;
  PoolShape pool_{};
  int64_t weights_at_ = 0, bias_at_ = 0, blocks_ = 0, in_floats_ = 0, conv_floats_ = 0;
  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  std::map<bool, std::map<int64_t, std::unique_ptr<Kernels>>> kernels_;  // by training, by number of examples
  memory::desc gradient_desc_;
  const void* weights_ready_ = nullptr;
  const void* transposed_ready_ = nullptr;
  Buffer<float> weights_, transposed_, weights_total_, weights_part_, bias_part_, scratch_;
  Buffer<uint8_t> choice_;
};

}  // namespace

int64_t conv_lanes() {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")) return 16;
  return __builtin_cpu_supports("avx2") ? 8 : 0;
}

BlockPointer make_conv_block(const Layout& layout, const std::string& name, const Format& input,
                             const Layer& conv, bool relu, const Layer* pool) {
  ConvShape s{};
  s.lanes = conv_lanes();
  s.first = input.lanes == 0;
  s.in_channels = input.shape[0], s.height = input.shape[1], s.width = input.shape[2];
  s.out_channels = conv.units;
  s.kernel_h = conv.kernel_h, s.kernel_w = conv.kernel_w;
  s.stride_h = conv.stride_h, s.stride_w = conv.stride_w;
  s.padding_h = conv.padding_h, s.padding_w = conv.padding_w;
  s.out_height = (s.height + 2 * s.padding_h - s.kernel_h) / s.stride_h + 1;
  s.out_width = (s.width + 2 * s.padding_w - s.kernel_w) / s.stride_w + 1;
  s.bias = conv.bias;
  s.relu = relu && !pool;
  return std::make_unique<ConvBlock>(layout, name, s, relu, pool);
}

}  // namespace mlctl::engine
