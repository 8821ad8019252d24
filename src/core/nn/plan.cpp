#include "core/nn/plan.h"

#include <algorithm>

#include "core/nn/block.h"
#include "core/nn/buffer.h"
#include "core/nn/loss.h"

namespace mlctl::engine {
namespace {

bool plain_or_relu(const Layer& layer) {
  return layer.activation == Activation::none || layer.activation == Activation::relu;
}

// Turns layers into blocks; stops at the first layer that has none.
class Compiler {
 public:
  Compiler(const Network& network, const Layout& layout)
      : network_(network), layout_(layout), names_(module_names(network)) {}

  std::vector<BlockPointer> compile() {
    format_.shape = input_shape(network_.input);
    for (index_ = 0; index_ < network_.layers.size(); ++index_) {
      if (network_.layers[index_].kind == LayerKind::flatten && format_.lanes == 0) {
        format_.shape = {element_count(format_.shape)};
        continue;
      }
      BlockPointer block = next();
      if (!block) return {};
      format_ = block->format();
      blocks_.push_back(std::move(block));
    }
    return std::move(blocks_);
  }

 private:
  BlockPointer next() {
    const Layer& layer = network_.layers[index_];
    const std::string& name = names_[index_];
    const bool relu = layer.activation == Activation::relu;
    if (!plain_or_relu(layer)) return nullptr;
    switch (layer.kind) {
      case LayerKind::conv2d:
        return convolution(layer, name, relu);
      case LayerKind::dense:
        return make_dense_block(layout_, name, format_, layer, relu);
      case LayerKind::flatten:
        return format_.lanes > 0 ? make_flatten_block(format_) : nullptr;
      // Dropout numbers its elements in PyTorch's order, which a blocked image has not.
      case LayerKind::dropout:
        return format_.lanes > 0 ? nullptr : make_dropout_block(format_, layer.rate, int64_t(index_));
      case LayerKind::activation:
        return make_relu_block(format_);
      case LayerKind::embedding_mean:
      case LayerKind::table_input:
      case LayerKind::rating_input:
      case LayerKind::factorization:
        return make_embedding_block(network_, layout_, name);
      default:
        return nullptr;
    }
  }

  BlockPointer convolution(const Layer& layer, const std::string& name, bool relu) {
    const bool usable = conv_lanes() > 0 && (format_.lanes > 0 || index_ == 0);
    if (!usable) return nullptr;
    const Layer* pool = index_ + 1 < network_.layers.size() ? &network_.layers[index_ + 1] : nullptr;
    constexpr int64_t kLargestWindow = 255;
    if (pool && (pool->kind != LayerKind::maxpool2d || pool->activation != Activation::none ||
                 pool->kernel_h * pool->kernel_w > kLargestWindow))
      pool = nullptr;
    const Format input = format_;
    if (pool) ++index_;
    return make_conv_block(layout_, name, input, layer, relu, pool);
  }

  const Network& network_;
  const Layout& layout_;
  std::vector<std::string> names_;
  std::vector<BlockPointer> blocks_;
  Format format_;
  size_t index_ = 0;
};

class Plan final : public Executor {
 public:
  Plan(const SessionSpec& spec, int64_t trainable, std::vector<BlockPointer> blocks, float* values,
       float* gradients)
      : spec_(spec),
        trainable_(trainable),
        blocks_(std::move(blocks)),
        outputs_(blocks_.size()),
        output_gradients_(blocks_.size()),
        values_(values),
        gradients_(gradients) {
    for (const BlockPointer& block : blocks_)
      for (SparseTable* table : block->tables()) tables_.push_back(table);
    std::sort(tables_.begin(), tables_.end(), [](auto* a, auto* b) { return a->begin < b->begin; });
  }

  StepResult gradients(const Batch& batch, int64_t step) override {
    const Pass pass{&batch, values_, gradients_, true, spec_.seed, step};
    const float* output = run(pass);
    float* gradient = output_gradients_.back().reserve(batch.size * spec_.network.outputs);
    const StepResult result = batch_loss(spec_, batch, output, gradient);
    for (size_t i = blocks_.size(); i-- > 0;) {
      float* before =
          i == 0 ? nullptr : output_gradients_[i - 1].reserve(batch.size * blocks_[i - 1]->format().floats());
      blocks_[i]->backward(pass, input_of(i, batch), outputs_[i].data(), output_gradients_[i].data(), before);
    }
    return result;
  }

  std::vector<float> forward(const Batch& batch, double* loss) override {
    const float* output = run({&batch, values_, nullptr, false, spec_.seed, 0});
    if (loss) *loss = batch_loss(spec_, batch, output, nullptr).loss;
    return {output, output + batch.size * spec_.network.outputs};
  }

  // Everything between the tables, and each row of theirs that was named.
  std::span<const Range> live_ranges() override {
    if (tables_.empty()) return {};
    live_.clear();
    int64_t at = 0;
    for (const SparseTable* table : tables_) {
      if (table->begin > at) live_.push_back({at, table->begin - at});
      for (size_t row = 0; row < table->named.size(); ++row)
        if (table->named[row]) live_.push_back({table->begin + int64_t(row) * table->width, table->width});
      at = table->begin + int64_t(table->named.size()) * table->width;
    }
    if (at < trainable_) live_.push_back({at, trainable_ - at});
    return live_;
  }

  void recall(const std::vector<const float*>& moments) override {
    for (SparseTable* table : tables_) {
      for (size_t row = 0; row < table->named.size(); ++row) {
        const int64_t begin = table->begin + int64_t(row) * table->width;
        table->named[row] = std::any_of(moments.begin(), moments.end(), [&](const float* moment) {
          return std::any_of(moment + begin, moment + begin + table->width,
                             [](float value) { return value != 0; });
        });
      }
    }
  }

 private:
  const float* input_of(size_t index, const Batch& batch) const {
    return index == 0 ? batch.features.data() : outputs_[index - 1].data();
  }

  const float* run(const Pass& pass) {
    for (size_t i = 0; i < blocks_.size(); ++i) {
      float* output = outputs_[i].reserve(pass.batch->size * blocks_[i]->format().floats());
      blocks_[i]->forward(pass, input_of(i, *pass.batch), output);
    }
    return outputs_.back().data();
  }

  SessionSpec spec_;
  int64_t trainable_;
  std::vector<BlockPointer> blocks_;
  std::vector<SparseTable*> tables_;  // in the order of the array
  std::vector<Range> live_;
  std::vector<Buffer<float>> outputs_, output_gradients_;
  float* values_;
  float* gradients_;
};

}  // namespace

std::unique_ptr<Executor> make_plan(const SessionSpec& spec, const Layout& layout, float* values,
                                    float* gradients) {
  auto blocks = Compiler(spec.network, layout).compile();
  if (blocks.empty()) return nullptr;
  return std::make_unique<Plan>(spec, layout.trainable, std::move(blocks), values, gradients);
}

}  // namespace mlctl::engine
