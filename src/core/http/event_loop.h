#pragma once
// One thread of the server: an epoll set, the connections in it, and what each of them waits for. Answers
// from other threads arrive through a mailbox and a wake-up descriptor. In each turn of the loop a
// connection may do only its share; the rest waits for the next turn.

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/http/connection.h"
#include "core/http/http_server.h"
#include "core/http/mailbox.h"

namespace mlctl::serve {

// What the loops of a server have in common.
struct ServerState {
  HttpServer::Handler handler;
  HttpServer::Options options;
  std::shared_ptr<Budget> held;  // shared, because a Reply may outlive the server
  int listen_fd = -1;
  std::atomic<int> connections{0};
  std::atomic<int> listening{0};  // loops that may still accept
  std::atomic<bool> draining{false}, accepting{true}, stopping{false}, out_of_descriptors{false};
  std::atomic<double> quiet{0};
  ~ServerState();

  void report(const std::string& what) const {
    if (options.trouble) options.trouble(what);
  }
};

class EventLoop {
 public:
  // Throws std::system_error where no thread can be started.
  explicit EventLoop(std::shared_ptr<ServerState> shared);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void wake() { mailbox_->wake(); }

 private:
  static constexpr uint64_t kListener = 0, kWakeup = 1, kFirstConnection = 2;

  struct Peer {
    int fd = -1;
    std::unique_ptr<Connection> connection;
    uint32_t interest = 0;
    bool queued = false;  // in again_
    bool refusal_counted = false;
  };

  void watch(int fd, uint64_t id, uint32_t events, int operation) const;
  void run();
  void turn();
  void listen(bool on);
  void stop_accepting();
  void accept_some();
  bool make_room();
  void turn_away(int fd) const;
  bool turn_one_away();
  void welcome(int fd);
  template <class Step>
  void with_peer(uint64_t id, const Step& step);
  void on_event(uint64_t id, uint32_t events);
  void go_on(uint64_t id);
  void advance(uint64_t id, Peer& peer);
  void admit(Connection& connection) const;
  bool hand_over(uint64_t id, Connection& connection) const;
  template <class Answer>
  std::optional<HttpResponse> answered(const Answer& answer) const;
  void drop(uint64_t id);
  void apply(uint64_t id, Peer& peer, Connection::Next next);
  void deliver();
  void tick_all();

  std::shared_ptr<ServerState> shared_;
  int epoll_;
  std::shared_ptr<Mailbox> mailbox_;
  int spare_;
  std::string buffer_;
  std::unordered_map<uint64_t, Peer> peers_;
  std::vector<uint64_t> again_;
  uint64_t next_id_ = kFirstConnection;
  double now_ = 0, next_tick_ = 0;
  bool may_accept_ = true, listening_ = false;
  std::thread thread_;
};

}  // namespace mlctl::serve
