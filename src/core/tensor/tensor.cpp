#include "core/tensor/tensor.h"

#include <algorithm>
#include <array>

namespace mlctl {

namespace {

struct Kind {
  DType dtype;
  int64_t width;
  const char* name;
};

constexpr std::array<Kind, 9> kKinds = {{{DType::u8, 1, "U8"},
                                         {DType::i32, 4, "I32"},
                                         {DType::i64, 8, "I64"},
                                         {DType::f32, 4, "F32"},
                                         {DType::f64, 8, "F64"},
                                         {DType::bf16, 2, "BF16"},
                                         {DType::f16, 2, "F16"},
                                         {DType::i8, 1, "I8"},
                                         {DType::boolean, 1, "BOOL"}}};

const Kind& kind(DType dtype) {
  return *std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& each) { return each.dtype == dtype; });
}

}  // namespace

int64_t width(DType dtype) {
  return kind(dtype).width;
}

const char* safetensors_name(DType dtype) {
  return kind(dtype).name;
}

std::optional<DType> dtype_from_name(std::string_view name) {
  for (const Kind& each : kKinds) {
    if (name == each.name) return each.dtype;
  }
  return std::nullopt;
}

std::optional<int64_t> byte_size(DType dtype, const std::vector<int64_t>& shape) {
  constexpr int64_t kLimit = int64_t{1} << 62;
  int64_t total = width(dtype);
  for (const int64_t extent : shape) {
    if (extent < 0) return std::nullopt;
    if (extent > 0 && total > kLimit / extent) return std::nullopt;
    total *= extent;
  }
  return total;
}

}  // namespace mlctl
