#include "cloud/http/connection.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace mlctl::http {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_until(Clock::time_point end) {
  return std::chrono::duration<double>(end - Clock::now()).count();
}

// How long a wait may take, and what else ends it.
struct Patience {
  double seconds;
  std::optional<Deadline> deadline;
  const sys::StopFlag* stop;
};

// 0 when the socket is ready, else an errno: ETIMEDOUT when it was not in time, ETIME when the deadline has
// passed, ECANCELED when somebody asked to stop.
int await(int socket, short events, const Patience& patience) {
  constexpr double kSlice = 0.1;  // seconds between looks at the flag
  const auto end = Clock::now() + std::chrono::milliseconds(static_cast<int64_t>(patience.seconds * 1e3));
  for (;;) {
    if (patience.stop != nullptr && *patience.stop) return ECANCELED;
    const double left = seconds_until(end);
    const double until_deadline = patience.deadline ? seconds_until(patience.deadline->at) : left;
    const double slice = patience.stop != nullptr ? std::min(left, kSlice) : left;
    pollfd entry{socket, events, 0};
    const int ready =
        ::poll(&entry, 1, static_cast<int>(std::max(0.0, std::min(slice, until_deadline)) * 1e3) + 1);
    if (ready > 0) return 0;
    if (ready < 0 && errno != EINTR) return errno;
    if (patience.deadline && seconds_until(patience.deadline->at) <= 0) return ETIME;
    if (seconds_until(end) <= 0) return ETIMEDOUT;
  }
}

// A connected, non-blocking socket, or −errno.
int connect_to(const addrinfo& address, const Patience& patience) {
  const int socket =
      ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol);
  if (socket < 0) return -errno;
  int number = ::connect(socket, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  if (number == EINPROGRESS) number = await(socket, POLLOUT, patience);
  if (number == 0) {
    socklen_t size = sizeof number;
    ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &number, &size);
  }
  if (number != 0) {
    ::close(socket);
    return -number;
  }
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

std::string place(const Peer& peer) {
  return peer.host.find(':') == std::string::npos ? peer.host + ":" + peer.port
                                                  : "[" + peer.host + "]:" + peer.port;
}

Error unreachable(const Peer& peer, std::string_view why) {
  return {Exit::network,
          fmt::format("cannot reach {}: {}", place(peer), why),
          {},
          "check the endpoint, the network and the proxy settings",
          {}};
}

Error no_answer(const Peer& peer, double seconds) {
  return {Exit::timeout,
          fmt::format("{} did not answer within {}", place(peer), human_duration(seconds)),
          {},
          {},
          {}};
}

// Tries every address the name has.
Result<int> connect_to(const Peer& peer, const Patience& patience) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(peer.host.c_str(), peer.port.c_str(), &wanted, &found);
  if (code != 0) return fail(unreachable(peer, ::gai_strerror(code)));
  int outcome = -EHOSTUNREACH;
  for (const addrinfo* each = found; each != nullptr && outcome < 0 && outcome != -ECANCELED;
       each = each->ai_next)
    outcome = connect_to(*each, patience);
  ::freeaddrinfo(found);
  if (outcome >= 0) return outcome;
  if (outcome == -ECANCELED) return fail(patience.stop->code(), "stopped");
  if (outcome == -ETIME) return fail(no_answer(peer, patience.deadline->seconds));
  Error error = unreachable(peer, std::strerror(-outcome));
  if (outcome == -ETIMEDOUT) error.code = Exit::timeout;
  return fail(error);
}

std::string openssl_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "the connection was cut off" : reason;
}

struct FreeSession {
  void operator()(SSL* session) const { SSL_free(session); }
};

}  // namespace

std::optional<Deadline> deadline_in(double seconds) {
  if (seconds <= 0) return std::nullopt;
  return Deadline{Clock::now() + std::chrono::milliseconds(static_cast<int64_t>(seconds * 1e3)), seconds};
}

struct Connection::Secure {
  std::unique_ptr<SSL, FreeSession> session;
};

Connection::Connection(Peer peer, const Options& options, int socket)
    : peer_(std::move(peer)), options_(options), socket_(socket) {}

Connection::~Connection() {
  ::close(socket_);
}

Result<std::unique_ptr<Connection>> Connection::open(const Peer& peer, const Options& options, Tls* tls,
                                                     const Proxy* proxy,
                                                     const std::optional<Deadline>& deadline) {
  const int socket = TRY(
      connect_to(proxy != nullptr ? proxy->peer : peer, {options.connect_timeout, deadline, options.stop}));
  std::unique_ptr<Connection> connection(new Connection(peer, options, socket));
  connection->bound(deadline);
  if (!peer.tls) return connection;
  if (proxy != nullptr) TRY(connection->tunnel(*proxy));
  TRY(connection->shake_hands(*tls));
  return connection;
}

Error Connection::error(std::string_view what, int number) const {
  if (number == ETIMEDOUT) {
    return {Exit::timeout,
            fmt::format("{} {} for {}", place(peer_), what, human_duration(options_.idle_timeout)),
            {},
            {},
            {}};
  }
  return {Exit::network,
          fmt::format("the connection to {} was cut off: {}", place(peer_), std::strerror(number)),
          {},
          {},
          {}};
}

Result<> Connection::wait(short events, double timeout, const char* what) {
  const int number = await(socket_, events, {timeout, deadline_, options_.stop});
  if (number == 0) return {};
  if (number == ECANCELED) return fail(options_.stop->code(), "stopped");
  if (number == ETIME) return fail(no_answer(peer_, deadline_->seconds));
  return fail(error(what, number));
}

