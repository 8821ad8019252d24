#pragma once
// Finds keys as each vendor's own command line does, and says where they came from.

#include <memory>
#include <string>

#include "cloud/credentials/source.h"
#include "cloud/store/service.h"
#include "core/net/http.h"
#include "core/sys/clock.h"
#include "core/sys/env.h"

namespace mlctl {

// The keys of a scheme's store: s3 as aws does, oss as ossutil and aliyun do, gs as gcloud does (HMAC keys,
// or a bearer token: Credentials::is_bearer). Nothing is looked for until the cache is asked. No place has
// keys → 4, naming every place; a place that is set up but broken → 4 (or 9, 13 when it could not be
// reached). `profile`: of ~/.aws/config or ~/.aliyun/config.json; "" = AWS_PROFILE or ALIBABA_CLOUD_PROFILE,
// else the default. Keys in variables come before any profile.
std::shared_ptr<CredentialsCache> credentials_for(const Service& service, const std::string& profile,
                                                  const sys::Env& env, sys::Clock& clock,
                                                  std::shared_ptr<Http> http);

// What doctor says of a scheme: the source whose keys would be used, "" when no place has any. The network is
// asked for a second at most, and a metadata server only where `maker` (as the machine's firmware has it) is
// the vendor's.
Result<std::string> keys_in_words(const Service& service, const std::string& profile, const sys::Env& env,
                                  sys::Clock& clock, Http& http, const std::string& maker);

// What the vendor's files say beside keys; "" where they say nothing.
struct ProfileSettings {
  std::string region, endpoint;
};
Result<ProfileSettings> profile_settings(const Service& service, const std::string& profile,
                                         const sys::Env& env);

}  // namespace mlctl
