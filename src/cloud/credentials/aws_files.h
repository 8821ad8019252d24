#pragma once
// ~/.aws/config and ~/.aws/credentials, as one set of profiles.

#include "cloud/credentials/asking.h"
#include "cloud/credentials/ini.h"

namespace mlctl::keys {

struct AwsProfile {
  std::string name;
  IniSection settings{};  // of both files; the credentials file wins
  std::string place{};    // for people: "profile default of ~/.aws/credentials", the file that has the keys
};

class AwsFiles {
 public:
  static Result<AwsFiles> read(const sys::Env& env);
  // Neither file has it: nothing for "default", else an error that names the files and a near name.
  Result<std::optional<AwsProfile>> profile(const std::string& name) const;
  const IniSection* sso_session(const std::string& name) const;
  // endpoint_url of `service` ("s3", "sts") in the profile or its `services` section; "" when none is set.
  std::string endpoint(const AwsProfile& profile, const std::string& service) const;

 private:
  IniFile config_, credentials_;
};

// The name asked for, else AWS_PROFILE, else "default".
std::string aws_profile_name(const std::string& asked, const sys::Env& env);

}  // namespace mlctl::keys
