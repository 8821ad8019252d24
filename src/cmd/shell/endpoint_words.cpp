#include "cmd/shell/endpoint_words.h"

#include "core/base/strings.h"
#include "core/base/visible.h"
#include "core/run/lineage.h"
#include "core/sys/fs.h"

namespace mlctl {

std::string endpoint_name(const std::string& argument) {
  for (const char* prefix : {"endpoint/", "endpoints/"}) {
    if (argument.starts_with(prefix)) return argument.substr(std::string_view(prefix).size());
  }
  return argument;
}

std::vector<RunRecord> sources_of(const std::vector<RunRecord>& runs, const serve::Endpoint& endpoint) {
  const serve::EndpointRevision* current = endpoint.revision(endpoint.status.revision);
  if (current == nullptr) return {};
  return made_by(runs, {"endpoint/" + endpoint.spec.name, current->digest});
}

Result<std::string> read_token_file(const std::string& file) {
  if (file.empty()) return std::string();
  const std::string text = TRY(sys::read_input(file, uint64_t{64} << 10));
  return std::string(trim(text));
}

Result<> print_endpoint(Context& context, const serve::Endpoint& endpoint, const std::string& sentence) {
  return print(context, document("Endpoint", to_json(endpoint)), "endpoint/" + endpoint.spec.name,
               [&](bool) { return visible(sentence) + "\n"; });
}

}  // namespace mlctl
