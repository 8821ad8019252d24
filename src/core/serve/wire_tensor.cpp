// Tensors of an inference request: JSON (nested or flat) and binary data to numbers and strings.

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/strings.h"
#include "core/serve/protocol.h"
#include "core/text/json.h"

namespace mlctl::serve {

namespace {

using Json = nlohmann::ordered_json;
using Family = WireType::Family;

constexpr std::array<WireType, 14> kTypes{{
    {"BOOL", 1, Family::boolean},
    {"UINT8", 1, Family::unsigned_integer},
    {"UINT16", 2, Family::unsigned_integer},
    {"UINT32", 4, Family::unsigned_integer},
    {"UINT64", 8, Family::unsigned_integer},
    {"INT8", 1, Family::integer},
    {"INT16", 2, Family::integer},
    {"INT32", 4, Family::integer},
    {"INT64", 8, Family::integer},
    {"FP16", 2, Family::floating},
    {"BF16", 2, Family::floating},
    {"FP32", 4, Family::floating},
    {"FP64", 8, Family::floating},
    {"BYTES", 0, Family::bytes},
}};

tl::unexpected<Error> bad(const WireTensor& tensor, const std::string& what) {
  return fail(Exit::data, fmt::format("input {}: {}", tensor.name, what));
}

template <class T>
T load(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);  // both sides are little-endian
  return value;
}

double half_to_double(uint16_t bits) {
  const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
  const double magnitude = exponent == 0    ? std::ldexp(fraction, -24)
                           : exponent == 31 ? (fraction == 0 ? HUGE_VAL : std::nan(""))
                                            : std::ldexp(fraction + 1024, exponent - 25);
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

double load_number(const WireType& type, const char* at) {
  const std::string_view name = type.name;
  if (name == "BOOL") return *at != 0 ? 1 : 0;
  if (name == "UINT8") return load<uint8_t>(at);
  if (name == "UINT16") return load<uint16_t>(at);
  if (name == "UINT32") return load<uint32_t>(at);
  if (name == "UINT64") return static_cast<double>(load<uint64_t>(at));
  if (name == "INT8") return load<int8_t>(at);
  if (name == "INT16") return load<int16_t>(at);
  if (name == "INT32") return load<int32_t>(at);
  if (name == "INT64") return static_cast<double>(load<int64_t>(at));
  if (name == "FP16") return half_to_double(load<uint16_t>(at));
  if (name == "BF16") return std::bit_cast<float>(uint32_t{load<uint16_t>(at)} << 16);
  if (name == "FP32") return load<float>(at);
  return load<double>(at);
}

bool in_range(const WireType& type, double value) {
  const int bits = type.width * 8;
  if (type.family == Family::unsigned_integer) return value >= 0 && value < std::ldexp(1, bits);
  return value >= -std::ldexp(1, bits - 1) && value < std::ldexp(1, bits - 1);
}

Result<> take_value(const Json& value, WireTensor& tensor) {
  const auto wrong = [&] {
    return bad(tensor, fmt::format("{} is not {}", dump_json(value), tensor.type->name));
  };
  switch (tensor.type->family) {
    case Family::bytes:
      if (!value.is_string()) return wrong();
      tensor.strings.push_back(value.get<std::string>());
      return {};
    case Family::boolean:
      if (!value.is_boolean()) return wrong();
      tensor.numbers.push_back(value.get<bool>() ? 1 : 0);
      return {};
    case Family::floating:
      if (!value.is_number()) return wrong();
      break;
    default:
      if (!value.is_number_integer() || !in_range(*tensor.type, value.get<double>())) return wrong();
  }
  tensor.numbers.push_back(value.get<double>());
  return {};
}

// Nested data must have the shape's lengths at every depth.
Result<> take_nested(const Json& data, size_t depth, WireTensor& tensor) {
  if (depth == tensor.shape.size()) return take_value(data, tensor);
  if (!data.is_array() || static_cast<int64_t>(data.size()) != tensor.shape[depth]) {
    return bad(tensor, fmt::format("data does not have the shape [{}]", fmt::join(tensor.shape, ",")));
  }
  for (const Json& part : data) TRY(take_nested(part, depth + 1, tensor));
  return {};
}

Result<> decode_strings(std::string_view bytes, WireTensor& tensor) {
  while (!bytes.empty()) {
    if (bytes.size() < 4) return bad(tensor, "binary data ends within a length");
    const size_t size = load<uint32_t>(bytes.data());
    if (size > bytes.size() - 4) return bad(tensor, "a string's length goes beyond the binary data");
    if (static_cast<int64_t>(tensor.strings.size()) == tensor.count)
      return bad(tensor, "too much binary data");
    tensor.strings.emplace_back(bytes.substr(4, size));
    bytes.remove_prefix(4 + size);
  }
  if (static_cast<int64_t>(tensor.strings.size()) != tensor.count)
    return bad(tensor, "too little binary data");
  return {};
}

Result<> take_shape(const Json& shape, WireTensor& tensor) {
  if (!shape.is_array() || shape.size() > 8) return bad(tensor, "shape must be a list of at most 8 integers");
  tensor.count = 1;
  for (const Json& size : shape) {
    const bool valid = size.is_number_integer() && size.get<double>() >= 0 &&
                       size.get<double>() <= static_cast<double>(limits::kWireElements);
    if (!valid) return bad(tensor, "shape must be a list of non-negative integers");
    tensor.shape.push_back(size.get<int64_t>());
    if (__builtin_mul_overflow(tensor.count, tensor.shape.back(), &tensor.count) ||
        tensor.count > limits::kWireElements) {
      return bad(tensor, "the shape is too large");
    }
  }
  return {};
}

// Decodes one input; `binary` is what is left of the body after the JSON.
Result<WireTensor> parse_input(const Json& input, std::string_view& binary) {
  WireTensor tensor;
  tensor.name = input.at("name").get<std::string>();
  const std::string type = input.at("datatype").get<std::string>();
  tensor.type = find_wire_type(type);
  if (tensor.type == nullptr) return bad(tensor, fmt::format("unknown datatype \"{}\"", type));
  TRY(take_shape(input.at("shape"), tensor));
  const Json parameters = input.value("parameters", Json::object());
  if (parameters.contains("binary_data_size")) {
    const size_t size = parameters.at("binary_data_size").get<size_t>();
    if (size > binary.size()) return bad(tensor, "binary_data_size goes beyond the body");
    TRY(decode_binary(binary.substr(0, size), tensor));
    binary.remove_prefix(size);
    return tensor;
  }
  const Json& data = input.at("data");
  if (data.is_array() && !data.empty() && data.front().is_array()) {
    TRY(take_nested(data, 0, tensor));
    return tensor;
  }
  if (!data.is_array() || static_cast<int64_t>(data.size()) != tensor.count) {
    return bad(tensor,
               fmt::format("data has {} values, the shape [{}] needs {}", data.is_array() ? data.size() : 0,
                           fmt::join(tensor.shape, ","), tensor.count));
  }
  for (const Json& value : data) TRY(take_value(value, tensor));
  return tensor;
}

}  // namespace

const WireType* find_wire_type(std::string_view name) {
  const auto* const found =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const WireType& type) { return type.name == name; });
  return found == kTypes.end() ? nullptr : found;
}

