#include "core/http/error_response.h"

#include "core/text/json.h"

namespace mlctl::serve {

using Json = nlohmann::ordered_json;

HttpResponse error_response(int status, const std::string& message, const std::string& hint) {
  constexpr size_t kLongest = 2000;  // it may quote a value of megabytes
  Json document = {{"error", message.size() > kLongest ? message.substr(0, kLongest) + "…" : message}};
  if (!hint.empty()) document["hint"] = hint;
  HttpResponse response{status, "application/json", dump_json(document)};
  if (status == 429 || status == 503) response.headers.emplace_back("retry-after", "1");
  if (status == 401) response.headers.emplace_back("www-authenticate", "Bearer");
  return response;
}

}  // namespace mlctl::serve
