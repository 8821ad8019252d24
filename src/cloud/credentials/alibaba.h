#pragma once
// Where Alibaba Cloud's own command lines (ossutil, aliyun) and SDKs find keys.

#include <vector>

#include "cloud/credentials/asking.h"
#include "cloud/credentials/chain.h"

namespace mlctl::keys {

const std::vector<Source>& alibaba_sources();  // in the order they are asked
Found aliyun_profile(const Asking& asking);
Found ossutil_profile(const Asking& asking);
Result<ProfileSettings> alibaba_settings(const std::string& profile, const sys::Env& env);

}  // namespace mlctl::keys
