#pragma once
// A model as a running server, from loading to draining: what `mlctl serve` and the workers of an endpoint
// do.

#include <filesystem>
#include <functional>
#include <string>

#include "core/engine/engine.h"
#include "core/http/http_limits.h"
#include "core/serve/batcher.h"
#include "core/sys/stop.h"

namespace mlctl::serve {

struct ServeOptions {
  std::filesystem::path model;
  std::string name;           // in URLs and metrics
  std::string version = "1";  // the endpoint's revision
  std::string host = "127.0.0.1";
  int port = 8080;
  int listen_fd = -1;  // an inherited listening socket, shared with others, instead of host and port
  std::filesystem::path token_file, tls_certificate, tls_key;
  std::filesystem::path counters;  // shared by an endpoint's workers; empty: this process's memory
  BatchLimits batch;
  HttpLimits http;
};

struct ServeEvents {
  // What happened, for people or for a log: "debug" | "info" | "warn" | "error".
  std::function<void(const char* level, const std::string& message)> log;
  std::function<void(const std::string& url)> ready;
  std::function<void()> closed;  // with listen_fd: accepts no more connections, and never will
};

// The bearer token in a file; an empty path: none. Missing → 5, empty or under 8 characters → 3.
Result<std::string> read_token(const std::filesystem::path& file);

// The warning when a server is started without a token on an address that others can reach.
std::string open_to_all_warning(const std::string& address);

// Serves until `stop`, then drains. While serving, the process is fenced off from files, programs and other
// hosts as far as the system can (core/sys/fence.h), so after this call it can do nothing else. Port in use
// → 6; requests in flight lost at the end → 1.
Result<> run_server(const ServeOptions& options, const std::function<Result<Engine*>()>& engine,
                    const ServeEvents& events, const sys::StopFlag& stop);

}  // namespace mlctl::serve
