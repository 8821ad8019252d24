#include "cloud/credentials/alibaba.h"

namespace mlctl::keys {

const std::vector<Source>& alibaba_sources() {
  static const std::vector<Source> kSources = {
      {"the variables OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET",
       [](const Asking& asking) {
         return keys_in_variables(asking.env,
                                  {"OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN"});
       }},
      {"the variables ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET",
       [](const Asking& asking) {
         return keys_in_variables(asking.env,
                                  {"ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
                                   "ALIBABA_CLOUD_SECURITY_TOKEN"});
       }},
      {"the profile in ~/.aliyun/config.json", aliyun_profile},
      {"~/.ossutilconfig", ossutil_profile},
  };
  return kSources;
}

}  // namespace mlctl::keys
