#pragma once
// A Deploy manifest.

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "core/base/result.h"

namespace mlctl::serve {

struct DeploySpec {
  std::string model;
  std::optional<std::string> host;
  std::optional<int64_t> port, replicas, max_batch, max_queue;
  std::string token_file, tls_certificate, tls_key;
  bool force = false;
};

// Of a spec that its schema accepted; anything else → 3, naming `where`.
Result<DeploySpec> deploy_spec_from_json(const nlohmann::ordered_json& spec, const std::string& where);

}  // namespace mlctl::serve
