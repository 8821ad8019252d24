#pragma once
// The Open Inference Protocol, version 2, REST (github.com/kserve/open-inference-protocol) with Triton's
// binary tensor extension. Inputs are raw: pixels 0–255 in NCHW, one tensor per column, texts as BYTES.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/model/package.h"
#include "core/net/http.h"
#include "core/serve/examples.h"

namespace mlctl::serve {

struct WireType {
  const char* name;  // "FP32"
  int width;         // bytes per element in binary; 0: BYTES, each with its length before it
  enum class Family { boolean, unsigned_integer, integer, floating, bytes } family;
};
const WireType* find_wire_type(std::string_view name);

// A tensor as it came: numbers (BOOL: 0 and 1) or strings, row-major.
struct WireTensor {
  std::string name;
  const WireType* type = nullptr;
  std::vector<int64_t> shape;
  std::vector<double> numbers;
  std::vector<std::string> strings;
  int64_t count = 0;
};

struct WantedOutput {
  std::string name;
  bool binary = false;
};

struct InferRequest {
  std::string id;
  std::vector<WireTensor> inputs;
  std::vector<WantedOutput> outputs;
};

// What a model takes and gives: {name, versions, platform, inputs, outputs}.
nlohmann::ordered_json model_metadata(const Model& model, const std::string& name,
                                      const std::string& version);

// `json_size`: of the JSON part when binary tensors follow it, else the body's size. Faults → 7.
Result<InferRequest> parse_infer(std::string_view body, size_t json_size);
// The examples of a request's tensors; names, types and shapes must be the model's.
Result<std::vector<Example>> examples_of(const Model& model, const InferRequest& request);
// `outputs` is [examples, network outputs].
Result<HttpResponse> infer_response(const Model& model, const InferRequest& request, const std::string& name,
                                    const std::string& version, std::span<const float> outputs);

// Bytes of one tensor in the binary form, and back.
Result<> decode_binary(std::string_view bytes, WireTensor& tensor);

}  // namespace mlctl::serve
