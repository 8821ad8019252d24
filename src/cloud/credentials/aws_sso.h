#pragma once
// IAM Identity Center: keys for what `aws sso login` left in ~/.aws/sso/cache.

#include "cloud/credentials/aws_files.h"

namespace mlctl::keys {

bool uses_sso(const AwsProfile& profile);
Result<Credentials> sso_keys(const Asking& asking, const AwsFiles& files, const AwsProfile& profile);

}  // namespace mlctl::keys
