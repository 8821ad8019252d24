#include "core/serve/run_server.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "core/base/mutex.h"
#include "core/base/strings.h"
#include "core/http/http_server.h"
#include "core/serve/service.h"
#include "core/sys/cpu.h"
#include "core/sys/fence.h"
#include "core/sys/fs.h"

namespace mlctl::serve {

namespace {

// Kubernetes kills 30 s after SIGTERM.
constexpr double kDrainSeconds = 25;
// How long an idle connection may still send its next request; clients with a request a second never notice.
constexpr double kQuietSeconds = 1;

Result<HttpServer::Options> http_options(const ServeOptions& options, Service& service) {
  HttpServer::Options http{.limits = options.http,
                           .threads = std::min(4, std::max(2, sys::available_cpus()))};
  http.admit = [&service](const HttpRequest& head) { return service.refuse(head); };
  http.trouble = [&service](const std::string& what) { service.report(what); };
  http.refused = [&service](int status) { service.count_refused(status); };
  if (!options.tls_certificate.empty()) {
    http.tls = TRY(TlsContext::load(options.tls_certificate, options.tls_key));
  }
  return http;
}

// Raises the limit of descriptors: each connection takes one, and the usual soft limit is no more than the
// number of connections that are accepted.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Logs refused requests, at most so many lines a second: strangers decide how many there are. Usable from
// several threads.
class RefusalLog {
 public:
  explicit RefusalLog(const ServeEvents& events) : events_(&events) {}

  void refused(int status, const std::string& message) {
    constexpr int kLinesPerSecond = 20;
    const Hold lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (now - began_ > std::chrono::seconds(1)) {
      if (lines_ > kLinesPerSecond) {
        events_->log("warn", fmt::format("{} more requests refused", lines_ - kLinesPerSecond));
      }
      began_ = now;
      lines_ = 0;
    }
    if (++lines_ > kLinesPerSecond) return;
    events_->log(status >= 500 ? "error" : "warn", fmt::format("request refused: {} {}", status, message));
  }
  void trouble(const std::string& what) {
    const Hold lock(mutex_);
    events_->log("error", what);
  }

 private:
  const ServeEvents* events_;
  Mutex mutex_;
  std::chrono::steady_clock::time_point began_ MLCTL_GUARDED_BY(mutex_){};
  int lines_ MLCTL_GUARDED_BY(mutex_) = 0;
};

Result<ServiceOptions> service_options(const ServeOptions& options, const ServeEvents& events) {
  ServiceOptions settings{.name = options.name, .version = options.version};
  settings.token = TRY(read_token(options.token_file));
  settings.counters = options.counters;
  settings.reading_threads = std::min(4, std::max(2, sys::available_cpus()));
  settings.batch = options.batch;
  const auto log = std::make_shared<RefusalLog>(events);
  settings.refused = [log](int status, const std::string& message) { log->refused(status, message); };
  settings.trouble = [log](const std::string& what) { log->trouble(what); };
  return settings;
}

void say(const ServeEvents& events, const char* what, const sys::Fenced& fenced) {
  if (!fenced.done) events.log("debug", fmt::format("{} are not fenced off: {}", what, fenced.why_not));
}

// Closes the descriptor unless it was handed on.
struct Listener {
  int fd = -1;
  ~Listener() {
    if (fd >= 0) ::close(fd);
  }
};

}  // namespace

std::string open_to_all_warning(const std::string& address) {
  return fmt::format("everybody who reaches {} may use the model: give --token-file, or listen on 127.0.0.1",
                     address);
}

Result<std::string> read_token(const std::filesystem::path& file) {
  if (file.empty()) return std::string();
  const std::string text = TRY(sys::read_input(file, uint64_t{64} << 10));
  const std::string token(trim(text));
  if (token.size() < 8) {
    return fail(Exit::manifest,
                token.empty() ? fmt::format("the token file {} is empty", file.string())
                              : fmt::format("the token in {} is shorter than 8 characters", file.string()),
                "write one with: head -c 24 /dev/urandom | base64 > " + file.string());
  }
  return token;
}

Result<> run_server(const ServeOptions& options, const std::function<Result<Engine*>()>& engine,
                    const ServeEvents& events, const sys::StopFlag& stop) {
  raise_descriptor_limit();
  const bool shared_socket = options.listen_fd >= 0;
  Listener listener{options.listen_fd};
  // The port first: a busy one should not cost the time of loading a model.
  if (!shared_socket) listener.fd = TRY(listen_on(options.host, options.port));
  Package package = TRY(open_package(options.model));
  const Model& model = package.model;
  ServiceOptions settings = TRY(service_options(options, events));
  settings.model_digest = package.digest.hex();
  const bool open_to_all = settings.token.empty() && !is_local(listener.fd);
  settings.open_to_all = open_to_all;
  Engine* const loaded = TRY(engine());
  const std::unique_ptr<EncodedPredictor> predictor = TRY(open_predictor(*loaded, package));
  package.weights.clear();  // the engine has its own
  const std::unique_ptr<Service> service = TRY(Service::open(model, *predictor, settings));
  HttpServer::Options http = TRY(http_options(options, *service));
  // All files have been read. Threads that are started from here on inherit the fence, and only then
  // callers come.
  say(events, "files", sys::fence_files({}));
  TRY(service->warm_up());
  say(events, "system calls", sys::fence_calls());

  if (stop) return {};  // what was told to stop must not begin to accept
  const char* const scheme = http.tls ? "https" : "http";
  const std::string url = fmt::format("{}://{}", scheme, socket_address(listener.fd));
  const std::unique_ptr<HttpServer> server = TRY(HttpServer::start(
      std::exchange(listener.fd, -1),
      [&service](HttpRequest&& request, HttpServer::Reply reply) {
        return service->handle(std::move(request), std::move(reply));
      },
      std::move(http)));
  events.ready(url);
  if (open_to_all) events.log("warn", open_to_all_warning(url));
  while (!stop) std::this_thread::sleep_for(std::chrono::milliseconds(20));

  if (shared_socket) {
    server->stop_accepting();
    events.closed();
  }
  service->stop_being_ready();
  events.log("info", "draining");
  if (server->drain(kQuietSeconds, kDrainSeconds)) return {};
  return fail(Exit::failed, fmt::format("{} were cut off after {} of draining",
                                        plural(static_cast<uint64_t>(server->connections()), "connection"),
                                        human_duration(kDrainSeconds)));
}

}  // namespace mlctl::serve
