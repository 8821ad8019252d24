#include "core/http/http_server.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "core/base/unforeseen.h"
#include "core/http/event_loop.h"

namespace mlctl::serve {

namespace {
double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
}  // namespace

HttpServer::HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::start(int listen_fd, Handler handler, Options options) {
  std::unique_ptr<HttpServer> server(new HttpServer);
  server->shared_ = std::make_shared<ServerState>();
  server->shared_->handler = std::move(handler);
  server->shared_->listen_fd = listen_fd;
  server->shared_->options = std::move(options);
  server->shared_->held = std::make_shared<Budget>(server->shared_->options.limits.bytes_held);
  try {
    for (int at = 0; at < std::max(1, server->shared_->options.threads); ++at) {
      server->loops_.push_back(std::make_unique<EventLoop>(server->shared_));
    }
  } catch (...) {
    return fail(unforeseen("serve"));
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
