#include "core/endpoint/endpoints.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/sys/fs.h"

namespace mlctl::serve {

namespace {

// How long to wait for a supervisor: a little longer than its workers may take to drain.
constexpr double kStopSeconds = 35;
// How long to wait for a worker whose supervisor is gone.
constexpr double kOrphanSeconds = 1;

std::vector<EndpointRevision> read_revisions(const std::filesystem::path& folder) {
  std::vector<EndpointRevision> revisions;
  std::error_code code;
  for (auto at = std::filesystem::directory_iterator(folder / "revisions", code); !code && at != end(at);
       at.increment(code)) {
    // A folder without its revision.json is a deployment that was killed half-way.
    if (const auto revision = read_revision(at->path() / "revision.json")) revisions.push_back(*revision);
  }
  std::sort(revisions.begin(), revisions.end(),
            [](const auto& a, const auto& b) { return a.number < b.number; });
  return revisions;
}

}  // namespace

const EndpointRevision* Endpoint::revision(int64_t number) const {
  const auto found = std::find_if(revisions.begin(), revisions.end(),
                                  [&](const EndpointRevision& each) { return each.number == number; });
  return found == revisions.end() ? nullptr : &*found;
}

std::vector<std::string> endpoint_names(const std::filesystem::path& root) {
  std::vector<std::string> names;
  std::error_code code;
  for (auto at = std::filesystem::directory_iterator(root, code); !code && at != end(at);
       at.increment(code)) {
    if (sys::exists(at->path() / "endpoint.json")) names.push_back(at->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<> check_endpoint_name(const std::string& name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  const bool valid = !name.empty() && name.size() <= 63 && plain(name.front()) &&
                     std::all_of(name.begin(), name.end(),
                                 [&](char c) { return plain(c) || c == '-' || c == '.' || c == '_'; });
  if (valid) return {};
  return fail(Exit::usage, fmt::format("\"{}\" is not a name for an endpoint", name),
              "use letters, digits, - . _, at most 63, beginning with a letter or digit");
}

Result<Endpoint> open_endpoint(const std::filesystem::path& root, const std::string& name) {
  const std::filesystem::path folder = root / name;
  if (!check_endpoint_name(name) || !sys::exists(folder / "endpoint.json")) {
    const std::string near = did_you_mean(name, endpoint_names(root));
    return fail(Exit::not_found, fmt::format("no endpoint \"{}\"", name),
                near.empty() ? "mlctl get endpoints lists them; mlctl deploy MODEL --name NAME makes one"
                             : fmt::format("did you mean {}?", near));
  }
  Endpoint endpoint;
  endpoint.spec = TRY(read_spec(folder));
  if (sys::exists(folder / "status.json")) endpoint.status = TRY(read_status(folder));
  endpoint.revisions = read_revisions(folder);
  const bool running = sys::is_running(endpoint.status.supervisor);
  endpoint.state = running ? endpoint.status.state : "down";
  for (const WorkerStatus& worker : endpoint.status.workers) {
    endpoint.ready += running && worker.ready && worker.revision == endpoint.status.revision ? 1 : 0;
  }
  return endpoint;
}

Result<> delete_endpoint(const std::filesystem::path& root, const std::string& name, sys::Clock& clock) {
  const Endpoint endpoint = TRY(open_endpoint(root, name));
  const sys::ProcessId& supervisor = endpoint.status.supervisor;
  std::vector<sys::ProcessId> workers;
  if (sys::is_running(supervisor)) workers = sys::children_of(supervisor.pid);  // those that drain, too
  for (const WorkerStatus& worker : endpoint.status.workers) workers.push_back(worker.process);
  sys::end_process(supervisor, kStopSeconds, clock);
  // Workers end with their supervisor; end those that did not.
  for (const sys::ProcessId& worker : workers) sys::end_process(worker, kOrphanSeconds, clock);
  return sys::remove_tree(root / name);
}

}  // namespace mlctl::serve
