#include <fmt/format.h>

#include "cmd/shell/command.h"
#include "cmd/shell/endpoint_words.h"
#include "cmd/shell/manifest_flags.h"
#include "cmd/shell/recorded.h"
#include "cmd/shell/target.h"
#include "cmd/shell/workspace.h"
#include "core/endpoint/deploy_spec.h"
#include "core/endpoint/host.h"
#include "core/model/package.h"
#include "core/net/local_hosts.h"
#include "core/serve/run_server.h"

namespace mlctl {

namespace {

struct Options {
  std::string model, name, host, target;
  std::optional<int64_t> port, replicas, max_batch, max_queue;
  std::string token_file, tls_cert, tls_key;
  bool wait = false, force = false, dry_run = false;
  ManifestFlags manifest;
  StoreOptions store;
};

void declare(Flags& flags, Options& options) {
  flags.positional("MODEL", options.model, "the model's folder", Value::model, false);
  declare(flags, options.manifest);
  flags.option("--name", "NAME", options.name, "the endpoint's name (default: the model's folder)",
               Value::endpoint);
  declare_target(flags, options.target);
  flags.option("--host", "ADDRESS", options.host, "address to listen on (default 127.0.0.1)");
  flags.option("--port", "N", options.port, "port (default: the first free one from 8080 on, then kept)")
      .must(as_in_manifest("Deploy", "spec.port"));
  flags.option("--replicas", "N", options.replicas, "processes that share the port (default 1)")
      .must(as_in_manifest("Deploy", "spec.replicas"));
  flags.option("--max-batch", "N", options.max_batch, "examples in one run of the model (default 64)")
      .must(as_in_manifest("Deploy", "spec.maxBatch"));
  flags.option("--max-queue", "N", options.max_queue, "examples that may wait for the model (default 1024)")
      .must(as_in_manifest("Deploy", "spec.maxQueue"));
  flags.option("--token-file", "FILE", options.token_file, "callers must send the bearer token in this file",
               Value::file);
  flags.option("--tls-cert", "FILE", options.tls_cert, "certificate chain (PEM): serve https", Value::file);
  flags.option("--tls-key", "FILE", options.tls_key, "the certificate's private key (PEM)", Value::file);
  flags.flag("--wait", options.wait, "wait until it is ready (a local endpoint always does)");
  flags.flag("--force", options.force,
             "although the last evaluation failed its gate, or the endpoint serves another kind of model; "
             "this is recorded");
  flags.flag("--dry-run", options.dry_run, "only say what would be done");
  declare_store(flags, options.store);
}

Result<> tls_is_whole(const Options& options) {
  if (options.tls_cert.empty() == options.tls_key.empty()) return {};
  return fail(Exit::usage, "--tls-cert and --tls-key go together");
}

Result<> check(const Options& options) {
  TRY(check(options.manifest));
  if (options.model.empty() && options.manifest.file.empty()) {
    return fail(Exit::usage, "no model is given", "name one, or a manifest with -f FILE");
  }
  if (options.manifest.file.empty()) TRY(tls_is_whole(options));
  if (!options.model.empty()) TRY(check_place(options.model));
  return {};
}

// What the manifest says where no flag does.
Result<> fill_in(const Manifest& manifest, Options& options) {
  const serve::DeploySpec spec = TRY(serve::deploy_spec_from_json(manifest.spec, manifest.file));
  const auto text = [](std::string& option, const std::string& said) {
    if (option.empty()) option = said;
  };
  const auto number = [](std::optional<int64_t>& option, const std::optional<int64_t>& said) {
    if (!option) option = said;
  };
  text(options.model, spec.model);
  text(options.name, manifest.name);
  text(options.host, spec.host.value_or(""));
  text(options.token_file, spec.token_file);
  text(options.tls_cert, spec.tls_certificate);
  text(options.tls_key, spec.tls_key);
  number(options.port, spec.port);
  number(options.replicas, spec.replicas);
  number(options.max_batch, spec.max_batch);
  number(options.max_queue, spec.max_queue);
  options.force = options.force || spec.force;
  return {};
}

serve::DeployRequest request_of(const Options& options, const LocalFiles& staged) {
  serve::DeployRequest request;
  request.model = options.model;
  request.folder = staged.path;
  request.name = endpoint_name(options.name);
  if (request.name.empty()) request.name = (request.folder / ".").lexically_normal().parent_path().filename();
  if (!options.host.empty()) request.host = options.host;
  request.port = options.port;
  request.replicas = options.replicas;
  request.max_batch = options.max_batch;
  request.max_queue = options.max_queue;
  request.token_file = options.token_file;
  request.tls_certificate = options.tls_cert;
  request.tls_key = options.tls_key;
  request.force = options.force;
  return request;
}

Result<> print_plan(Context& context, const serve::DeployPlan& plan) {
  const std::string& name = plan.spec.name;
  const char* const action = plan.up_to_date ? "none" : plan.is_new ? "create" : "update";
  const Json fields = {{"name", name},
                       {"action", action},
                       {"revision", plan.revision.number},
                       {"model", plan.revision.model},
                       {"digest", plan.revision.digest},
                       {"replicas", plan.spec.replicas}};
  return print(context, document("DeployPlan", fields), "endpoint/" + name, [&](bool) {
    if (plan.up_to_date) return fmt::format("endpoint {} is up to date\n", name);
    return fmt::format("would {} endpoint {}: revision {} from {}\n", action, name, plan.revision.number,
                       plan.revision.model);
  });
}

void warn_of_strangers(const serve::Endpoint& endpoint, Context& context) {
  if (!endpoint.spec.token_file.empty() || is_loopback(endpoint.spec.host)) return;
  context.io.warn(serve::open_to_all_warning(endpoint.status.url));
}

RunResult deploy(const serve::DeployRequest& request, Context& context, RunRecord& record) {
  const auto endpoints = context.endpoints();
  const serve::DeployPlan plan = TRY(endpoints->plan(request));
  record.inputs.push_back({request.model, plan.revision.digest});
  if (!plan.up_to_date) {
    context.io.note(fmt::format("starting revision {} of {} …", plan.revision.number, request.name));
  }
  const serve::Endpoint endpoint = TRY(endpoints->deploy(request));
  record.outputs.push_back({"endpoint/" + request.name, plan.revision.digest});
  record.up_to_date = plan.up_to_date;
  const std::string sentence = plan.up_to_date
                                   ? fmt::format("endpoint {} is up to date: revision {} at {}", request.name,
                                                 endpoint.status.revision, endpoint.status.url)
                                   : fmt::format("endpoint {} serves revision {} at {}", request.name,
                                                 endpoint.status.revision, endpoint.status.url);
  TRY(print_endpoint(context, endpoint, sentence));
  warn_of_strangers(endpoint, context);
  context.io.note(fmt::format("ask it: mlctl predict {0} INPUT; watch it: mlctl monitor {0}", request.name));
  return Exit::ok;
}

RunResult run(const Options& given, Context& context) {
  Options options = given;
  const std::optional<Manifest> manifest = TRY(load_manifest(options.manifest, "Deploy", context));
  if (manifest) TRY(fill_in(*manifest, options));
  TRY(tls_is_whole(options));
  const LocalFiles staged = TRY(workspace(context, options.store).files(options.model));
  serve::DeployRequest request = request_of(options, staged);
  if (options.name.empty()) {
    context.io.note(fmt::format("the endpoint is called {}, after the model's folder (--name says otherwise)",
                                request.name));
  }
  if (options.dry_run) {
    const serve::DeployPlan plan = TRY(context.endpoints()->plan(request));
    TRY(print_plan(context, plan));
    return Exit::ok;
  }
  const Json parameters = {{"model", options.model}, {"name", request.name}, {"force", options.force}};
  return recorded(context, "deploy", parameters, [&](RunRecord& record, const auto&) -> RunResult {
    TRY(open_model(request.folder));
    request.forced = TRY(serve::check_gates(request.folder, options.force,
                                            [&](const std::string& text) { context.io.warn(text); }));
    return deploy(request, context, record);
  });
}

}  // namespace

const Command& deploy_command() {
  static const Command command(
      {"deploy", "lifecycle", "Put a model into service as an endpoint",
       "MODEL --name NAME | -f FILE [flags]",
       "mlctl deploy models/fashion --name fashion\n"
       "mlctl deploy models/fashion-2 --name fashion       # a new revision: no request is lost\n"
       "mlctl rollback fashion",
       "The endpoint runs on its own, survives the terminal, restarts after a crash, and serves a copy of\n"
       "the model. Deploying to the same name starts the new revision beside the old one and hands over\n"
       "when it is ready; a revision that does not get ready is given up and the old one stays.\n"
       "Nothing is started when the token file is missing (exit 5), or empty or shorter than 8 characters\n"
       "(3), or when the model takes other inputs than the one in service (7, unless --force)."},
      declare, check, run);
  return command;
}

}  // namespace mlctl
