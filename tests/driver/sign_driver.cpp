// Signs requests for the tests that compare our signatures with the vendors' own SDKs':
//   mlctl_sign_driver < REQUESTS
// Each line of stdin is a JSON object: form ("v4", "oss-v4", "oss-v1"), presigned, method, bucket, key,
// pathStyle, query and headers ([name, value] pairs, as they were before signing; text as latin-1 so that
// any bytes can be said), id, secret, token, region, service, time (Unix seconds), expires, payload,
// additional. The reply is the same request's {"query", "headers"} after signing.

#include <iostream>

#include <nlohmann/json.hpp>

#include "cloud/sign/oss.h"
#include "cloud/sign/sigv4.h"

using namespace mlctl;
using nlohmann::json;

namespace {

std::string bytes_of(const std::string& utf8) {
  std::string bytes;
  for (size_t at = 0; at < utf8.size(); ++at) {
    const auto c = static_cast<unsigned char>(utf8[at]);
    if (c < 0x80) {
      bytes += utf8[at];
    } else {
      bytes += static_cast<char>((c & 3) << 6 | (static_cast<unsigned char>(utf8[++at]) & 0x3f));
    }
  }
  return bytes;
}

std::string latin_of(const std::string& bytes) {
  std::string utf8;
  for (const char each : bytes) {
    const auto c = static_cast<unsigned char>(each);
    if (c < 0x80) {
      utf8 += each;
    } else {
      utf8 += static_cast<char>(0xc0 | c >> 6);
      utf8 += static_cast<char>(0x80 | (c & 0x3f));
    }
  }
  return utf8;
}

std::string text(const json& job, const char* name) {
  return bytes_of(job.value(name, std::string()));
}

std::vector<std::pair<std::string, std::string>> pairs(const json& job, const char* name) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const json& pair : job.value(name, json::array()))
    all.emplace_back(bytes_of(pair.at(0)), bytes_of(pair.at(1)));
  return all;
}

json listed(const std::vector<std::pair<std::string, std::string>>& pairs) {
  json all = json::array();
  for (const auto& [name, value] : pairs) all.push_back({latin_of(name), latin_of(value)});
  return all;
}

void sign(const json& job, StoreRequest& request) {
  const Credentials keys{text(job, "id"), text(job, "secret"), text(job, "token"), 0, "test"};
  const SigningScope scope{text(job, "region"), text(job, "service"), job.at("time").get<int64_t>() * 1000};
  const std::string form = job.at("form"), payload = job.value("payload", std::string(kUnsignedPayload));
  const int64_t expires = job.value("expires", int64_t{0});
  const auto additional = job.value("additional", std::vector<std::string>());
  const bool presigned = job.value("presigned", false);
  if (form == "v4") {
    if (presigned)
      presign_v4(request, keys, scope, expires, payload);
    else
      sign_v4(request, keys, scope, payload);
  } else if (form == "oss-v4") {
    if (presigned)
      presign_oss_v4(request, keys, scope, expires, additional);
    else
      sign_oss_v4(request, keys, scope, additional);
  } else if (presigned) {
    presign_oss_v1(request, keys, expires);
  } else {
    sign_oss_v1(request, keys, scope.time_millis);
  }
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const json job = json::parse(line);
    StoreRequest request;
    request.method = job.at("method");
    request.bucket = text(job, "bucket");
    request.key = text(job, "key");
    request.path_style = job.value("pathStyle", false);
    request.query = pairs(job, "query");
    request.headers = pairs(job, "headers");
    sign(job, request);
    std::cout << json{{"query", listed(request.query)}, {"headers", listed(request.headers)}}.dump() << '\n';
  }
}
