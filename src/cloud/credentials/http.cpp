#include "cloud/credentials/http.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "core/net/local_hosts.h"

namespace mlctl {

namespace {

bool is_own(const std::string& host) {
  static constexpr std::array<std::string_view, 4> kMetadata = {
      "fd00:ec2::254", "fd00:ec2::23", "100.100.100.200", "metadata.google.internal"};
  return is_loopback(host) || is_link_local(host) ||
         std::find(kMetadata.begin(), kMetadata.end(), host) != kMetadata.end();
}

class KeysHttp : public Http {
 public:
  KeysHttp(wire::Options options, sys::Env env) : options_(std::move(options)), env_(std::move(env)) {}

  Result<HttpResponse> send(const Call& call) override {
    const Url url = TRY(parse_url(call.url));
    const wire::Peer peer{url.scheme == "https", url.host, url.port};
    wire::Options options = options_;
    options.connect_timeout = std::min(options.connect_timeout, call.timeout);
    options.idle_timeout = call.timeout;
    wire::Pool pool(options, is_own(url.host) ? sys::Env{} : env_);
    wire::Request request{call.method, url.target, call.headers, call.body, call.method != "GET"};
    const bool usual = url.port == (peer.tls ? "443" : "80");
    const std::string host = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
    if (header(call.headers, "host").empty())
      request.headers.emplace_back("host", usual ? host : host + ":" + url.port);
    request.headers.emplace_back("user-agent", "mlctl");
    request.headers.emplace_back("connection", "close");
    wire::Response response = TRY(pool.send(peer, std::move(request), nullptr));
    std::string type(header(response.headers, "content-type"));
    return HttpResponse{response.status, std::move(type), std::move(response.body),
                        std::move(response.headers)};
  }

 private:
  wire::Options options_;
  sys::Env env_;
};

}  // namespace

std::unique_ptr<Http> make_keys_http(wire::Options options, sys::Env env) {
  return std::make_unique<KeysHttp>(std::move(options), std::move(env));
}

}  // namespace mlctl