Result<> decode_binary(std::string_view bytes, WireTensor& tensor) {
  if (tensor.type->family == Family::bytes) return decode_strings(bytes, tensor);
  const auto width = static_cast<size_t>(tensor.type->width);
  if (bytes.size() % width != 0 || static_cast<int64_t>(bytes.size() / width) != tensor.count) {
    return bad(tensor, fmt::format("{} of binary data, the shape [{}] needs {}", plural(bytes.size(), "byte"),
                                   fmt::join(tensor.shape, ","), tensor.count * tensor.type->width));
  }
  tensor.numbers.reserve(bytes.size() / width);
  for (size_t at = 0; at < bytes.size(); at += width) {
    tensor.numbers.push_back(load_number(*tensor.type, bytes.data() + at));
  }
  return {};
}

Result<InferRequest> parse_infer(std::string_view body, size_t json_size) {
  if (json_size > body.size())
    return fail(Exit::data, "Inference-Header-Content-Length goes beyond the body");
  const Json document = TRY(parse_untrusted_json(body.substr(0, json_size), "request"));
  std::string_view binary = body.substr(json_size);
  return decode_json("request", Exit::data, [&]() -> Result<InferRequest> {
    InferRequest request;
    request.id = document.value("id", std::string());
    const Json parameters = document.value("parameters", Json::object());
    const bool all_binary = parameters.value("binary_data_output", false);
    if (!document.at("inputs").is_array()) return fail(Exit::data, "inputs must be a list");
    for (const Json& input : document.at("inputs")) {
      request.inputs.push_back(TRY(parse_input(input, binary)));
    }
    if (!binary.empty()) return fail(Exit::data, "the body goes on after the last tensor");
    const Json outputs = document.value("outputs", Json::array());
    for (const Json& output : outputs) {
      const Json own = output.value("parameters", Json::object());
      request.outputs.push_back({output.at("name").get<std::string>(), own.value("binary_data", all_binary)});
    }
    if (request.outputs.empty() && all_binary) request.outputs.push_back({"", true});
    return request;
  });
}

}  // namespace mlctl::serve
