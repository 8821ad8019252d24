#include "cloud/http/proxy.h"

#include <fmt/format.h>

#include "core/base/base64.h"
#include "core/base/strings.h"
#include "core/net/http.h"

namespace mlctl::http {

namespace {

// "example.com" takes its subdomains too, as does ".example.com".
bool is_exempt(const std::string& list, const std::string& host) {
  for (const std::string& entry : split(list, ',')) {
    const std::string name = to_lower(trim(entry));
    if (name.empty()) continue;
    if (name == "*" || name == host) return true;
    const std::string domain = name.front() == '.' ? name : "." + name;
    if (host.ends_with(domain) || "." + host == domain) return true;
  }
  return false;
}

// "http://user:secret@host:3128", the scheme and the user being optional.
Result<Proxy> parse_proxy(std::string text) {
  if (text.find("://") == std::string::npos) text = "http://" + text;
  Proxy proxy;
  if (const size_t at = text.rfind('@'); at != std::string::npos) {
    const size_t begin = text.find("://") + 3;
    const std::string user = TRY(percent_decode(text.substr(begin, at - begin)));
    proxy.authorization = "Basic " + base64_encode(user);
    text.erase(begin, at + 1 - begin);
  }
  const Result<Url> url = parse_url(text);
  if (!url || url->scheme != "http") {
    return fail(Exit::usage, fmt::format("the proxy {} is not an http:// URL", text),
                "check HTTP_PROXY, HTTPS_PROXY and ALL_PROXY");
  }
  proxy.peer = {false, url->host, url->port};
  return proxy;
}

}  // namespace

Result<std::unique_ptr<Proxy>> proxy_for(const sys::Env& env, const Peer& peer) {
  // In a CGI program HTTP_PROXY is a header of whoever asks (httpoxy.org).
  const bool theirs = !peer.tls && env.get("REQUEST_METHOD");
  const std::string named = peer.tls ? env.first_of({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
                            : theirs ? env.first_of({"http_proxy", "all_proxy", "ALL_PROXY"})
                                     : env.first_of({"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"});
  if (named.empty() || is_exempt(env.first_of({"no_proxy", "NO_PROXY"}), to_lower(peer.host)))
    return std::unique_ptr<Proxy>();
  return std::make_unique<Proxy>(TRY(parse_proxy(named)));
}

}  // namespace mlctl::http
