#pragma once
// The safetensors format (github.com/huggingface/safetensors, README "Format"): u64 LE header length, JSON
// header, data. The reader is strict: overlaps, holes, unknown dtypes, sizes that do not match their shape →
// 10 with the tensor.

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/tensor/tensor.h"

namespace mlctl {

// The tensors by falling element width, then by name, and the header padded to 64 bytes: every tensor is
// aligned to its element.
std::string write_safetensors(const TensorMap& tensors,
                              const std::map<std::string, std::string>& metadata = {});
Result<TensorMap> parse_safetensors(std::string_view bytes, const std::string& where);
Result<TensorMap> read_safetensors(const std::filesystem::path& path);

// A tensor inside bytes that someone else owns (a memory map).
struct TensorView {
  DType dtype = DType::f32;
  std::vector<int64_t> shape;
  std::string_view bytes;
};
Result<std::map<std::string, TensorView>> view_safetensors(std::string_view bytes, const std::string& where);

}  // namespace mlctl
