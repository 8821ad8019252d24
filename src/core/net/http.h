#pragma once
// HTTP messages as values, shared by the server (core/serve) and the client (cloud). The client itself is an
// interface here, so that core can speak HTTP without knowing a network library.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace mlctl {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;  // names in lower case

// The first header of that name, or "".
std::string_view header(const HttpHeaders& headers, std::string_view lower_case_name);

struct HttpRequest {
  std::string method;  // "GET"
  std::string path;    // percent-decoded, always begins with '/'
  std::string query;   // as sent, without '?'
  HttpHeaders headers;
  std::string body;
  bool keep_alive = true;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  HttpHeaders headers{};  // beside content-type, content-length and connection
};

const char* http_reason(int status);  // "Not Found"

// Whether a request can be sent: text from elsewhere (a region, an ETag, a token) ends up in headers, and a
// line end in it would start a header of its own. A control character, or a header name that is no token →
// 2.
Result<> check_sendable(std::string_view method, std::string_view target, const HttpHeaders& headers);

// "%41" → "A"; a broken escape or a NUL fails (2).
Result<std::string> percent_decode(std::string_view text);

struct Url {
  std::string scheme;  // "http" or "https"
  std::string host;    // without brackets
  std::string port;    // "80", …
  std::string target;  // path and query, always begins with '/'
};
Result<Url> parse_url(const std::string& text);  // anything but http(s)://… → 2

// A client: one request, one response. Unreachable, refused, or cut off → 9; too slow → 13.
class Http {
 public:
  struct Call {
    std::string method = "GET";
    std::string url;
    HttpHeaders headers{};
    std::string body{};
    double timeout = 30;  // seconds, for the whole exchange
  };
  virtual ~Http() = default;
  virtual Result<HttpResponse> send(const Call& call) = 0;
};

}  // namespace mlctl
