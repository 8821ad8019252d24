#include "core/serve/remote.h"

#include <cmath>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/text/json.h"

namespace mlctl::serve {

namespace {

using Json = nlohmann::ordered_json;

tl::unexpected<Error> malformed(const std::string& where, const char* key, const char* wanted) {
  return fail(Exit::network,
              fmt::format("it does not answer like an mlctl endpoint: \"{}\" is not {}", key, wanted),
              "check the URL, and that it is an endpoint of mlctl's", where);
}

// The kind of example that a server's metadata describes.
Result<InputKind> kind_of(const Json& document, const std::string& where) {
  return decode_json(where, Exit::network, [&]() -> Result<InputKind> {
    const Json& models = document.at("models");
    if (!models.is_array() || models.size() != 1) return malformed(where, "models", "a list of one");
    const Json& inputs = models[0].at("inputs");
    if (!inputs.is_array()) return malformed(where, "inputs", "a list");
    std::vector<std::string> names;
    for (const Json& input : inputs) names.push_back(input.at("name").get<std::string>());
    const auto is_shape = [](const Json& shape) { return shape.is_array() && shape.size() == 4; };
    if (names == std::vector<std::string>{"image"} && is_shape(inputs[0].at("shape")))
      return InputKind::image;
    if (names == std::vector<std::string>{"text"}) return InputKind::text;
    if (names == std::vector<std::string>{"user", "item"}) return InputKind::ratings;
    return InputKind::table;
  });
}

Exit code_of(int status) {
  if (status == 401 || status == 403) return Exit::auth;
  if (status == 404) return Exit::not_found;
  if (status == 408) return Exit::timeout;
  if (status == 429 || status == 503 || status < 400) return Exit::network;
  return status < 500 ? Exit::data : Exit::failed;
}

Error refusal(const HttpResponse& response, const std::string& url) {
  const Json document = parse_json(response.body, url, Exit::network).value_or(Json());
  std::string message = fmt::format("{} answered {} {}", url, response.status, http_reason(response.status));
  std::string where, hint;
  if (document.is_object() && document.value("hint", Json()).is_string())
    hint = document["hint"].get<std::string>();
  if (document.is_object() && document.value("error", Json()).is_string()) {
    message = document["error"].get<std::string>();
    // "body:3: message" or "body[2]: message"
    const size_t colon = message.find(": ");
    if (message.starts_with("body") && colon != std::string::npos) {
      where = message.substr(0, colon);
      message.erase(0, colon + 2);
    }
  }
  Error error{code_of(response.status), std::move(message), std::move(where), std::move(hint), {}};
  if (error.code == Exit::auth) error.hint = "give the endpoint's token with --token-file";
  return error;
}

HttpHeaders headers_for(const RemoteModel& remote) {
  HttpHeaders headers;
  if (!remote.token.empty()) headers.emplace_back("authorization", "Bearer " + remote.token);
  return headers;
}

}  // namespace

Result<Json> read_answer(std::string_view line, const std::string& where) {
  Json answer = TRY(parse_json(line, where, Exit::network));
  if (!answer.is_object()) return malformed(where, "a line", "a map");
  if (!answer.contains("input")) return malformed(where, "input", "there");
  const auto finite = [&](const char* key) {
    return answer[key].is_number() && std::isfinite(answer[key].get<double>());
  };
  if (answer.contains("value")) {  // a date is a text, a number that does not exist null
    const Json& value = answer["value"];
    return value.is_string() || value.is_null() || finite("value")
               ? Result<Json>(std::move(answer))
               : malformed(where, "value", "a number or a text");
  }
  if (!answer.contains("label") || !answer["label"].is_string()) return malformed(where, "label", "a text");
  if (!answer.contains("score") || !finite("score")) return malformed(where, "score", "a number");
  return answer;
}

Result<RemoteModel> open_remote(Http& http, std::string url, std::string token) {
  while (url.ends_with('/')) url.pop_back();
  RemoteModel remote{.url = std::move(url), .token = std::move(token)};
  const HttpResponse response =
      TRY(http.send({.url = remote.url + "/v2/models", .headers = headers_for(remote), .timeout = 10}));
  if (response.status != 200) return fail(refusal(response, remote.url));
  const std::string where = remote.url + "/v2/models";
  const Json document = TRY(parse_json(response.body, where, Exit::network));
  remote.kind = TRY(kind_of(document, where));
  return remote;
}

Result<std::vector<nlohmann::ordered_json>> answer_remotely(Http& http, const RemoteModel& remote,
                                                            const InputChunk& chunk,
                                                            const std::function<void(double)>& sleep) {
  Http::Call call{"POST", remote.url + "/predict", headers_for(remote), chunk.bytes};
  call.headers.emplace_back("content-type", content_type(chunk));
  call.timeout = 60;
  HttpResponse response = TRY(http.send(call));
  for (double wait = 0.1; (response.status == 429 || response.status == 503) && wait < 5; wait *= 2) {
    sleep(wait);
    response = TRY(http.send(call));
  }
  if (response.status != 200) return fail(in_input(refusal(response, remote.url), chunk));
  std::vector<nlohmann::ordered_json> answers;
  for (const std::string& line : split(response.body, '\n')) {
    if (line.empty()) continue;
    answers.push_back(TRY(read_answer(line, call.url)));
    if (chunk.whole_file) answers.back()["input"] = chunk.name;
  }
  return answers;
}

}  // namespace mlctl::serve
