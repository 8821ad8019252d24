// Answers of stores, token services and endpoints, through the client's own connection.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cloud/http/exchange.h"
#include "fuzz/fuzz.h"

using namespace mlctl;

namespace {

// A server that has already answered when it is asked.
class Server {
 public:
  Server() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    fuzz::claim(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                    ::listen(listener_, 1) == 0 &&
                    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0,
                "there is a port to listen on");
    peer_ = {false, "127.0.0.1", std::to_string(ntohs(address.sin_port))};
  }
  const http::Peer& peer() const { return peer_; }
  int say(std::string_view bytes) const {
    const int client = ::accept(listener_, nullptr, nullptr);
    (void)!::write(client, bytes.data(), bytes.size());
    ::shutdown(client, SHUT_WR);
    return client;
  }

 private:
  int listener_;
  http::Peer peer_;
};

// Resets the connection: nothing is left waiting to be closed for good.
void hang_up(int client) {
  const linger at_once{1, 0};
  ::setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(client);
}

}  // namespace

FUZZ(input) {
  static const Server server;
  const size_t way = fuzz::choose(input, 4);
  auto connection = http::Connection::open(server.peer(), {}, nullptr, nullptr);
  if (!connection) return;
  const int client = server.say(input);
  std::string body;
  const http::Sink sink{{}, [&](std::string_view bytes) -> Result<> {
                          body += bytes;
                          return {};
                        }};
  http::Progress progress;
  const http::Request request{way % 2 == 0 ? "GET" : "HEAD", "/", {{"host", "x"}}};
  const auto response = http::exchange(**connection, request, way < 2 ? &sink : nullptr, progress);
  hang_up(client);
  fuzz::claim(body.size() <= input.size(), "a body is no larger than what came");
  if (!response) return;
  fuzz::claim(response->body.size() <= input.size(), "a kept body is no larger than what came");
  fuzz::claim(response->status >= 200 && response->status < 1000, "an answer has a final status");
  for (const auto& [name, value] : response->headers)
    fuzz::claim(value.find_first_of("\r\n") == std::string::npos, "a header is one line");
}
