#include "cloud/credentials/google.h"

namespace mlctl::keys {

const std::vector<Source>& google_sources() {
  static const std::vector<Source> kSources = {
      {"the variables GS_ACCESS_KEY_ID and GS_SECRET_ACCESS_KEY",
       [](const Asking& asking) {
         return keys_in_variables(asking.env,
                                  {"GS_ACCESS_KEY_ID", "GS_SECRET_ACCESS_KEY", "GS_SESSION_TOKEN"});
       }},
      {"the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
       [](const Asking& asking) {
         return keys_in_variables(asking.env,
                                  {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"});
       }},
  };
  return kSources;
}

}  // namespace mlctl::keys
