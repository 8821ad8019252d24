#include "core/endpoint/deploy.h"

#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/strings.h"
#include "core/endpoint/endpoint_log.h"
#include "core/endpoint/supervisor.h"
#include "core/eval/evaluations.h"
#include "core/http/http_server.h"
#include "core/http/stream.h"
#include "core/model/package.h"
#include "core/output/checked_file.h"
#include "core/serve/run_server.h"
#include "core/sys/fs.h"

namespace mlctl::serve {

namespace {

constexpr int kFirstPort = 8080, kPorts = 200;

// Closes the descriptor at the end of the scope.
struct Socket {
  int fd = -1;
  ~Socket() {
    if (fd >= 0) ::close(fd);
  }
};

Result<int> listen_for(EndpointSpec& spec) {
  if (spec.port != 0) return listen_on(spec.host, static_cast<int>(spec.port));
  Result<int> fd = fail(Exit::conflict, "no free port", "give one with --port");
  for (int port = kFirstPort; port < kFirstPort + kPorts; ++port) {
    fd = listen_on(spec.host, port);
    if (!fd && fd.error().code == Exit::conflict) continue;
    if (fd) spec.port = port;
    break;
  }
  return fd;
}

bool same_settings(const EndpointSpec& a, const EndpointSpec& b) {
  return a.host == b.host && a.port == b.port && a.replicas == b.replicas && a.max_batch == b.max_batch &&
         a.max_queue == b.max_queue && a.token_file == b.token_file &&
         a.tls_certificate == b.tls_certificate && a.tls_key == b.tls_key;
}

// The endpoint outlives the working folder of this command, so its paths must be absolute.
std::string absolute(const std::string& path) {
  std::error_code code;
  return path.empty() ? path : std::filesystem::absolute(path, code).string();
}

void apply(const DeployRequest& request, EndpointSpec& spec) {
  if (request.host) spec.host = *request.host;
  if (request.port) spec.port = *request.port;
  if (request.replicas) spec.replicas = *request.replicas;
  if (request.max_batch) spec.max_batch = *request.max_batch;
  if (request.max_queue) spec.max_queue = *request.max_queue;
  if (!request.token_file.empty()) spec.token_file = absolute(request.token_file);
  if (!request.tls_certificate.empty()) spec.tls_certificate = absolute(request.tls_certificate);
  if (!request.tls_key.empty()) spec.tls_key = absolute(request.tls_key);
}

// The model's own files and nothing else: the copy has the same digest.
Result<> copy_model(const std::filesystem::path& from, const sys::PathAt& to, const std::string& digest) {
  const Model model = TRY(open_model(from));
  const std::string document = TRY(sys::read_file(from / "model.json", limits::kJsonBytes));
  TRY(sys::write_file(to / "model.json", document));
  CheckedFiles files(from, "model.json");
  for (const FileEntry& file : model.files) {
    TRY(files.read(file, [&](const std::string&, std::string_view bytes) {
      return sys::write_file(to / file.path.text(), bytes);
    }));
  }
  TRY(open_model(to.path()));  // verifies the hashes of what was copied
  if (TRY(model_digest(to.path())) == digest) return {};
  return fail(Exit::conflict, from.string() + " was changed while it was being deployed", "deploy it again");
}

std::string last_lines(const std::filesystem::path& folder) {
  std::string text;
  for (const std::string& line : read_log(folder, 6).value_or(std::vector<std::string>{})) {
    text += "  " + message_of(line) + "\n";
  }
  if (!text.empty()) text.pop_back();
  return text;
}

Error not_ready(const std::filesystem::path& folder, const EndpointStatus& status, const EndpointSpec& spec) {
  Error error;
  error.code = status.cause;
  error.message = fmt::format("revision {} of {} did not become ready: {}", spec.revision, spec.name,
                              status.message.empty() ? "its supervisor ended" : status.message);
  error.detail = last_lines(folder);
  if (status.revision != 0) error.hint = fmt::format("revision {} goes on serving", status.revision);
  return error;
}

// Waits until the supervisor has put the spec into effect or given it up.
Result<> wait_for(const std::filesystem::path& folder, const EndpointSpec& spec, double timeout,
                  sys::Clock& clock, const sys::StopFlag& stop) {
  const double began = clock.monotonic();
  bool seen_running = false;
  for (;;) {
    const EndpointStatus status = read_status(folder).value_or(EndpointStatus{});
    const bool running = sys::is_running(status.supervisor);
    seen_running |= running;
    if (status.observed == spec.generation) {
      if (status.revision == spec.revision && status.message.empty()) return {};
      return fail(not_ready(folder, status, spec));
    }
    const double waited = clock.monotonic() - began;
    if (stop) return fail(stop.code(), "interrupted while waiting; the deployment goes on by itself");
    if (!running && (seen_running || waited > 5)) return fail(not_ready(folder, status, spec));
    if (waited > timeout) {
      return fail(Exit::timeout, fmt::format("{} is not ready after {}", spec.name, human_duration(timeout)),
                  "mlctl logs " + spec.name + " shows why");
    }
    clock.sleep(0.03);
  }
}

// Hands the spec to the running supervisor, or to a new one.
Result<> fulfil(const std::filesystem::path& folder, EndpointSpec spec, double timeout, sys::Clock& clock,
                const sys::StopFlag& stop) {
  const EndpointStatus status = read_status(folder).value_or(EndpointStatus{});
  const bool running = sys::is_running(status.supervisor);
  Socket socket;
  if (!running) {
    socket.fd = TRY(listen_for(spec));
    TRY(write_status(folder, {}));
  }
  TRY(write_spec(folder, spec));
  if (!running) TRY(spawn_supervisor(folder, socket.fd));
  return wait_for(folder, spec, timeout, clock, stop);
}

Result<sys::Lock> lock_endpoint(const std::filesystem::path& root, const std::string& name) {
  const sys::PathAt place = TRY(sys::private_place(root, "." + name + ".lock"));
  return sys::Lock::take(place);
}

// Every new worker reads these files: errors in them should be found before the first one starts.
Result<> check_files(const EndpointSpec& spec) {
  TRY(read_token(spec.token_file));
  if (!spec.tls_certificate.empty()) TRY(TlsContext::load(spec.tls_certificate, spec.tls_key));
  return {};
}

// The new model must take the kind of input that the endpoint's callers send: a model of texts would answer
// pictures with errors only.
Result<> check_same_kind(const std::filesystem::path& folder, const Endpoint& endpoint,
                         const DeployRequest& request, const Model& model) {
  const Result<Model> before = open_model(revision_folder(folder, endpoint.status.revision) / "model");
  if (!before || request.force) return {};
  const InputKind had = before->network.input.kind, has = model.network.input.kind;
  if (had == has && before->task == model.task) return {};
  return fail(
      Exit::data,
      fmt::format("endpoint {} serves {} of {} data, {} is {} of {} data: its callers would break",
                  request.name, name(before->task), name(had), request.model, name(model.task), name(has)),
      "choose another --name, or replace it with --force");
}

}  // namespace

Result<bool> check_gates(const std::filesystem::path& model, bool force,
                         const std::function<void(const std::string&)>& warn) {
  const std::optional<Evaluation> last = TRY(read_latest(model));
  if (!last) {
    warn("the model was never evaluated: mlctl eval MODEL --data DATASET --gate '…' tells how good it is");
    return false;
  }
  if (last->passed()) return false;
  std::vector<std::string> failed;
  for (const GateOutcome& gate : last->gates) {
    if (!gate.passed) failed.push_back(fmt::format("{} (it was {:.4g})", gate.expr, gate.value));
  }
  const std::string what = fmt::format("the model's last evaluation failed its gate {}", join(failed, ", "));
  if (!force) return fail(Exit::gate, what, "train a better one, or overrule the gate with --force");
  warn(what + "; deployed all the same, by --force");
  return true;
}

Result<DeployPlan> plan_deploy(const std::filesystem::path& root, const DeployRequest& request,
                               sys::Clock& clock) {
  TRY(check_endpoint_name(request.name));
  const Model model = TRY(open_model(request.folder));
  DeployPlan plan;
  plan.revision = {1, request.model, TRY(model_digest(request.folder)), request.forced, clock.unix_millis()};
  plan.is_new = !sys::exists(root / request.name / "endpoint.json");
  if (plan.is_new) {
    plan.spec.name = request.name;
    plan.spec.created = clock.unix_millis();
  } else {
    const Endpoint endpoint = TRY(open_endpoint(root, request.name));
    plan.spec = endpoint.spec;
    apply(request, plan.spec);
    const bool running = endpoint.state != "down";
    if (running && (plan.spec.host != endpoint.spec.host || plan.spec.port != endpoint.spec.port)) {
      return fail(Exit::conflict, fmt::format("{} serves on {}", request.name, endpoint.status.url),
                  "to move it, delete the endpoint first, or deploy under another name");
    }
    TRY(check_same_kind(root / request.name, endpoint, request, model));
    const EndpointRevision* const current = endpoint.revision(endpoint.status.revision);
    plan.up_to_date = running && current != nullptr && current->digest == plan.revision.digest &&
                      endpoint.spec.revision == current->number && same_settings(plan.spec, endpoint.spec);
    if (!endpoint.revisions.empty()) plan.revision.number = endpoint.revisions.back().number + 1;
  }
  apply(request, plan.spec);
  TRY(check_files(plan.spec));
  plan.spec.revision = plan.revision.number;
  ++plan.spec.generation;
  return plan;
}

Result<Endpoint> run_deploy(const std::filesystem::path& root, const DeployRequest& request,
                            sys::Clock& clock, const sys::StopFlag& stop) {
  const sys::Lock lock = TRY(lock_endpoint(root, request.name));
  DeployPlan plan = TRY(plan_deploy(root, request, clock));
  if (plan.up_to_date) return open_endpoint(root, request.name);
  const std::filesystem::path folder = root / request.name;
  const std::filesystem::path revision = revision_folder(folder, plan.revision.number);
  const Result<> done = [&]() -> Result<> {
    TRY(sys::remove_tree(revision));  // of a deployment that was killed half-way
    const sys::PathAt copy = TRY(sys::private_place(root, revision.lexically_relative(root) / "model"));
    TRY(copy_model(request.folder, copy, plan.revision.digest));
    TRY(write_revision(folder, plan.revision));
    return fulfil(folder, plan.spec, request.timeout, clock, stop);
  }();
  const bool interrupted = !done && stop;
  if (!done && !interrupted) {
    if (plan.is_new) {
      // Its supervisor may still be writing its last words there.
      if (!delete_endpoint(root, request.name, clock)) (void)sys::remove_tree(folder);
    } else {
      (void)sys::remove_tree(revision);
      // Asks again for the revision that serves.
      EndpointSpec spec = TRY(read_spec(folder));
      if (!spec.history.empty()) spec.revision = spec.history.back();
      TRY(write_spec(folder, spec));
    }
    return fail(done.error());
  }
  if (interrupted) return fail(done.error());
  EndpointSpec spec = TRY(read_spec(folder));
  spec.history.push_back(plan.revision.number);
  TRY(write_spec(folder, spec));
  return open_endpoint(root, request.name);
}

Result<Endpoint> roll_back(const std::filesystem::path& root, const std::string& name, int64_t revision,
                           double timeout, sys::Clock& clock, const sys::StopFlag& stop) {
  const sys::Lock lock = TRY(lock_endpoint(root, name));
  const Endpoint endpoint = TRY(open_endpoint(root, name));
  const std::filesystem::path folder = root / name;
  EndpointSpec spec = endpoint.spec;
  if (revision == 0) {
    const auto before = std::find_if(spec.history.rbegin(), spec.history.rend(), [&](int64_t number) {
      return number != spec.revision && endpoint.revision(number) != nullptr;
    });
    if (before == spec.history.rend()) {
      return fail(Exit::not_found, fmt::format("{} has no earlier revision to go back to", name));
    }
    revision = *before;
  }
  if (endpoint.revision(revision) == nullptr) {
    std::vector<std::string> numbers;
    for (const EndpointRevision& each : endpoint.revisions) numbers.push_back(std::to_string(each.number));
    return fail(Exit::not_found, fmt::format("{} has no revision {}", name, revision),
                "it has " + join(numbers, ", "));
  }
  if (revision == endpoint.status.revision && endpoint.state != "down") return endpoint;
  spec.revision = revision;
  ++spec.generation;
  TRY(fulfil(folder, spec, timeout, clock, stop));
  spec = TRY(read_spec(folder));
  spec.history.push_back(revision);
  TRY(write_spec(folder, spec));
  return open_endpoint(root, name);
}

}  // namespace mlctl::serve
