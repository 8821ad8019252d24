// -o jsonpath=… over documents that hold foreign text, and their YAML.

#include "cmd/shell/output.h"
#include "core/text/json.h"
#include "core/text/yaml.h"
#include "fuzz/fuzz.h"

using namespace mlctl;

FUZZ(input) {
  static const Json document = {
      {"kind", "List"}, {"items", {{{"name", "a"}, {"size", 1}}, {{"name", "b"}, {"files", {"x", "y"}}}}}};
  const size_t end = std::min(input.find('\n'), input.size());
  (void)jsonpath(document, std::string(input.substr(0, end)));
  const auto other = parse_json(input.substr(std::min(end + 1, input.size())), "x");
  if (!other) return;
  (void)jsonpath(*other, std::string(input.substr(0, end)));
  (void)parse_yaml({"x", to_yaml(*other)});
}
