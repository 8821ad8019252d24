#include "cloud/http/pool.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "core/http/http_server.h"
#include "fakes/tls_server.h"

using namespace mlctl;
using test::Identity;
using test::make_identity;

namespace {

struct Listener {
  int fd = *serve::listen_on("127.0.0.1", 0);
  Listener() { ::fcntl(fd, F_SETFL, 0); }  // accepting waits
  ~Listener() { ::close(fd); }
  http::Peer peer(bool tls = false) const {
    const std::string address = serve::socket_address(fd);
    return {tls, "127.0.0.1", address.substr(address.rfind(':') + 1)};
  }
};

http::Request get() {
  return {"GET", "/", {{"host", "test"}}};
}

// A server of one connection, which says `pieces` with pauses between them once it was asked.
std::thread say(const Listener& listener, std::vector<std::string> pieces, int pause_millis) {
  return std::thread([fd = listener.fd, pieces = std::move(pieces), pause_millis] {
    const int connection = ::accept(fd, nullptr, nullptr);
    char request[4096];
    static_cast<void>(::recv(connection, request, sizeof request, 0));
    for (const std::string& piece : pieces) {
      if (::send(connection, piece.data(), piece.size(), MSG_NOSIGNAL) < 0) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(pause_millis));
    }
    ::close(connection);
  });
}

}  // namespace

TEST_CASE("a server that dribbles bytes is left at the deadline") {
  const Listener listener;
  std::vector<std::string> pieces = {"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"};
  pieces.insert(pieces.end(), 40, "x");
  std::thread server = say(listener, std::move(pieces), 50);
  http::Pool pool({}, {});
  http::Request request = get();
  request.timeout = 0.3;
  const auto response = pool.send(listener.peer(), request, nullptr);
  REQUIRE_FALSE(response);
  CHECK(response.error().code == Exit::timeout);
  CHECK(response.error().message.find("did not answer within") != std::string::npos);
  server.join();
}

TEST_CASE("Ctrl-C ends a wait, for the connection as for the answer") {
  const Listener listener;  // nobody accepts
  sys::StopFlag stop;
  http::Options options;
  options.stop = &stop;
  http::Pool pool(options, {});
  std::thread impatient([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    stop.raise(2);
  });
  const auto response = pool.send(listener.peer(), get(), nullptr);
  impatient.join();
  REQUIRE_FALSE(response);
  CHECK(response.error().code == Exit::sigint);
}

TEST_CASE("an upgraded connection carries the other protocol's bytes, both ways") {
  const Listener listener;
  std::thread server = say(
      listener,
      {"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nfirst ", "second"}, 20);
  http::Pool pool({}, {});
  http::Request request = get();
  request.headers.emplace_back("connection", "upgrade");
  request.headers.emplace_back("upgrade", "x");
  const auto upgraded = pool.upgrade(listener.peer(), request);
  REQUIRE(upgraded);
  CHECK(upgraded->answer.response.status == 101);
  REQUIRE(upgraded->connection != nullptr);
  CHECK(upgraded->connection->send("mine", {}));
  std::string text = upgraded->answer.rest;
  char bytes[100];
  for (auto got = upgraded->connection->receive(bytes, sizeof bytes); got && *got > 0;
       got = upgraded->connection->receive(bytes, sizeof bytes))
    text.append(bytes, *got);
  CHECK(text == "first second");
  server.join();
}

TEST_CASE("a refused upgrade is an answer, and 101 that nobody asked for is a broken one") {
  for (const bool asked : {true, false}) {
    CAPTURE(asked);
    const Listener listener;
    std::thread server = say(listener,
                             {asked ? "HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno"
                                    : "HTTP/1.1 101 Switching Protocols\r\n\r\nx"},
                             0);
    http::Pool pool({}, {});
    if (asked) {
      const auto refused = pool.upgrade(listener.peer(), get());
      REQUIRE(refused);
      CHECK(refused->answer.response.status == 403);
      CHECK(refused->answer.response.body == "no");
      CHECK(refused->connection == nullptr);
    } else {
      const auto broken = pool.send(listener.peer(), get(), nullptr);
      REQUIRE_FALSE(broken);
      CHECK(broken.error().code == Exit::network);
    }
    server.join();
  }
}

TEST_CASE("a peer is believed by the authority and the name that were given, and sees our certificate") {
  const Identity own = make_identity("kubernetes"), client = make_identity("me"),
                 other = make_identity("other");
  struct {
    const char* what;
    http::TlsOptions tls;
    std::string expected;  // of the body, or of the error's message
  } const cases[] = {
      {"right", {.ca_pem = own.certificate_pem, .server_name = "kubernetes"}, "hello, stranger"},
      {"no authority", {.server_name = "kubernetes"}, "not to be trusted"},
      {"another authority",
       {.ca_pem = other.certificate_pem, .server_name = "kubernetes"},
       "not to be trusted"},
      {"another name", {.ca_pem = own.certificate_pem}, "not to be trusted"},
      {"whoever it is", {.verify = false}, "hello, stranger"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.what);
    const Listener listener;
    const test::TlsServer server(listener.fd, own, "");
    http::Options options;
    options.tls = each.tls;
    http::Pool pool(options, {});
    const auto response = pool.send(listener.peer(true), get(), nullptr);
    const std::string said = response ? response->body : response.error().message;
    CHECK(said.find(each.expected) != std::string::npos);
  }
  for (const bool shown : {true, false}) {
    CAPTURE(shown);
    const Listener listener;
    const test::TlsServer server(listener.fd, own, client.certificate_pem);
    http::Options options;
    options.tls = {.ca_pem = own.certificate_pem, .server_name = "kubernetes"};
    if (shown) {
      options.tls.certificate_pem = client.certificate_pem;
      options.tls.key_pem = client.key_pem;
    }
    http::Pool pool(options, {});
    const auto response = pool.send(listener.peer(true), get(), nullptr);
    CHECK(response.has_value() == shown);
    if (shown) CHECK(response->body == "hello, friend");
  }
}

TEST_CASE("certificates and keys that can't be used are named") {
  const Identity mine = make_identity("me"), other = make_identity("other");
  struct {
    http::TlsOptions tls;
    const char* message;
  } const cases[] = {
      {{.ca_pem = "rubbish"}, "there is no certificate in the certificate authority's data"},
      {{.certificate_pem = "rubbish", .key_pem = mine.key_pem},
       "there is no certificate in the client certificate's data"},
      {{.certificate_pem = mine.certificate_pem, .key_pem = "rubbish"},
       "the client certificate's key can't be read, or has a passphrase"},
      {{.certificate_pem = mine.certificate_pem, .key_pem = other.key_pem},
       "the key is not the client certificate's"},
      {{.ca_file = "/nowhere/ca.pem"}, "cannot read certificates from /nowhere/ca.pem"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.message);
    const auto made = http::Tls::make(each.tls);
    REQUIRE_FALSE(made);
    CHECK(made.error().code == Exit::manifest);
    CHECK(made.error().message == each.message);
  }
}
