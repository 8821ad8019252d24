#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "core/http/http_server.h"
#include "core/net/local_hosts.h"

namespace mlctl::serve {

namespace {

tl::unexpected<Error> listen_error(int number, const std::string& host, int port) {
  const std::string what = fmt::format("cannot listen on {}:{}: {}", host, port, std::strerror(number));
  if (number == EADDRINUSE) return fail(Exit::conflict, what, "choose another --port, or stop what uses it");
  if (number == EACCES) return fail(Exit::auth, what, "ports below 1024 need root: choose a higher --port");
  return fail(Exit::failed, what);
}

}  // namespace

Result<int> listen_on(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int looked = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (looked != 0) {
    return fail(Exit::usage, fmt::format("cannot resolve host \"{}\": {}", host, ::gai_strerror(looked)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return listen_error(errno, host, port);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // inherited by accepted sockets
  if (::bind(fd, found->ai_addr, found->ai_addrlen) != 0 || ::listen(fd, 1024) != 0) {
    const int number = errno;
    ::close(fd);
    return listen_error(number, host, port);
  }
  return fd;
}

std::string socket_address(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  std::string host(NI_MAXHOST, '\0'), port(NI_MAXSERV, '\0');
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::getsockname(fd, generic, &size) != 0 ||
      ::getnameinfo(generic, size, host.data(), NI_MAXHOST, port.data(), NI_MAXSERV,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return {};
  }
  host.resize(std::strlen(host.c_str()));
  port.resize(std::strlen(port.c_str()));
  return host.find(':') == std::string::npos ? host + ":" + port : "[" + host + "]:" + port;
}

bool is_local(int fd) {
  const std::string address = socket_address(fd);
  const size_t bracket = address.find(']');
  return is_loopback(bracket == std::string::npos ? address.substr(0, address.rfind(':'))
                                                  : address.substr(1, bracket - 1));
}

}  // namespace mlctl::serve
