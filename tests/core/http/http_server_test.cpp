#include "core/http/http_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <new>
#include <stdexcept>
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

TEST_CASE("where there is no room an idle connection makes way for a new one") {
  const int fd = *listen_on("127.0.0.1", 0);
  const std::string address = socket_address(fd);
  HttpServer::Options options{.threads = 1};
  options.limits.connections = 2;
  options.limits.idle_for_certain_seconds = 0;
  auto server = *HttpServer::start(
      fd,
      [](HttpRequest&&, HttpServer::Reply) {
        return HttpResponse{200, "text/plain", "ok"};
      },
      options);
  const int idle = connect_to(address), busy = connect_to(address);
  while (server->connections() < 2) std::this_thread::yield();
  send_text(busy, "GET / HTTP/1.1\r\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const int late = connect_to(address);
  send_text(late, kLastGet);
  CHECK(read_all(late).ends_with("ok"));
  CHECK(read_all(idle).empty());
  send_text(busy, "Host: a\r\nConnection: close\r\n\r\n");
  CHECK(read_all(busy).ends_with("ok"));
}

TEST_CASE("what a handler throws is an answer, and the next request is served") {
  const int fd = *listen_on("127.0.0.1", 0);
  const std::string address = socket_address(fd);
  std::atomic<int> told = 0;
  HttpServer::Options options{.threads = 1};
  options.trouble = [&](const std::string&) { ++told; };
  options.admit = [](const HttpRequest& head) -> std::optional<HttpResponse> {
    if (head.path == "/admit") throw std::runtime_error("at the door");
    return std::nullopt;
  };
  auto server = *HttpServer::start(
      fd,
      [](HttpRequest&& request, HttpServer::Reply) -> std::optional<HttpResponse> {
        if (request.path == "/memory") throw std::bad_alloc();
        if (request.path == "/odd") throw 7;
        throw std::runtime_error("inside");
      },
      options);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"/memory", "HTTP/1.1 503 "}, {"/odd", "HTTP/1.1 500 "}, {"/other", "HTTP/1.1 500 "}};
  for (const auto& [path, status] : cases) {
    const int client = connect_to(address);
    send_text(client, "GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    CHECK(read_all(client).starts_with(status));
  }
  const int client = connect_to(address);
  send_text(client, "POST /admit HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n");
  CHECK(read_all(client).starts_with("HTTP/1.1 500 "));
  CHECK(told == 4);
}

TEST_CASE("pipelined requests of one connection are answered in order over many turns") {
  const int fd = *listen_on("127.0.0.1", 0);
  const std::string address = socket_address(fd);
  std::atomic<int> count = 0;
  auto server =
      *HttpServer::start(fd,
                         [&](HttpRequest&&, HttpServer::Reply) {
                           return HttpResponse{200, "text/plain", "<" + std::to_string(++count) + ">"};
                         },
                         {.threads = 1});
  const int client = connect_to(address);
  std::string many;
  for (int at = 1; at < 40; ++at) many += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  send_text(client, many + kLastGet);
  const std::string got = read_all(client);
  CHECK(count == 40);
  CHECK(got.ends_with("<40>"));
}

TEST_CASE("where descriptors run out new connections are refused, and old ones served") {
  const int fd = *listen_on("127.0.0.1", 0);
  const std::string address = socket_address(fd);
  std::atomic<int> told = 0;
  HttpServer::Options options{.threads = 1};
  options.limits.idle_for_certain_seconds = 60;
  options.trouble = [&](const std::string&) { ++told; };
  auto server = *HttpServer::start(
      fd,
      [](HttpRequest&&, HttpServer::Reply) {
        return HttpResponse{200, "text/plain", "ok"};
      },
      options);
  rlimit usual{};
  ::getrlimit(RLIMIT_NOFILE, &usual);
  const rlimit few{256, usual.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &few);
  const int old = connect_to(address), late = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  while (server->connections() == 0) std::this_thread::yield();
  std::vector<int> taken;
  for (int copy = 0; (copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0)) >= 0;) taken.push_back(copy);
  sockaddr_in target{};
  socklen_t size = sizeof target;
  REQUIRE(::getpeername(old, reinterpret_cast<sockaddr*>(&target), &size) == 0);
  REQUIRE(::connect(late, reinterpret_cast<sockaddr*>(&target), size) == 0);
  CHECK(read_all(late).starts_with("HTTP/1.1 503 "));
  send_text(old, kLastGet);
  CHECK(read_all(old).ends_with("ok"));
  for (const int copy : taken) ::close(copy);
  ::setrlimit(RLIMIT_NOFILE, &usual);
  CHECK(told == 1);
  const int again = connect_to(address);
  send_text(again, kLastGet);
  CHECK(read_all(again).ends_with("ok"));
}

TEST_CASE("a port in use is a conflict") {
  const int fd = *listen_on("127.0.0.1", 0);
  const std::string address = socket_address(fd);
  const Result<int> second = listen_on("127.0.0.1", static_cast<int>(*parse_int(address.substr(10))));
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Exit::conflict);
  ::close(fd);
}
