#pragma once
// Where Alibaba Cloud's own command lines (ossutil, aliyun) and SDKs find keys.

#include <vector>

#include "cloud/credentials/asking.h"
#include "cloud/credentials/chain.h"

namespace mlctl::keys {

const std::vector<Source>& alibaba_sources();  // in the order they are asked
Found alibaba_profile(const Asking& asking);
Found alibaba_instance(const Asking& asking, std::string role);  // "" = the instance's own
Result<Credentials> alibaba_url(const Asking& asking, const std::string& url, const std::string& source);
Result<ProfileSettings> alibaba_settings(const std::string& profile, const sys::Env& env);

}  // namespace mlctl::keys
