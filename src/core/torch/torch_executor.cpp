#include "core/torch/torch_executor.h"

#include <ATen/ATen.h>

namespace mlctl::engine {
namespace {

template <class T>
at::Tensor borrow(std::span<const T> values, std::vector<int64_t> shape) {
  // from_blob takes a mutable pointer; nothing writes to an input.
  return at::from_blob(const_cast<T*>(values.data()), shape,
                       at::TensorOptions().dtype(c10::CppTypeToScalarType<T>::value));
}

class TorchExecutor final : public Executor {
 public:
  TorchExecutor(const SessionSpec& spec, const Layout& layout, const at::Tensor& values,
                const at::Tensor& gradients)
      : spec_(spec), gradients_(gradients), tensors_(view_tensors(layout, values)), device_(values.device()) {
    if (!spec_.class_weights.empty())
      class_weights_ =
          borrow<float>(spec_.class_weights, {int64_t(spec_.class_weights.size())}).clone().to(device_);
    if (!gradients_.defined()) return;
    for (const Slot& slot : layout.slots) {
      if (!slot.parameter.trainable) continue;
      // A leaf of the graph whose gradient autograd adds in place into the flat array.
      at::Tensor& leaf = tensors_.at(slot.parameter.name);
      leaf = leaf.detach().set_requires_grad(true);
      leaf.mutable_grad() = gradients_.narrow(0, slot.offset, slot.size).view(slot.parameter.shape);
    }
  }

  StepResult gradients(const Batch& batch, int64_t step) override {
    gradients_.zero_();
    const Mode mode{true, spec_.seed, step};
    const at::Tensor output = run_network(spec_.network, tensors_, inputs(batch), mode);
    const at::Tensor loss = loss_of(output, batch);
    loss.backward();
    StepResult result;
    result.loss = loss.detach().to(at::kCPU).item<float>();
    if (spec_.loss == Loss::cross_entropy)
      result.correct = output.detach().argmax(1).eq(labels(batch)).sum().item<int64_t>();
    return result;
  }

  std::vector<float> forward(const Batch& batch, double* loss) override {
    const at::NoGradGuard no_gradients;
    at::Tensor output = run_network(spec_.network, tensors_, inputs(batch), Mode{});
    if (loss) *loss = loss_of(output, batch).to(at::kCPU).item<float>();
    output = output.to(at::kCPU).contiguous();
    const float* data = output.data_ptr<float>();
    return {data, data + output.numel()};
  }

 private:
  std::vector<at::Tensor> inputs(const Batch& batch) const {
    auto tensors = batch_inputs(spec_.network, batch, device_);
    // Pooling and convolutions are faster, and on Debian's libtorch only vectorised, in this order.
    if (spec_.network.input.kind == InputKind::image)
      tensors[0] = tensors[0].contiguous(at::MemoryFormat::ChannelsLast);
    return tensors;
  }

  at::Tensor labels(const Batch& batch) const {
    return borrow<int32_t>(batch.labels, {batch.size}).to(at::kLong).to(device_);
  }

  at::Tensor loss_of(const at::Tensor& output, const Batch& batch) const {
    if (spec_.loss == Loss::mse)
      return at::mse_loss(output.squeeze(1), borrow<float>(batch.targets, {batch.size}).to(device_));
    return at::cross_entropy_loss(output, labels(batch), class_weights_, at::Reduction::Mean, -100,
                                  spec_.label_smoothing);
  }

  SessionSpec spec_;
  at::Tensor gradients_;
  at::Tensor class_weights_;
  TensorTable tensors_;
  at::Device device_;
};

}  // namespace

TensorTable view_tensors(const Layout& layout, const at::Tensor& flat) {
  TensorTable table;
  for (const Slot& slot : layout.slots)
    if (slot.size > 0)
      table.emplace(slot.parameter.name, flat.narrow(0, slot.offset, slot.size).view(slot.parameter.shape));
  return table;
}

std::vector<at::Tensor> batch_inputs(const Network& network, const Batch& batch, const at::Device& device) {
  const InputSpec& in = network.input;
  const int64_t n = batch.size;
  const auto columns = static_cast<int64_t>(in.cardinalities.size());
  switch (in.kind) {
    case InputKind::image:
      return {borrow(batch.features, {n, in.channels, in.height, in.width}).to(device)};
    case InputKind::table:
      return {borrow(batch.features, {n, in.numeric}).to(device),
              borrow(batch.codes, {n, columns}).to(at::kLong).to(device)};
    case InputKind::text:
      return {borrow(batch.tokens, {static_cast<int64_t>(batch.tokens.size())}).to(at::kLong).to(device),
              borrow(batch.offsets, {n}).to(device)};
    case InputKind::ratings:
      return {borrow(batch.codes, {n, 2}).to(at::kLong).to(device)};
  }
  return {};
}

std::unique_ptr<Executor> make_torch_executor(const SessionSpec& spec, const Layout& layout,
                                              const at::Tensor& values, const at::Tensor& gradients) {
  return std::make_unique<TorchExecutor>(spec, layout, values, gradients);
}

}  // namespace mlctl::engine
