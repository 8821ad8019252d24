#include "core/serve/run_server.h"

#include <fmt/format.h>

#include "cmd/shell/command.h"
#include "cmd/shell/manifest_flags.h"
#include "cmd/shell/output.h"
#include "cmd/shell/workspace.h"

namespace mlctl {

namespace {

struct Options {
  std::string model, host = "127.0.0.1", name;
  std::optional<int64_t> port, listen_fd, max_batch, max_queue;
  std::string token_file, tls_cert, tls_key;
  StoreOptions store;
};

void declare(Flags& flags, Options& options) {
  flags.positional("MODEL", options.model, "the model's folder", Value::model);
  flags.option("--host", "ADDRESS", options.host, "address to listen on (default 127.0.0.1; 0.0.0.0: all)");
  flags.option("--port", "N", options.port, "port to listen on (default 8080; 0: any free one)")
      .between(0, 65535);
  flags.option("--name", "NAME", options.name,
               "the model's name in URLs and metrics (default: its folder's)");
  flags.option("--token-file", "FILE", options.token_file, "callers must send the bearer token in this file",
               Value::file);
  flags.option("--tls-cert", "FILE", options.tls_cert, "certificate chain (PEM): serve https", Value::file);
  flags.option("--tls-key", "FILE", options.tls_key, "the certificate's private key (PEM)", Value::file);
  flags.option("--max-batch", "N", options.max_batch, "examples in one run of the model (default 64)")
      .must(as_in_manifest("Deploy", "spec.maxBatch"));
  flags
      .option("--max-queue", "N", options.max_queue,
              "examples that may wait for the model; more are answered 429 (default 1024)")
      .must(as_in_manifest("Deploy", "spec.maxQueue"));
  flags.option("--listen-fd", "N", options.listen_fd, "an inherited listening socket instead of --port")
      .at_least(0);
  declare_store(flags, options.store);
}

Result<> check(const Options& options) {
  if (options.tls_cert.empty() != options.tls_key.empty()) {
    return fail(Exit::usage, "--tls-cert and --tls-key go together");
  }
  if (options.listen_fd && options.port) {
    return fail(Exit::usage, "--listen-fd takes the number of an open socket, without --port");
  }
  TRY(check_place(options.model));
  return {};
}

RunResult run(const Options& options, Context& context) {
  serve::ServeOptions server;
  const LocalFiles staged = TRY(workspace(context, options.store).files(options.model));
  server.model = staged.path;
  const std::filesystem::path folder =
      std::filesystem::path(server.model / ".").lexically_normal().parent_path();
  server.name = options.name.empty() ? folder.filename().string() : options.name;
  server.host = options.host;
  server.port = static_cast<int>(options.port.value_or(8080));
  server.listen_fd = static_cast<int>(options.listen_fd.value_or(-1));
  server.token_file = options.token_file;
  server.tls_certificate = options.tls_cert;
  server.tls_key = options.tls_key;
  if (options.max_batch) server.batch.max_batch = *options.max_batch;
  if (options.max_queue) server.batch.max_queue = *options.max_queue;
  serve::ServeEvents events;
  events.log = [&context](const char* level, const std::string& message) {
    if (std::string_view(level) == "info" || std::string_view(level) == "debug") {
      context.io.detail(message);
    } else {
      context.io.warn(message);
    }
  };
  events.ready = [&](const std::string& url) {
    context.io.note(fmt::format("serving {} on {} (Ctrl-C stops)", server.name, url));
    if (context.flags.output.empty()) return;
    const Json ready = document("Server", {{"name", server.name}, {"url", url}});
    (void)print(context, ready, "server/" + server.name, [&](bool) { return url + "\n"; });
    context.io.flush();
  };
  TRY(serve::run_server(
      server, [&context] { return context.engine(); }, events, context.stop));
  return Exit::ok;
}

}  // namespace

const Command& serve_command() {
  static const Command command(
      {"serve", "serving", "Serve a model over HTTP until stopped", "MODEL [flags]",
       "mlctl serve models/fashion --port 8080\n"
       "curl --data-binary @shoe.png http://127.0.0.1:8080/predict",
       "The server speaks the Open Inference Protocol V2 (REST) under /v2, takes\n"
       "pictures, rows and texts at POST /predict, and answers GET /metrics for\n"
       "Prometheus. SIGTERM and Ctrl-C finish what is in flight, then exit 0.\n"
       "A body holds at most 64 MiB, 65,536 examples or a picture of 64 megapixels; bodies and\n"
       "answers of all callers together 256 MiB. Without --token-file on an address that others\n"
       "reach, GET /v2/stats is closed, and `mlctl monitor` with it."},
      declare, check, run);
  return command;
}

}  // namespace mlctl
