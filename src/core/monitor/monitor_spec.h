#pragma once
// A Monitor manifest.

#include <string>
#include <vector>

#include "core/manifest/manifest.h"
#include "core/monitor/rules.h"

namespace mlctl::monitor {

struct MonitorSpec {
  std::string endpoint;   // its name or URL; the manifest's own name where the spec has none
  std::string reference;  // a model or dataset; "" = the training data of the model in service
  std::vector<Rule> rules;
};

// Of a manifest that its schema accepted. A rule that is none → 3, naming its place in the file.
Result<MonitorSpec> monitor_spec(const Manifest& manifest);

}  // namespace mlctl::monitor
