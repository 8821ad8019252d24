#pragma once
// A named tensor in host memory: what crosses between the engine, safetensors files and Python.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlctl {

enum class DType { u8, i32, i64, f32, f64, bf16, f16, i8, boolean };

struct Tensor {
  DType dtype = DType::f32;
  std::vector<int64_t> shape;
  std::string bytes;  // little-endian, row-major; size = product(shape) × width(dtype)
};

using TensorMap = std::map<std::string, Tensor>;

int64_t width(DType dtype);                 // bytes per element
const char* safetensors_name(DType dtype);  // "F32", "I64", …
std::optional<DType> dtype_from_name(std::string_view name);

// product(shape) × width(dtype), or nothing when it is negative or past 2^62.
std::optional<int64_t> byte_size(DType dtype, const std::vector<int64_t>& shape);

}  // namespace mlctl
