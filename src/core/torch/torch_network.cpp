#include "core/torch/torch_network.h"

#include <ATen/ATen.h>

#include "core/engine/parameters.h"
#include "core/nn/random_mask.h"

namespace mlctl::engine {
namespace {

at::Tensor activate(const at::Tensor& x, Activation activation, double slope) {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::relu:
      return at::relu(x);
    case Activation::leaky_relu:
      return at::leaky_relu(x, slope);
    case Activation::gelu:
      return at::gelu(x);
    case Activation::silu:
      return at::silu(x);
    case Activation::sigmoid:
      return at::sigmoid(x);
    case Activation::tanh:
      return at::tanh(x);
  }
  return x;
}

// One pass over the layers; `inputs` are consumed by the first.
class Pass {
 public:
  Pass(const Network& network, const TensorTable& tensors, const std::vector<at::Tensor>& inputs,
       const Mode& mode)
      : network_(network), tensors_(tensors), inputs_(inputs), mode_(mode) {}

  at::Tensor run() {
    const auto names = module_names(network_);
    at::Tensor x = inputs_[0];
    for (size_t i = 0; i < network_.layers.size(); ++i) {
      const Layer& layer = network_.layers[i];
      prefix_ = names[i];
      x = apply(layer, i, x);
      x = activate(x, layer.activation, layer.slope);
    }
    return x;
  }

 private:
  at::Tensor get(const std::string& name) const {
    const auto found = tensors_.find(prefix_ + name);
    return found == tensors_.end() ? at::Tensor() : found->second;
  }

  at::Tensor apply(const Layer& layer, size_t index, const at::Tensor& x) {
    const std::vector<int64_t> kernel = {layer.kernel_h, layer.kernel_w};
    const std::vector<int64_t> stride = {layer.stride_h, layer.stride_w};
    const std::vector<int64_t> padding = {layer.padding_h, layer.padding_w};
    switch (layer.kind) {
      case LayerKind::conv2d:
        return at::conv2d(x, get("weight"), get("bias"), stride, padding);
      case LayerKind::batchnorm2d:
        return batchnorm(x, "", layer.momentum, layer.epsilon);
      case LayerKind::maxpool2d:
        return at::max_pool2d(x, kernel, stride, padding);
      case LayerKind::avgpool2d:
        return at::avg_pool2d(x, kernel, stride, padding);
      case LayerKind::adaptiveavgpool2d:
        return at::adaptive_avg_pool2d(x, kernel);
      case LayerKind::dropout:
        return dropout(x, layer.rate, index);
      case LayerKind::dense:
        return at::linear(x, get("weight"), get("bias"));
      case LayerKind::flatten:
        return at::flatten(x, 1);
      case LayerKind::activation:
        return x;
      case LayerKind::embedding_mean:
        return embedding_mean();
      case LayerKind::table_input:
        return table();
      case LayerKind::resnet18:
        return resnet18(x);
      case LayerKind::factorization:
        return factorization();
      case LayerKind::rating_input:
        return at::cat({rating_embedding("users", 0), rating_embedding("items", 1)}, 1);
    }
    return x;
  }

  at::Tensor batchnorm(const at::Tensor& x, const std::string& name, double momentum, double epsilon) const {
    return at::batch_norm(x, get(name + "weight"), get(name + "bias"), get(name + "running_mean"),
                          get(name + "running_var"), mode_.training, momentum, epsilon, true);
  }

  at::Tensor dropout(const at::Tensor& x, double rate, size_t index) const {
    if (!mode_.training || rate == 0) return x;
    at::Tensor mask = at::empty(x.sizes(), at::TensorOptions().dtype(at::kFloat));
    dropout_mask(mask.data_ptr<float>(), mask.numel(), rate, mode_.seed, mode_.step,
                 static_cast<int64_t>(index));
    return x * mask.to(x.device());
  }

  at::Tensor embedding_mean() const {
    constexpr int64_t kMean = 1;
    return std::get<0>(at::embedding_bag(get("weight"), inputs_[0], inputs_[1], false, kMean));
  }

  at::Tensor table() const {
    std::vector<at::Tensor> parts = {inputs_[0]};
    for (size_t k = 0; k < network_.input.cardinalities.size(); ++k)
      parts.push_back(at::embedding(get("embeddings." + std::to_string(k) + ".weight"),
                                    inputs_[1].select(1, static_cast<int64_t>(k))));
    return at::cat(parts, 1);
  }

  at::Tensor rating_embedding(const std::string& name, int64_t column) const {
    return at::embedding(get(name + ".weight"), inputs_[0].select(1, column));
  }

  at::Tensor factorization() const {
    const at::Tensor product = rating_embedding("users", 0) * rating_embedding("items", 1);
    const at::Tensor biases = rating_embedding("user_bias", 0) + rating_embedding("item_bias", 1);
    return product.sum({1}, true) + biases + network_.output_mean;
  }

  // torchvision.models.resnet18
  at::Tensor resnet18(const at::Tensor& input) const {
    at::Tensor x = at::conv2d(input, get("conv1.weight"), {}, {2, 2}, {3, 3});
    x = at::relu(batchnorm(x, "bn1.", 0.1, 1e-5));
    x = at::max_pool2d(x, {3, 3}, {2, 2}, {1, 1});
    for (int64_t stage = 1; stage <= 4; ++stage) {
      const std::string name = "layer" + std::to_string(stage) + ".";
      x = basic_block(x, name + "0.", stage > 1 ? 2 : 1);
      x = basic_block(x, name + "1.", 1);
    }
    x = at::flatten(at::adaptive_avg_pool2d(x, {1, 1}), 1);
    return at::linear(x, get("fc.weight"), get("fc.bias"));
  }

  at::Tensor basic_block(const at::Tensor& x, const std::string& name, int64_t stride) const {
    const at::Tensor first = at::conv2d(x, get(name + "conv1.weight"), {}, {stride, stride}, {1, 1});
    const at::Tensor active = at::relu(batchnorm(first, name + "bn1.", 0.1, 1e-5));
    const at::Tensor second = at::conv2d(active, get(name + "conv2.weight"), {}, {1, 1}, {1, 1});
    at::Tensor shortcut = x;
    if (stride != 1) {
      shortcut = at::conv2d(x, get(name + "downsample.0.weight"), {}, {stride, stride});
      shortcut = batchnorm(shortcut, name + "downsample.1.", 0.1, 1e-5);
    }
    return at::relu(batchnorm(second, name + "bn2.", 0.1, 1e-5) + shortcut);
  }

  const Network& network_;
  const TensorTable& tensors_;
  const std::vector<at::Tensor>& inputs_;
  Mode mode_;
  std::string prefix_;
};

}  // namespace

at::Tensor run_network(const Network& network, const TensorTable& tensors,
                       const std::vector<at::Tensor>& inputs, const Mode& mode) {
  return Pass(network, tensors, inputs, mode).run();
}

}  // namespace mlctl::engine
