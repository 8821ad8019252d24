#include "cloud/http/proxy.h"

#include <doctest/doctest.h>

using namespace mlctl;

namespace {
std::string proxy_of(const std::map<std::string, std::string>& variables, bool tls) {
  const auto proxy = http::proxy_for(sys::Env{variables}, {tls, "store.example.com", "443"});
  REQUIRE(proxy);
  return *proxy ? (*proxy)->peer.host : "";
}
}  // namespace

TEST_CASE("a proxy is named by the variable of its scheme, in either case") {
  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) {
    CAPTURE(name);
    CHECK(proxy_of({{name, "http://proxy:3128"}}, false) == "proxy");
  }
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    CAPTURE(name);
    CHECK(proxy_of({{name, "proxy:3128"}}, true) == "proxy");
  }
  CHECK(proxy_of({{"HTTP_PROXY", "proxy:3128"}}, true).empty());
}

TEST_CASE("a CGI program's HTTP_PROXY is a header of whoever asks") {
  CHECK(proxy_of({{"HTTP_PROXY", "proxy:3128"}, {"REQUEST_METHOD", "GET"}}, false).empty());
  CHECK(proxy_of({{"http_proxy", "proxy:3128"}, {"REQUEST_METHOD", "GET"}}, false) == "proxy");
}

TEST_CASE("NO_PROXY exempts hosts and their domains") {
  for (const char* list : {"*", "example.com", ".example.com", "other, store.example.com"}) {
    CAPTURE(list);
    CHECK(proxy_of({{"HTTPS_PROXY", "proxy:3128"}, {"NO_PROXY", list}}, true).empty());
  }
  CHECK(proxy_of({{"HTTPS_PROXY", "proxy:3128"}, {"NO_PROXY", "ample.com"}}, true) == "proxy");
}
