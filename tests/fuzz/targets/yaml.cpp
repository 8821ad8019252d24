// YAML, and manifests of every kind. No variable is set: ${env:NAME} finds nothing.

#include "core/text/yaml.h"
#include "core/base/limits.h"

#include <nlohmann/json.hpp>

#include "core/manifest/manifest.h"
#include "fuzz/fuzz.h"

using namespace mlctl;

namespace {

size_t count(const YamlNode& node) {
  size_t nodes = 1;
  for (const YamlNode& item : node.items) nodes += count(item);
  return nodes;
}

}  // namespace

FUZZ(input) {
  const Source source{"fuzz.yaml", std::string(input)};
  const auto documents = parse_yaml(source);
  if (!documents) return;
  size_t nodes = 0;
  for (const YamlNode& document : *documents) {
    nodes += count(document);
    (void)to_json(document).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  }
  fuzz::claim(nodes <= input.size() + limits::kYamlAliasedNodes + 1, "aliases add no more than their limit");
  const auto manifests = read_documents(source, "/folder", {}, {});
  if (!manifests) return;
  for (const ManifestDocument& document : *manifests)
    if (!document.problems.empty())
      fuzz::claim(!problems_error(document).message.empty(), "a problem is put into words");
}
