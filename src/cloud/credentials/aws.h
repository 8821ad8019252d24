#pragma once
// Where AWS's own command line finds keys.

#include <vector>

#include "cloud/credentials/asking.h"
#include "cloud/credentials/chain.h"

namespace mlctl::keys {

const std::vector<Source>& aws_sources();  // in the order they are asked
Found aws_variables(const Asking& asking);
Found aws_web_identity(const Asking& asking);
Found aws_profile(const Asking& asking);
Found aws_container(const Asking& asking);  // ECS, EKS Pod Identity
Found aws_instance(const Asking& asking);   // EC2, metadata version 2
Result<ProfileSettings> aws_settings(const std::string& profile, const sys::Env& env);

}  // namespace mlctl::keys
