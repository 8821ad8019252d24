#include "core/torch/torchscript.h"

#include <sstream>

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/frontend/tracer.h>

#include "core/base/strings.h"

namespace mlctl::engine {
namespace {

// Parameter names may not hold dots: "layer1.0.conv1.weight" is three modules deep.
void register_tensor(const torch::jit::Module& root, const std::string& prefix, const std::string& name,
                     const at::Tensor& tensor) {
  torch::jit::Module owner = root;
  std::string path = prefix;
  const auto parts = split(name, '.');
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    path += ".module_" + parts[i];  // the name of a type may not begin with a digit
    if (!owner.hasattr(parts[i]))
      owner.register_module(parts[i], torch::jit::Module(path, root._ivalue()->compilation_unit()));
    owner = owner.attr(parts[i]).toModule();
  }
  const bool buffer = parts.back().rfind("running_", 0) == 0;
  if (buffer)
    owner.register_buffer(parts.back(), tensor);
  else
    owner.register_parameter(parts.back(), tensor, false);
}

// Inputs of the right kinds; two rows, so that nothing is specialised to one.
std::vector<at::Tensor> example_inputs(const InputSpec& in) {
  const auto ids = at::TensorOptions().dtype(at::kLong);
  const auto columns = static_cast<int64_t>(in.cardinalities.size());
  switch (in.kind) {
    case InputKind::image:
      return {at::zeros({2, in.channels, in.height, in.width})};
    case InputKind::table:
      return {at::zeros({2, in.numeric}), at::zeros({2, columns}, ids)};
    case InputKind::text:
      return {at::zeros({3}, ids), at::arange(2, ids)};
    case InputKind::ratings:
      return {at::zeros({2, 2}, ids)};
  }
  return {};
}

}  // namespace

std::string trace_archive(const Network& network, const TensorTable& tensors) {
  const at::NoGradGuard no_gradients;
  torch::jit::Module module("__torch__.Network");
  TensorTable own;
  for (const auto& [name, tensor] : tensors) {
    own.emplace(name, tensor.clone());
    register_tensor(module, "__torch__.Network", name, own.at(name));
  }
  torch::jit::Stack example;
  for (const at::Tensor& input : example_inputs(network.input)) example.emplace_back(input);
  const auto forward = [&](torch::jit::Stack stack) -> torch::jit::Stack {
    std::vector<at::Tensor> inputs;
    for (const auto& value : stack) inputs.push_back(value.toTensor());
    return {run_network(network, own, inputs, Mode{})};
  };
  const auto no_names = [](const at::Tensor&) { return std::string(); };
  const auto traced = torch::jit::tracer::trace(example, forward, no_names, false, false, &module);
  const auto unit = module._ivalue()->compilation_unit();
  const auto function = unit->create_function(c10::QualifiedName(*module.type()->name(), "forward"),
                                              std::get<0>(traced)->graph);
  module.type()->addMethod(function);
  std::ostringstream archive;
  module.save(archive);
  return archive.str();
}

}  // namespace mlctl::engine
