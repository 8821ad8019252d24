#include "core/serve/http_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "core/base/strings.h"

using namespace mlctl;
using namespace mlctl::serve;

namespace {

int connect_to(const std::string& address) {
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(static_cast<uint16_t>(*parse_int(address.substr(address.rfind(':') + 1))));
  ::inet_pton(AF_INET, "127.0.0.1", &target.sin_addr);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&target), sizeof target) == 0);
  return fd;
}

void send_text(int fd, std::string_view text) {
  REQUIRE(::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
}

// Everything until the server closes.
std::string read_all(int fd) {
  std::string all(4096, '\0');
  size_t size = 0;
  for (ssize_t got = 1; got > 0; size += static_cast<size_t>(std::max<ssize_t>(got, 0))) {
    got = ::recv(fd, all.data() + size, all.size() - size, 0);
  }
  all.resize(size);
  ::close(fd);
  return all;
}

const std::string kLastGet = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

}  // namespace

TEST_CASE("answers given at once and later, from another thread, reach their clients") {
  std::vector<std::thread> threads;
  const int fd = *listen_on("127.0.0.1", 0);
  const std::string address = socket_address(fd);
  auto server = *HttpServer::start(
      fd,
      [&](HttpRequest&& request, HttpServer::Reply reply) -> std::optional<HttpResponse> {
        if (request.path == "/now") return HttpResponse{200, "text/plain", "now"};
        threads.emplace_back([reply = std::move(reply)] { reply({200, "text/plain", "later"}); });
        return std::nullopt;
      },
      {.threads = 1});
  const int client = connect_to(address);
  send_text(client, "GET /now HTTP/1.1\r\nHost: a\r\n\r\n" + kLastGet);
  const std::string got = read_all(client);
  CHECK(got.find("\r\n\r\nnow") != std::string::npos);
  CHECK(got.ends_with("\r\n\r\nlater"));
  for (std::thread& thread : threads) thread.join();
}

TEST_CASE("draining answers what is in flight before it ends") {
  HttpServer::Reply pending;
  std::atomic<bool> arrived = false;
  const int fd = *listen_on("127.0.0.1", 0);
  const std::string address = socket_address(fd);
  auto server =
      *HttpServer::start(fd,
                         [&](HttpRequest&&, HttpServer::Reply reply) -> std::optional<HttpResponse> {
                           pending = std::move(reply);
                           arrived = true;
                           return std::nullopt;
                         },
                         {.threads = 1});
  const int client = connect_to(address);
  send_text(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  while (!arrived) std::this_thread::yield();
  CHECK_FALSE(server->drain(0, 0.02));
  pending({200, "text/plain", "done"});
  const std::string got = read_all(client);
  CHECK(got.find("connection: close") != std::string::npos);
  CHECK(got.ends_with("done"));
  CHECK(server->drain(0, 10));
}

TEST_CASE("after it stopped accepting, connections wait for another who listens on the same socket") {
  std::atomic<int> taken = 0;
  const auto answer_as = [&](const char* who) {
    return [&taken, who](HttpRequest&&, HttpServer::Reply) {
      ++taken;
      return HttpResponse{200, "text/plain", who};
    };
  };
  const int fd = *listen_on("127.0.0.1", 0), copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  const std::string address = socket_address(fd);
  auto old = *HttpServer::start(fd, answer_as("old"), {});
  old->stop_accepting();
  std::vector<int> clients;
  for (int at = 0; at < 20; ++at) clients.push_back(connect_to(address));
  for (const int client : clients) send_text(client, kLastGet);
  CHECK(old->drain(0, 10));
  CHECK(taken == 0);
  auto next = *HttpServer::start(copy, answer_as("next"), {});
  for (const int client : clients) CHECK(read_all(client).ends_with("next"));
}

TEST_CASE("connections past the limit are told so") {
  const int fd = *listen_on("127.0.0.1", 0);
  const std::string address = socket_address(fd);
  HttpServer::Options options{.threads = 1};
  options.limits.connections = 1;
  auto server = *HttpServer::start(
      fd,
      [](HttpRequest&&, HttpServer::Reply) {
        return HttpResponse{200, "text/plain", "ok"};
      },
      options);
  const int first = connect_to(address);
  send_text(first, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  char byte = 0;
  REQUIRE(::recv(first, &byte, 1, 0) == 1);
  CHECK(read_all(connect_to(address)).starts_with("HTTP/1.1 503 "));
  ::close(first);
}

TEST_CASE("a port in use is a conflict") {
  const int fd = *listen_on("127.0.0.1", 0);
  const std::string address = socket_address(fd);
  const Result<int> second = listen_on("127.0.0.1", static_cast<int>(*parse_int(address.substr(10))));
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Exit::conflict);
  ::close(fd);
}
