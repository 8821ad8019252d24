#pragma once
// Alibaba Cloud's Security Token Service: roles for keys.

#include "cloud/credentials/asking.h"
#include "cloud/sign/request.h"

namespace mlctl::keys {

struct RamRole {
  std::string arn;
  std::string session{}, external_id{}, policy{}, duration{};  // "" = mlctl-TIME, none, none, an hour
  std::string endpoint = "https://sts.aliyuncs.com";
};
// The endpoint of a region ("" = the global one); with `inside`, the one in the cloud's own network.
std::string alibaba_sts_endpoint(const std::string& region, bool inside);

Result<Credentials> assume_ram_role(const Asking& asking, const RamRole& role, const Credentials& from,
                                    const std::string& source);
// RRSA: a service account's token of a Kubernetes cluster.
Result<Credentials> assume_ram_role_with_token(const Asking& asking, const RamRole& role,
                                               const std::string& provider_arn, const std::string& token,
                                               const std::string& source);

// The signature of an RPC call (help.aliyun.com, "RPC mechanism", version 1.0), base64.
std::string rpc_signature(const std::string& method, QueryItems items, const std::string& secret);

}  // namespace mlctl::keys
