#include "core/serve/run_server.h"

#include <unistd.h>

#include <chrono>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/serve/http_server.h"
#include "core/serve/service.h"
#include "core/sys/cpu.h"
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
  http.refused = [&service](int status) { service.count_refused(status); };
  if (!options.tls_certificate.empty()) {
    http.tls = TRY(TlsContext::load(options.tls_certificate, options.tls_key));
  }
  return http;
}

// Closes the descriptor unless it was handed on.
struct Listener {
  int fd = -1;
  ~Listener() {
    if (fd >= 0) ::close(fd);
  }
};

}  // namespace

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
  const bool shared_socket = options.listen_fd >= 0;
  Listener listener{options.listen_fd};
  // The port first: a busy one should not cost the time of loading a model.
  if (!shared_socket) listener.fd = TRY(listen_on(options.host, options.port));
  Package package = TRY(open_package(options.model));
  const Model& model = package.model;
  ServiceOptions service_options{.name = options.name, .version = options.version};
  service_options.model_digest = package.digest.hex();
  service_options.token = TRY(read_token(options.token_file));
  service_options.counters = options.counters;
  service_options.batch = options.batch;
  std::mutex log_mutex;  // requests are refused on several threads
  service_options.refused = [&](int status, const std::string& message) {
    const std::lock_guard lock(log_mutex);
    events.log(status >= 500 ? "error" : "warn", fmt::format("request refused: {} {}", status, message));
  };
  Engine* const loaded = TRY(engine());
  const std::unique_ptr<Predictor> predictor = TRY(open_predictor(*loaded, package));
  package.weights.clear();  // the engine has its own
  const std::unique_ptr<Service> service = TRY(Service::open(model, *predictor, service_options));
  HttpServer::Options http = TRY(http_options(options, *service));
  TRY(service->warm_up());

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
