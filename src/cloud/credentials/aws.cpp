#include "cloud/credentials/aws.h"

namespace mlctl::keys {

Found aws_variables(const Asking& asking) {
  return keys_in_variables(asking.env, {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"});
}

const std::vector<Source>& aws_sources() {
  static const std::vector<Source> kSources = {
      {"the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", aws_variables},
      {"AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN", aws_web_identity},
      {"the profile in ~/.aws/credentials and ~/.aws/config", aws_profile},
      {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI", aws_container},
      {"the metadata server of an EC2 instance", aws_instance, "Amazon"},
  };
  return kSources;
}

}  // namespace mlctl::keys
