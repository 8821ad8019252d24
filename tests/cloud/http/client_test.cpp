#include "cloud/http/client.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <string>

#include "core/http/http_server.h"

using namespace mlctl;

namespace {

struct Server {
  explicit Server(serve::HttpServer::Handler handler) {
    const int fd = *serve::listen_on("127.0.0.1", 0);
    url = "http://" + serve::socket_address(fd);
    server = *serve::HttpServer::start(fd, std::move(handler), {.threads = 1});
  }
  std::string url;
  std::unique_ptr<serve::HttpServer> server;
};

}  // namespace

TEST_CASE("a call carries method, path, query, headers and body there and the answer back") {
  HttpRequest seen;
  Server server([&](HttpRequest&& request, const auto&) {
    seen = std::move(request);
    return HttpResponse{201, "text/plain", "hello", {{"x-a", "b"}}};
  });
  const auto client = http::make_client({}, {});
  const Result<HttpResponse> answer =
      client->send({"POST", server.url + "/p?q=1", {{"x-token", "t"}}, "body"});
  REQUIRE(answer);
  CHECK(answer->status == 201);
  CHECK(answer->body == "hello");
  CHECK(answer->content_type == "text/plain");
  CHECK(header(answer->headers, "x-a") == "b");
  CHECK(seen.method == "POST");
  CHECK(seen.path == "/p");
  CHECK(seen.query == "q=1");
  CHECK(seen.body == "body");
  CHECK(header(seen.headers, "x-token") == "t");
}

TEST_CASE("calls share one connection, and outlive its end") {
  Server server([](HttpRequest&&, const auto&) { return HttpResponse{200, "text/plain", "ok"}; });
  const auto client = http::make_client({}, {});
  for (int at = 0; at < 3; ++at) REQUIRE(client->send({"GET", server.url}));
  CHECK(server.server->connections() == 1);
}

TEST_CASE("what cannot be reached is a network error, and what does not answer a timeout") {
  const auto client = http::make_client({}, {});
  const int fd = *serve::listen_on("127.0.0.1", 0);  // nobody accepts
  const std::string url = "http://" + serve::socket_address(fd);
  const Result<HttpResponse> slow = client->send({.url = url, .timeout = 0.05});
  REQUIRE_FALSE(slow);
  CHECK(slow.error().code == Exit::timeout);
  ::close(fd);
  const Result<HttpResponse> refused = client->send({.url = url});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Exit::network);
}
