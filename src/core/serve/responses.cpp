#include "core/serve/responses.h"

#include "core/text/json.h"

namespace mlctl::serve {

namespace {

using Json = nlohmann::ordered_json;

int status_of(Exit code) {
  switch (code) {
    case Exit::data:
    case Exit::usage:
      return 400;
    case Exit::not_found:
      return 404;
    case Exit::timeout:
      return 503;
    case Exit::resource:
      return 413;  // of reading a body: a limit of its size, in whatever unit
    default:
      return 500;
  }
}

}  // namespace

HttpResponse response_of(const Error& error) {
  return error_response(status_of(error.code), sentence(error), error.hint);
}

HttpResponse failed_run(const Error& error) {
  const bool later = error.code == Exit::timeout || error.code == Exit::resource;
  return error_response(later ? 503 : 500, sentence(error), error.hint);
}

HttpResponse predict_response(const Model& model, const InputTexts& inputs, std::span<const float> outputs) {
  constexpr std::string_view kNoInput = R"({"input":null)";
  const auto width = static_cast<size_t>(model.network.outputs);
  std::string lines;
  for (size_t at = 0; at < inputs.size(); ++at) {
    const std::string line = dump_json(prediction(model, nullptr, outputs.subspan(at * width, width)));
    lines += R"({"input":)";
    lines += inputs[at];
    lines += std::string_view(line).substr(kNoInput.size());
    lines += '\n';
  }
  return {200, inputs.size() == 1 ? "application/json" : "application/x-ndjson", std::move(lines)};
}

}  // namespace mlctl::serve
