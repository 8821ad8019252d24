#include "cloud/http/client.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/net/local_hosts.h"

namespace mlctl::http {

namespace {

bool is_own(const std::string& host) {
  static constexpr std::array<std::string_view, 4> kMetadata = {
      "fd00:ec2::254", "fd00:ec2::23", "100.100.100.200", "metadata.google.internal"};
  return is_loopback(host) || is_link_local(host) ||
         std::find(kMetadata.begin(), kMetadata.end(), host) != kMetadata.end();
}

class Client : public Http {
 public:
  Client(ClientOptions options, sys::Env env)
      : hint_(std::move(options.unreachable_hint)),
        keeps_(options.keeps_connections),
        pool_(std::move(options.http), std::move(env)) {}

  Result<HttpResponse> send(const Call& call) override {
    const Url url = TRY(parse_url(call.url));
    const Peer peer{url.scheme == "https", url.host, url.port};
    Request request{call.method, url.target, call.headers, call.body,
                    call.method != "GET" && call.method != "HEAD"};
    request.timeout = call.timeout;
    request.direct = is_own(url.host);
    const bool usual = url.port == (peer.tls ? "443" : "80");
    const std::string host = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
    if (header(call.headers, "host").empty())
      request.headers.emplace_back("host", usual ? host : host + ":" + url.port);
    request.headers.emplace_back("user-agent", "mlctl");
    if (!keeps_) request.headers.emplace_back("connection", "close");
    Result<Response> response = pool_.send(peer, std::move(request), nullptr);
    if (!response) {
      Error error = response.error();
      if (!hint_.empty() && error.message.starts_with("cannot reach")) error.hint = hint_;
      return fail(std::move(error));
    }
    std::string type(header(response->headers, "content-type"));
    return HttpResponse{response->status, std::move(type), std::move(response->body),
                        std::move(response->headers)};
  }

 private:
  std::string hint_;
  bool keeps_;
  Pool pool_;
};

}  // namespace

std::unique_ptr<Http> make_client(ClientOptions options, sys::Env env) {
  return std::make_unique<Client>(std::move(options), std::move(env));
}

}  // namespace mlctl::http
