#pragma once
// AWS's Security Token Service: roles for keys.

#include "cloud/credentials/asking.h"

namespace mlctl::keys {

struct Sts {
  std::string endpoint, region;
};
struct Role {
  std::string arn;
  std::string session{}, external_id{}, duration{};  // "" = mlctl-TIME, none, the service's hour
};

Result<Credentials> assume_role(const Asking& asking, const Sts& sts, const Role& role,
                                const Credentials& from, const std::string& source);
Result<Credentials> assume_role_with_token(const Asking& asking, const Sts& sts, const Role& role,
                                           const std::string& token, const std::string& source);

}  // namespace mlctl::keys
