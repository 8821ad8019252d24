#include "core/http/event_loop.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "core/base/unforeseen.h"
#include "core/http/error_response.h"

namespace mlctl::serve {

namespace {

constexpr double kTickSeconds = 0.05;
constexpr std::string_view kTooMany =
    "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: 32\r\n"
    "retry-after: 1\r\nconnection: close\r\n\r\n{\"error\":\"too many connections\"}";

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// A shortage of descriptors or memory, in this process or in the system.
bool is_shortage(int number) {
  return number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM;
}

}  // namespace

ServerState::~ServerState() {
  ::close(listen_fd);
}

EventLoop::EventLoop(std::shared_ptr<ServerState> shared)
    : shared_(std::move(shared)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      mailbox_(std::make_shared<Mailbox>()),
      spare_(::fcntl(mailbox_->descriptor(), F_DUPFD_CLOEXEC, 0)),
      buffer_(size_t{64} << 10, '\0') {
  watch(mailbox_->descriptor(), kWakeup, EPOLLIN, EPOLL_CTL_ADD);
  ++shared_->listening;
  thread_ = std::thread([this] { run(); });
}

EventLoop::~EventLoop() {
  mailbox_->wake();
  thread_.join();
  for (const auto& [id, peer] : peers_) ::close(peer.fd);
  shared_->connections -= static_cast<int>(peers_.size());
  ::close(spare_);
  ::close(epoll_);
}

void EventLoop::watch(int fd, uint64_t id, uint32_t events, int operation) const {
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  ::epoll_ctl(epoll_, operation, fd, &event);
}

void EventLoop::run() {
  listen(true);
  while (!shared_->stopping) {
    try {
      turn();
    } catch (...) {
      shared_->report(unforeseen("serve").message);
    }
  }
}

void EventLoop::turn() {
  std::array<epoll_event, 128> events{};
  const int patience = again_.empty() ? static_cast<int>(kTickSeconds * 1e3) : 0;
  const int count = ::epoll_wait(epoll_, events.data(), events.size(), patience);
  now_ = now_seconds();
  for (int at = 0; at < count; ++at) {
    const epoll_event& event = events[static_cast<size_t>(at)];
    if (event.data.u64 == kListener) {
      accept_some();
    } else if (event.data.u64 == kWakeup) {
      deliver();
    } else {
      on_event(event.data.u64, event.events);
    }
  }
  for (const uint64_t id : std::exchange(again_, {})) go_on(id);
  if (may_accept_ && !shared_->accepting) stop_accepting();
  if (now_ < next_tick_) return;
  tick_all();
  // The one wake-up for a connection may have gone to a worker that stopped accepting just then; and where
  // descriptors had run out, some may be free again.
  if (may_accept_) {
    listen(true);
    accept_some();
  }
  next_tick_ = now_ + kTickSeconds;
}

void EventLoop::listen(bool on) {
  if (on == listening_) return;
  listening_ = on;
  watch(shared_->listen_fd, kListener, EPOLLIN | EPOLLEXCLUSIVE, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL);
}

void EventLoop::stop_accepting() {
  may_accept_ = false;
  listen(false);
  --shared_->listening;
  shared_->listening.notify_all();
}

void EventLoop::accept_some() {
  for (int left = shared_->options.limits.turn_accepts; left > 0 && shared_->accepting; --left) {
    const int fd = ::accept4(shared_->listen_fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (!is_shortage(errno)) return;
      if (!make_room() && !turn_one_away()) return listen(false);  // until the next tick
      continue;
    }
    if (shared_->connections >= static_cast<int>(shared_->options.limits.connections) && !make_room()) {
      turn_away(fd);
      continue;
    }
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    welcome(fd);
  }
}

// Closes the connection that has been idle for longest, so that callers who keep many open can't shut
// others out. Never one that was active just now: its next request may be on its way.
bool EventLoop::make_room() {
  const auto idle_since = [](const Peer& peer) {
    const bool idle = peer.connection != nullptr && !peer.connection->busy();
    return idle ? peer.connection->since() : HUGE_VAL;
  };
  const auto longest = std::min_element(
      peers_.begin(), peers_.end(),
      [&](const auto& one, const auto& other) { return idle_since(one.second) < idle_since(other.second); });
  const bool found = longest != peers_.end() &&
                     now_ - idle_since(longest->second) > shared_->options.limits.idle_for_certain_seconds;
  if (found) drop(longest->first);
  return found;
}

void EventLoop::turn_away(int fd) const {
  (void)!::send(fd, kTooMany.data(), kTooMany.size(), MSG_NOSIGNAL);
  ::close(fd);
  if (shared_->options.refused) shared_->options.refused(503);
}

// Refuses a connection when descriptors have run out. Without a descriptor it could not even be refused,
// and would wake the loop again and again; so one descriptor is kept back for this. False when there is
// nobody to refuse, or even that one is missing.
bool EventLoop::turn_one_away() {
  if (spare_ < 0) return false;
  ::close(spare_);
  const int fd = ::accept4(shared_->listen_fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) turn_away(fd);
  spare_ = ::fcntl(mailbox_->descriptor(), F_DUPFD_CLOEXEC, 0);
  if (fd >= 0 && !shared_->out_of_descriptors.exchange(true)) {
    shared_->report("no descriptors are left for new connections, which are answered 503 (see ulimit -n)");
  }
  return fd >= 0;
}

void EventLoop::welcome(int fd) {
  const uint64_t id = next_id_++;
  ++shared_->connections;
  peers_[id].fd = fd;
  with_peer(id, [&](Peer& peer) {
    auto stream = shared_->options.tls ? shared_->options.tls->accept(fd) : plain_stream(fd);
    peer.connection =
        std::make_unique<Connection>(std::move(stream), shared_->options.limits, *shared_->held, now_);
    watch(fd, id, 0, EPOLL_CTL_ADD);
    advance(id, peer);
  });
}

// Whatever goes wrong with one connection ends that connection, and nothing else.
template <class Step>
void EventLoop::with_peer(uint64_t id, const Step& step) {
  const auto found = peers_.find(id);
  if (found == peers_.end()) return;
  try {
    step(found->second);
  } catch (const std::exception& error) {
    shared_->report(fmt::format("a connection was dropped: {}", error.what()));
    drop(id);
  }
}

void EventLoop::on_event(uint64_t id, uint32_t events) {
  with_peer(id, [&](Peer& peer) {
    if (peer.queued) return;  // its turn comes below
    const bool gone = (events & (EPOLLHUP | EPOLLERR)) != 0 && peer.interest == 0;
    if (gone) {
      drop(id);
    } else {
      advance(id, peer);
    }
  });
}

void EventLoop::go_on(uint64_t id) {
  with_peer(id, [&](Peer& peer) {
    peer.queued = false;
    advance(id, peer);
  });
}

// Does what the connection asks for, up to its share of the turn.
void EventLoop::advance(uint64_t id, Peer& peer) {
  Connection& connection = *peer.connection;
  Connection::Next next = connection.advance(buffer_.data(), buffer_.size(), now_);
  for (int left = shared_->options.limits.turn_requests;
       next == Connection::Next::head || next == Connection::Next::request;) {
    if (left-- == 0) {
      next = Connection::Next::again;
      break;
    }
    if (next == Connection::Next::head) {
      admit(connection);
    } else if (!hand_over(id, connection)) {
      next = Connection::Next::wait_answer;
      break;
    }
    next = connection.advance(buffer_.data(), buffer_.size(), now_);
  }
  apply(id, peer, next);
}

void EventLoop::admit(Connection& connection) const {
  std::optional<HttpResponse> refusal;
  if (shared_->options.admit) {
    refusal = answered([&] { return shared_->options.admit(connection.head()); });
  }
  if (refusal) {
    connection.reject(*refusal, now_);
  } else {
    connection.proceed();
  }
}

// True when it is answered already.
bool EventLoop::hand_over(uint64_t id, Connection& connection) const {
  auto [request, share] = connection.take_request();
  // The budget must live as long as a Reply may hold a share of it. Most hold none.
  using Held = std::pair<std::shared_ptr<Budget>, Budget::Share>;
  std::shared_ptr<Held> held;
  if (share.bytes() > 0) held = std::make_shared<Held>(shared_->held, std::move(share));
  std::optional<HttpResponse> response = answered([&, &taken = request] {
    return shared_->handler(std::move(taken), [id, mailbox = mailbox_, held](HttpResponse late) {
      mailbox->put(id, std::move(late));
    });
  });
  if (!response) return false;
  connection.answer(*response, shared_->draining, now_);
  return true;
}

template <class Answer>
std::optional<HttpResponse> EventLoop::answered(const Answer& answer) const {
  try {
    return answer();
  } catch (...) {
    const Error error = unforeseen("serve");
    shared_->report(error.message);
    return error_response(error.code == Exit::resource ? 503 : 500, error.message, error.hint);
  }
}

void EventLoop::drop(uint64_t id) {
  const auto found = peers_.find(id);
  if (found == peers_.end()) return;
  ::close(found->second.fd);
  peers_.erase(found);
  --shared_->connections;
}

void EventLoop::apply(uint64_t id, Peer& peer, Connection::Next next) {
  const int refused = peer.connection->refused_status();
  if (refused != 0 && !std::exchange(peer.refusal_counted, true) && shared_->options.refused) {
    shared_->options.refused(refused);
  }
  if (next == Connection::Next::close) return drop(id);
  if (next == Connection::Next::again) {
    if (!std::exchange(peer.queued, true)) again_.push_back(id);
    return;
  }
  uint32_t interest = 0;
  if (next == Connection::Next::wait_read) interest = EPOLLIN;
  if (next == Connection::Next::wait_write) interest = EPOLLOUT;
  if (interest != peer.interest) watch(peer.fd, id, interest, EPOLL_CTL_MOD);
  peer.interest = interest;
}

void EventLoop::deliver() {
  for (const auto& [id, response] : mailbox_->take()) {
    with_peer(id, [&, &late = response, at = id](Peer& peer) {
      peer.connection->answer(late, shared_->draining, now_);
      advance(at, peer);
    });
  }
}

void EventLoop::tick_all() {
  std::vector<uint64_t> ids;
  ids.reserve(peers_.size());
  for (const auto& [id, peer] : peers_) ids.push_back(id);
  for (const uint64_t id : ids) {
    with_peer(id, [&](Peer& peer) {
      const Connection& connection = *peer.connection;
      const bool leave =
          shared_->draining && !connection.busy() && now_ - connection.since() > shared_->quiet;
      const Connection::Next next = leave ? Connection::Next::close : peer.connection->tick(now_);
      if (!peer.queued || next == Connection::Next::close) apply(id, peer, next);
    });
  }
}

}  // namespace mlctl::serve
