// Weights: what is read can be written, and reads the same.

#include "core/tensor/safetensors.h"

#include "fuzz/fuzz.h"

using namespace mlctl;

FUZZ(input) {
  const auto tensors = parse_safetensors(input, "weights");
  if (!tensors) return;
  const auto again = parse_safetensors(write_safetensors(*tensors), "again");
  fuzz::claim(again && again->size() == tensors->size(), "written tensors can be read");
  for (const auto& [name, tensor] : *tensors) {
    const Tensor& other = again->at(name);
    fuzz::claim(other.dtype == tensor.dtype && other.shape == tensor.shape && other.bytes == tensor.bytes,
                "a tensor survives writing and reading");
  }
}
