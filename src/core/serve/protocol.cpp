#include "core/serve/protocol.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/text/json.h"

namespace mlctl::serve {

namespace {

using Json = nlohmann::ordered_json;
using Family = WireType::Family;

struct Port {
  std::string name, datatype;
  std::vector<int64_t> shape;  // -1: the number of examples
};

const char* wire_type_of(ColumnType type) {
  switch (type) {
    case ColumnType::number:
    case ColumnType::integer:
      return "FP64";
    case ColumnType::boolean:
      return "BOOL";
    default:
      return "BYTES";
  }
}

std::vector<Port> inputs_of(const Model& model) {
  const ImagePreprocess& image = model.preprocess.image;
  std::vector<Port> ports;
  switch (model.network.input.kind) {
    case InputKind::image:
      return {{"image", "FP32", {-1, image.channels, image.height, image.width}}};
    case InputKind::text:
      return {{"text", "BYTES", {-1}}};
    case InputKind::ratings:
      return {{"user", "BYTES", {-1}}, {"item", "BYTES", {-1}}};
    case InputKind::table:
      break;
  }
  for (const InputColumn& column : model.preprocess.table.columns) {
    ports.push_back({column.name, wire_type_of(column.type), {-1}});
  }
  return ports;
}

std::vector<Port> outputs_of(const Model& model) {
  if (model.task != Task::classification) return {{"value", "FP32", {-1}}};
  return {{"probabilities", "FP32", {-1, static_cast<int64_t>(model.classes.size())}},
          {"label", "BYTES", {-1}}};
}

Json port_list(const std::vector<Port>& ports) {
  Json list = Json::array();
  for (const Port& port : ports) {
    list.push_back({{"name", port.name}, {"datatype", port.datatype}, {"shape", port.shape}});
  }
  return list;
}

// The text of a table's cell; numbers come back as they were written.
std::string cell_text(const WireTensor& tensor, size_t at) {
  if (tensor.type->family == Family::bytes) return tensor.strings[at];
  if (tensor.type->family == Family::boolean) return tensor.numbers[at] != 0 ? "true" : "false";
  return std::isnan(tensor.numbers[at]) ? "" : shortest(tensor.numbers[at]);
}

Result<> check_input(InputKind kind, const WireTensor& tensor, const Port& port) {
  const bool bytes = tensor.type->family == Family::bytes;
  if (bytes != (kind == InputKind::text) && (kind == InputKind::text || kind == InputKind::image)) {
    return fail(Exit::data, fmt::format("input {}: {} where the model takes {}", tensor.name,
                                        tensor.type->name, port.datatype));
  }
  std::vector<int64_t> shape = tensor.shape;
  if (port.shape.size() == 1 && shape.size() == 2 && shape[1] == 1) shape.pop_back();  // a column of a matrix
  bool fits = shape.size() == port.shape.size();
  for (size_t at = 1; fits && at < shape.size(); ++at) fits = shape[at] == port.shape[at];
  if (fits && shape[0] > 0) return {};
  return fail(Exit::data, fmt::format("input {}: shape [{}], the model takes [{}]", tensor.name,
                                      fmt::join(tensor.shape, ","), fmt::join(port.shape, ",")));
}

Result<std::vector<const WireTensor*>> match_inputs(const Model& model, const InferRequest& request) {
  const std::vector<Port> ports = inputs_of(model);
  std::vector<const WireTensor*> matched;
  for (const Port& port : ports) {
    const auto found = std::find_if(request.inputs.begin(), request.inputs.end(),
                                    [&](const WireTensor& tensor) { return tensor.name == port.name; });
    if (found == request.inputs.end()) return fail(Exit::data, fmt::format("input {} is missing", port.name));
    TRY(check_input(model.network.input.kind, *found, port));
    if (!matched.empty() && found->shape[0] != matched.front()->shape[0]) {
      return fail(Exit::data,
                  fmt::format("inputs {} and {} differ in length", matched.front()->name, port.name));
    }
    matched.push_back(&*found);
  }
  if (request.inputs.size() == ports.size()) return matched;
  const auto stranger =
      std::find_if(request.inputs.begin(), request.inputs.end(), [&](const WireTensor& tensor) {
        return std::none_of(ports.begin(), ports.end(), [&](const Port& p) { return p.name == tensor.name; });
      });
  return fail(Exit::data, stranger == request.inputs.end()
                              ? std::string("an input is given twice")
                              : fmt::format("the model has no input \"{}\"", stranger->name));
}

// NCHW numbers 0–255 to interleaved bytes.
Result<Pixels> pixels_of(const ImagePreprocess& image, std::span<const double> planes) {
  Pixels pixels{.width = image.width, .height = image.height, .channels = image.channels, .data = {}};
  const auto area = static_cast<size_t>(image.width * image.height);
  const auto channels = static_cast<size_t>(image.channels);
  pixels.data.resize(planes.size());
  for (size_t channel = 0; channel < channels; ++channel) {
    for (size_t at = 0; at < area; ++at) {
      const double value = planes[channel * area + at];
      if (!(value >= 0 && value <= 255)) {
        return fail(Exit::data, fmt::format("input image: {} is not a pixel from 0 to 255", value));
      }
      pixels.data[at * channels + channel] = static_cast<uint8_t>(std::lround(value));
    }
  }
  return pixels;
}

struct OutputTensor {
  Port port;
  std::vector<float> numbers;
  std::vector<std::string> strings;
};

OutputTensor output_tensor(const Model& model, const Port& port, int64_t examples,
                           std::span<const float> rows) {
  OutputTensor tensor{port, {}, {}};
  tensor.port.shape[0] = examples;
  const size_t width = rows.size() / static_cast<size_t>(examples);
  for (size_t at = 0; at < rows.size(); at += width) {
    const std::span<const float> row = rows.subspan(at, width);
    if (port.name == "value") {
      tensor.numbers.push_back(static_cast<float>(value_of(model, row.front())));
    } else if (port.name == "label") {
      tensor.strings.push_back(
          model.classes[static_cast<size_t>(std::max_element(row.begin(), row.end()) - row.begin())]);
    } else {
      for (const double share : probabilities(row)) tensor.numbers.push_back(static_cast<float>(share));
    }
  }
  return tensor;
}

std::string binary_of(const OutputTensor& tensor) {
  std::string bytes(reinterpret_cast<const char*>(tensor.numbers.data()),
                    tensor.numbers.size() * sizeof(float));
  for (const std::string& text : tensor.strings) {
    const auto size = static_cast<uint32_t>(text.size());
    bytes.append(reinterpret_cast<const char*>(&size), sizeof size);
    bytes += text;
  }
  return bytes;
}

}  // namespace

Json model_metadata(const Model& model, const std::string& name, const std::string& version) {
  return {{"name", name},
          {"versions", {version}},
          {"platform", "mlctl_safetensors"},
          {"inputs", port_list(inputs_of(model))},
          {"outputs", port_list(outputs_of(model))}};
}

Result<std::vector<Example>> examples_of(const Model& model, const InferRequest& request) {
  const std::vector<const WireTensor*> inputs = TRY(match_inputs(model, request));
  const InputKind kind = model.network.input.kind;
  std::vector<Example> examples(static_cast<size_t>(inputs.front()->shape[0]));
  for (size_t at = 0; at < examples.size(); ++at) {
    if (kind == InputKind::image) {
      const size_t size = inputs.front()->numbers.size() / examples.size();
      examples[at].pixels =
          TRY(pixels_of(model.preprocess.image, std::span(inputs.front()->numbers).subspan(at * size, size)));
    } else if (kind == InputKind::text) {
      examples[at].text = inputs.front()->strings[at];
    } else {
      for (const WireTensor* tensor : inputs) examples[at].fields.push_back(cell_text(*tensor, at));
    }
  }
  return examples;
}

Result<HttpResponse> infer_response(const Model& model, const InferRequest& request, const std::string& name,
                                    const std::string& version, std::span<const float> outputs) {
  const std::vector<Port> ports = outputs_of(model);
  const auto examples = static_cast<int64_t>(outputs.size() / static_cast<size_t>(model.network.outputs));
  std::vector<WantedOutput> wanted = request.outputs;
  if (wanted.empty() || wanted.front().name.empty()) {
    const bool binary = !wanted.empty() && wanted.front().binary;
    wanted.clear();
    for (const Port& port : ports) wanted.push_back({port.name, binary});
  }
  Json document = {{"model_name", name}};
  if (!version.empty()) document["model_version"] = version;
  if (!request.id.empty()) document["id"] = request.id;
  Json& list = document["outputs"] = Json::array();
  std::string binary;
  for (const WantedOutput& want : wanted) {
    const auto port =
        std::find_if(ports.begin(), ports.end(), [&](const Port& each) { return each.name == want.name; });
    if (port == ports.end())
      return fail(Exit::data, fmt::format("the model has no output \"{}\"", want.name));
    const OutputTensor tensor = output_tensor(model, *port, examples, outputs);
    Json item = {{"name", port->name}, {"shape", tensor.port.shape}, {"datatype", port->datatype}};
    if (want.binary) {
      const std::string bytes = binary_of(tensor);
      item["parameters"] = {{"binary_data_size", bytes.size()}};
      binary += bytes;
    } else if (port->datatype == "BYTES") {
      item["data"] = tensor.strings;
    } else {
      item["data"] = tensor.numbers;
    }
    list.push_back(std::move(item));
  }
  std::string text = dump_json(document);
  if (binary.empty()) return HttpResponse{200, "application/json", std::move(text)};
  HttpHeaders headers = {{"inference-header-content-length", std::to_string(text.size())}};
  return HttpResponse{200, "application/octet-stream", std::move(text) + binary, std::move(headers)};
}

}  // namespace mlctl::serve
