#pragma once
// The safetensors format (github.com/huggingface/safetensors, README "Format"): u64 LE header length, JSON
// header, data. The reader is strict: overlaps, holes, unknown dtypes, sizes that do not match their shape →
// 10 with the tensor.

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/model/tensor.h"

namespace mlctl {

std::string write_safetensors(const TensorMap& tensors,
                              const std::map<std::string, std::string>& metadata = {});
Result<TensorMap> parse_safetensors(std::string_view bytes, const std::string& where);
Result<TensorMap> read_safetensors(const std::filesystem::path& path);

}  // namespace mlctl