// RFC 9110 §9.3.6: a blank line ends the proxy's answer, and the peer's bytes begin.
Result<> Connection::tunnel(const Proxy& proxy) {
  std::string request = fmt::format("CONNECT {0} HTTP/1.1\r\nhost: {0}\r\n", place(peer_));
  if (!proxy.authorization.empty()) request += "proxy-authorization: " + proxy.authorization + "\r\n";
  TRY(send(request + "\r\n", {}));
  std::string answer;
  while (!answer.ends_with("\r\n\r\n")) {
    char byte = 0;
    if (TRY(receive(&byte, 1)) == 0 || answer.size() > 8192)
      return fail(unreachable(proxy.peer, "the proxy hung up"));
    answer += byte;
  }
  if (answer.size() > 12 && answer.substr(9, 1) == "2") return {};
  const std::string line = answer.substr(0, answer.find("\r\n"));
  Error refused = unreachable(peer_, fmt::format("the proxy {} says \"{}\"", place(proxy.peer), line));
  if (answer.substr(9, 3) == "407")
    refused.hint = "say who you are: HTTPS_PROXY=http://USER:PASSWORD@" + place(proxy.peer);
  return fail(std::move(refused));
}

Result<> Connection::shake_hands(Tls& tls) {
  auto secure = std::make_unique<Secure>();
  secure->session.reset(SSL_new(tls.context()));
  SSL* const session = secure->session.get();
  SSL_set_fd(session, socket_);
  const std::string& name = tls.server_name().empty() ? peer_.host : tls.server_name();
  in6_addr ignored{};
  const bool address =
      ::inet_pton(AF_INET, name.c_str(), &ignored) == 1 || ::inet_pton(AF_INET6, name.c_str(), &ignored) == 1;
  if (address) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), name.c_str());
  } else {
    SSL_set_tlsext_host_name(session, name.c_str());
    SSL_set1_host(session, name.c_str());
  }
  for (;;) {
    const int done = SSL_connect(session);
    if (done == 1) break;
    const int need = SSL_get_error(session, done);
    if (need == SSL_ERROR_WANT_READ || need == SSL_ERROR_WANT_WRITE) {
      TRY(wait(need == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, options_.connect_timeout, "did not answer"));
      continue;
    }
    const long verdict = SSL_get_verify_result(session);
    if (verdict == X509_V_OK) {
      Error failed = unreachable(peer_, openssl_reason());
      // What OpenSSL calls the first bytes of anything that is not TLS.
      if (failed.message.ends_with("wrong version number"))
        failed = unreachable(peer_, "it does not speak TLS");
      return fail(std::move(failed));
    }
    return fail(
        Exit::network,
        fmt::format("the certificate of {} is not to be trusted: {}", place(peer_),
                    X509_verify_cert_error_string(verdict)),
        "for an authority of your own, give its CA file with --ca-cert, AWS_CA_BUNDLE or SSL_CERT_FILE");
  }
  secure_ = std::move(secure);
  return {};
}

Result<> Connection::send(std::string_view head, std::string_view body) {
  while (!head.empty() || !body.empty()) {
    ssize_t sent = 0;
    short events = POLLOUT;
    if (secure_) {
      const std::string_view next = head.empty() ? body : head;
      sent = SSL_write(secure_->session.get(), next.data(),
                       static_cast<int>(std::min<size_t>(next.size(), 1 << 20)));
      if (sent <= 0) {
        const int need = SSL_get_error(secure_->session.get(), static_cast<int>(sent));
        if (need != SSL_ERROR_WANT_READ && need != SSL_ERROR_WANT_WRITE) return fail(error("", EPIPE));
        events = need == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
      }
    } else {
      std::array<iovec, 2> pieces{
          {{const_cast<char*>(head.data()), head.size()}, {const_cast<char*>(body.data()), body.size()}}};
      msghdr message{};
      message.msg_iov = pieces.data();
      message.msg_iovlen = pieces.size();
      sent = ::sendmsg(socket_, &message, MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN && errno != EINTR) return fail(error("", errno));
    }
    if (sent <= 0) {
      TRY(wait(events, options_.idle_timeout, "took no bytes"));
      continue;
    }
    const auto of_head = std::min(head.size(), static_cast<size_t>(sent));
    head.remove_prefix(of_head);
    body.remove_prefix(static_cast<size_t>(sent) - of_head);
  }
  return {};
}

Result<size_t> Connection::receive(char* into, size_t size) {
  for (;;) {
    short events = POLLIN;
    if (secure_) {
      const int got =
          SSL_read(secure_->session.get(), into, static_cast<int>(std::min<size_t>(size, 1 << 30)));
      if (got > 0) return static_cast<size_t>(got);
      const int need = SSL_get_error(secure_->session.get(), got);
      if (need == SSL_ERROR_ZERO_RETURN) return 0;
      if (need != SSL_ERROR_WANT_READ && need != SSL_ERROR_WANT_WRITE) {
        ERR_clear_error();
        return fail(error("", ECONNRESET));
      }
      events = need == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
    } else {
      const ssize_t got = ::recv(socket_, into, size, 0);
      if (got >= 0) return static_cast<size_t>(got);
      if (errno != EAGAIN && errno != EINTR) return fail(error("", errno));
    }
    // A server that does not turn Nagle's algorithm off keeps the end of an answer until its beginning is
    // acknowledged, which a kernel in no hurry does after 40 ms.
    const int on = 1;
    if (events == POLLIN) ::setsockopt(socket_, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    TRY(wait(events, options_.idle_timeout, "sent nothing"));
  }
}

bool Connection::stale() const {
  pollfd entry{socket_, POLLIN, 0};
  return ::poll(&entry, 1, 0) != 0;
}

}  // namespace mlctl::http
