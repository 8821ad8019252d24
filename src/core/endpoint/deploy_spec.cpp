#include "core/endpoint/deploy_spec.h"

#include "core/text/json_fields.h"

namespace mlctl::serve {

Result<DeploySpec> deploy_spec_from_json(const nlohmann::ordered_json& spec, const std::string& where) {
  return decode_json(where, Exit::manifest, [&]() -> Result<DeploySpec> {
    const Fields fields(spec);
    const auto number = [&](const char* key) {
      return fields.has(key) ? std::optional(fields.get<int64_t>(key)) : std::nullopt;
    };
    DeploySpec result;
    result.model = fields.get<std::string>("model");
    if (fields.has("host")) result.host = fields.get<std::string>("host");
    result.port = number("port");
    result.replicas = number("replicas");
    result.max_batch = number("maxBatch");
    result.max_queue = number("maxQueue");
    result.token_file = fields.get_or("tokenFile", std::string());
    result.tls_certificate = fields.get_or("tlsCert", std::string());
    result.tls_key = fields.get_or("tlsKey", std::string());
    result.force = fields.get_or("force", false);
    return result;
  });
}

}  // namespace mlctl::serve
