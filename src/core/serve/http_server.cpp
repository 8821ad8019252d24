#include "core/serve/http_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>

#include "core/serve/connection.h"

namespace mlctl::serve {

namespace {

constexpr double kTickSeconds = 0.05;
constexpr uint64_t kListener = 0, kWakeup = 1, kFirstConnection = 2;
constexpr std::string_view kTooMany =
    "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: 32\r\n"
    "retry-after: 1\r\nconnection: close\r\n\r\n{\"error\":\"too many connections\"}";

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

struct HttpServer::Shared {
  Handler handler;
  Options options;
  int listen_fd = -1;
  std::atomic<int> connections{0};
  std::atomic<int> listening{0};  // loops that may still accept
  std::atomic<bool> draining{false}, accepting{true}, stopping{false};
  std::atomic<double> quiet{0};
  ~Shared() { ::close(listen_fd); }
};

// One thread. Answers from other threads arrive through a mailbox and a wake-up descriptor.
class HttpServer::Loop {
 public:
  explicit Loop(std::shared_ptr<Shared> shared)
      : shared_(std::move(shared)),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        mailbox_(std::make_shared<Mailbox>(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))),
        buffer_(size_t{64} << 10, '\0') {
    ++shared_->listening;
    watch(shared_->listen_fd, kListener, EPOLLIN | EPOLLEXCLUSIVE, EPOLL_CTL_ADD);
    watch(mailbox_->wakeup, kWakeup, EPOLLIN, EPOLL_CTL_ADD);
    thread_ = std::thread([this] { run(); });
  }
  ~Loop() {
    mailbox_->wake();
    thread_.join();
    for (const auto& [id, peer] : peers_) ::close(peer.fd);
    shared_->connections -= static_cast<int>(peers_.size());
    ::close(epoll_);
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void wake() { mailbox_->wake(); }

 private:
  struct Peer {
    int fd = -1;
    std::unique_ptr<Connection> connection;
    uint32_t interest = 0;
    double active = 0;
    bool refusal_counted = false;
  };

  // Outlives the loop while a handler still holds a Reply.
  struct Mailbox {
    explicit Mailbox(int fd) : wakeup(fd) {}
    ~Mailbox() { ::close(wakeup); }
    void put(uint64_t id, HttpResponse response) {
      {
        const std::lock_guard lock(mutex);
        answers.emplace_back(id, std::move(response));
        if (answers.size() > 1) return;  // already woken
      }
      wake();
    }
    void wake() const {
      const uint64_t one = 1;
      (void)!::write(wakeup, &one, sizeof one);
    }
    std::mutex mutex;
    std::vector<std::pair<uint64_t, HttpResponse>> answers;
    int wakeup;
  };

  void watch(int fd, uint64_t id, uint32_t events, int operation) const {
    epoll_event event{};
    event.events = events;
    event.data.u64 = id;
    ::epoll_ctl(epoll_, operation, fd, &event);
  }

  void run() {
    std::array<epoll_event, 128> events{};
    double next_tick = now_seconds() + kTickSeconds;
    bool listening = true;
    while (!shared_->stopping) {
      const int count =
          ::epoll_wait(epoll_, events.data(), events.size(), static_cast<int>(kTickSeconds * 1e3));
      now_ = now_seconds();
      for (int at = 0; at < count; ++at) {
        const epoll_event& event = events[static_cast<size_t>(at)];
        if (event.data.u64 == kListener) {
          accept_all();
        } else if (event.data.u64 == kWakeup) {
          deliver();
        } else {
          on_event(event.data.u64, event.events);
        }
      }
      if (listening && !shared_->accepting) {
        listening = false;
        ::epoll_ctl(epoll_, EPOLL_CTL_DEL, shared_->listen_fd, nullptr);
        --shared_->listening;
        shared_->listening.notify_all();
      }
      if (now_ >= next_tick) {
        tick_all();
        // The one wake-up for a connection may have gone to a worker that stopped accepting just then.
        if (listening) accept_all();
        next_tick = now_ + kTickSeconds;
      }
    }
  }

  void accept_all() {
    while (shared_->accepting) {
      const int fd = ::accept4(shared_->listen_fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      if (shared_->connections >= static_cast<int>(shared_->options.limits.connections)) {
        (void)!::send(fd, kTooMany.data(), kTooMany.size(), MSG_NOSIGNAL);
        ::close(fd);
        if (shared_->options.refused) shared_->options.refused(503);
        continue;
      }
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      ++shared_->connections;
      auto stream = shared_->options.tls ? shared_->options.tls->accept(fd) : plain_stream(fd);
      const uint64_t id = next_id_++;
      Peer& peer = peers_[id];
      peer.fd = fd;
      peer.active = now_;
      peer.connection = std::make_unique<Connection>(std::move(stream), shared_->options.limits, now_);
      watch(fd, id, 0, EPOLL_CTL_ADD);
      follow(id, peer, peer.connection->advance(buffer_.data(), buffer_.size(), now_));
    }
  }

  void on_event(uint64_t id, uint32_t events) {
    const auto found = peers_.find(id);
    if (found == peers_.end()) return;
    Peer& peer = found->second;
    const bool gone = (events & (EPOLLHUP | EPOLLERR)) != 0 && peer.interest == 0;
    peer.active = now_;
    follow(id, peer,
           gone ? Connection::Next::close : peer.connection->advance(buffer_.data(), buffer_.size(), now_));
  }

  // Does what the connection asks for.
  void follow(uint64_t id, Peer& peer, Connection::Next next) {
    while (next == Connection::Next::request) {
      const std::optional<HttpResponse> response = shared_->handler(
          peer.connection->take_request(),
          [id, mailbox = mailbox_](HttpResponse late) { mailbox->put(id, std::move(late)); });
      if (!response) {
        next = Connection::Next::wait_answer;
        break;
      }
      peer.connection->answer(*response, shared_->draining, now_);
      next = peer.connection->advance(buffer_.data(), buffer_.size(), now_);
    }
    apply(id, peer, next);
  }

  void apply(uint64_t id, Peer& peer, Connection::Next next) {
    const int refused = peer.connection->refused_status();
    if (refused != 0 && !std::exchange(peer.refusal_counted, true) && shared_->options.refused) {
      shared_->options.refused(refused);
    }
    if (next == Connection::Next::close) {
      ::close(peer.fd);
      peers_.erase(id);
      --shared_->connections;
      return;
    }
    uint32_t interest = 0;
    if (next == Connection::Next::wait_read) interest = EPOLLIN;
    if (next == Connection::Next::wait_write) interest = EPOLLOUT;
    if (interest != peer.interest) watch(peer.fd, id, interest, EPOLL_CTL_MOD);
    peer.interest = interest;
  }

  void deliver() {
    uint64_t count = 0;
    (void)!::read(mailbox_->wakeup, &count, sizeof count);
    std::vector<std::pair<uint64_t, HttpResponse>> answers;
    {
      const std::lock_guard lock(mailbox_->mutex);
      answers.swap(mailbox_->answers);
    }
    for (const auto& [id, response] : answers) {
      const auto found = peers_.find(id);
      if (found == peers_.end()) continue;
      found->second.active = now_;
      found->second.connection->answer(response, shared_->draining, now_);
      follow(id, found->second, found->second.connection->advance(buffer_.data(), buffer_.size(), now_));
    }
  }

  void tick_all() {
    std::vector<uint64_t> ids;
    ids.reserve(peers_.size());
    for (const auto& [id, peer] : peers_) ids.push_back(id);
    for (const uint64_t id : ids) {
      Peer& peer = peers_.at(id);
      const bool leave = shared_->draining && !peer.connection->busy() && now_ - peer.active > shared_->quiet;
      apply(id, peer, leave ? Connection::Next::close : peer.connection->tick(now_));
    }
  }

  std::shared_ptr<Shared> shared_;
  int epoll_;
  std::shared_ptr<Mailbox> mailbox_;
  std::string buffer_;
  std::unordered_map<uint64_t, Peer> peers_;
  uint64_t next_id_ = kFirstConnection;
  double now_ = 0;
  std::thread thread_;
};

HttpServer::HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::start(int listen_fd, Handler handler, Options options) {
  std::unique_ptr<HttpServer> server(new HttpServer);
  server->shared_ = std::make_shared<Shared>();
  server->shared_->handler = std::move(handler);
  server->shared_->listen_fd = listen_fd;
  server->shared_->options = std::move(options);
  for (int at = 0; at < std::max(1, server->shared_->options.threads); ++at) {
    server->loops_.push_back(std::make_unique<Loop>(server->shared_));
  }
  return server;
}

HttpServer::~HttpServer() {
  shared_->stopping = true;
  loops_.clear();
}

void HttpServer::stop_accepting() {
  shared_->accepting = false;
  for (const auto& loop : loops_) loop->wake();
  for (int left = 0; (left = shared_->listening) > 0;) shared_->listening.wait(left);
}

bool HttpServer::drain(double quiet, double deadline) {
  const double began = now_seconds();
  shared_->quiet = quiet;
  shared_->draining = true;
  // A loop that has not left the listening socket may accept once more, after the last connection went.
  const auto drained = [&] { return shared_->listening == 0 && shared_->connections == 0; };
  while (now_seconds() - began < deadline) {
    if (now_seconds() - began > quiet) {
      shared_->accepting = false;
      if (drained()) return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return drained();
}

int HttpServer::connections() const {
  return shared_->connections;
}

}  // namespace mlctl::serve
