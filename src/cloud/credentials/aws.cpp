#include "cloud/credentials/aws.h"

namespace mlctl::keys {

Found aws_variables(const Asking& asking) {
  return keys_in_variables(asking.env, {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"});
}

const std::vector<Source>& aws_sources() {
  static const std::vector<Source> kSources = {
      {"the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", aws_variables},
      {"the profile in ~/.aws/credentials and ~/.aws/config", aws_profile},
  };
  return kSources;
}

}  // namespace mlctl::keys
