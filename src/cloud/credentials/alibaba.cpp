#include "cloud/credentials/alibaba.h"

#include <fmt/format.h>

#include "cloud/credentials/alibaba_sts.h"
#include "cloud/credentials/answers.h"

namespace mlctl::keys {

namespace {

Found oss_variables(const Asking& asking) {
  return keys_in_variables(asking.env, {"OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN"});
}

Found cloud_variables(const Asking& asking) {
  return keys_in_variables(asking.env, {"ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
                                        "ALIBABA_CLOUD_SECURITY_TOKEN"});
}

// RRSA. When only some of the three variables are set, that is an error: it must not fall back to the keys
// of the node.
Found token_of_cluster(const Asking& asking) {
  const std::string role = asking.env.get("ALIBABA_CLOUD_ROLE_ARN").value_or("");
  const std::string provider = asking.env.get("ALIBABA_CLOUD_OIDC_PROVIDER_ARN").value_or("");
  const std::string file = asking.env.get("ALIBABA_CLOUD_OIDC_TOKEN_FILE").value_or("");
  if (role.empty() && provider.empty() && file.empty()) return std::nullopt;
  if (role.empty() || provider.empty() || file.empty())
    return fail(Exit::auth,
                fmt::format("{} is not set, but others of its set are",
                            role.empty()       ? "ALIBABA_CLOUD_ROLE_ARN"
                            : provider.empty() ? "ALIBABA_CLOUD_OIDC_PROVIDER_ARN"
                                               : "ALIBABA_CLOUD_OIDC_TOKEN_FILE"),
                "set ALIBABA_CLOUD_ROLE_ARN, _OIDC_PROVIDER_ARN and _OIDC_TOKEN_FILE, or none of them");
  const std::string token = TRY(read_token(file, "ALIBABA_CLOUD_OIDC_TOKEN_FILE"));
  RamRole as{role, asking.env.get("ALIBABA_CLOUD_ROLE_SESSION_NAME").value_or("")};
  as.endpoint = alibaba_sts_endpoint(asking.env.get("ALIBABA_CLOUD_STS_REGION").value_or(""),
                                     is_true(asking.env, "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED"));
  return TRY(assume_ram_role_with_token(asking, as, provider, token, fmt::format("RRSA, role {}", role)));
}

Found named_url(const Asking& asking) {
  const auto url = asking.env.get("ALIBABA_CLOUD_CREDENTIALS_URI");
  if (!url) return std::nullopt;
  return TRY(alibaba_url(asking, *url, "ALIBABA_CLOUD_CREDENTIALS_URI"));
}

}  // namespace

const std::vector<Source>& alibaba_sources() {
  static const std::vector<Source> kSources = {
      {"the variables OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET", oss_variables},
      {"ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET", cloud_variables},
      {"ALIBABA_CLOUD_ROLE_ARN with _OIDC_PROVIDER_ARN and _OIDC_TOKEN_FILE", token_of_cluster},
      {"~/.aliyun/config.json, ~/.alibabacloud/credentials, ~/.ossutilconfig", alibaba_profile},
      {"ALIBABA_CLOUD_CREDENTIALS_URI", named_url},
      {"the metadata server of an ECS instance",
       [](const Asking& asking) { return alibaba_instance(asking, ""); }, "Alibaba"},
  };
  return kSources;
}

}  // namespace mlctl::keys
