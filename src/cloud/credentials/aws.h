#pragma once
// Where AWS's own command line finds keys.

#include <vector>

#include "cloud/credentials/asking.h"
#include "cloud/credentials/chain.h"

namespace mlctl::keys {

const std::vector<Source>& aws_sources();  // in the order they are asked
Found aws_variables(const Asking& asking);
Found aws_profile(const Asking& asking);
Result<ProfileSettings> aws_settings(const std::string& profile, const sys::Env& env);

}  // namespace mlctl::keys
