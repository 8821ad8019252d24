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

// The keys for a scheme's store, found as the vendor's tools find them: s3 as aws, oss as ossutil and
// aliyun, gs as gcloud (HMAC keys, or a bearer token: Credentials::is_bearer). Nothing is looked for until
// the cache is asked. No place has keys → 4, naming every place; a place that is set up but broken → 4 (or
// 9, 13 when it could not be reached). `profile`: of ~/.aws/config or ~/.aliyun/config.json; "" =
// AWS_PROFILE or ALIBABA_CLOUD_PROFILE, else the default. Keys in variables come before any profile.
std::shared_ptr<CredentialsCache> credentials_for(const Service& service, const std::string& profile,
                                                  const sys::Env& env, sys::Clock& clock,
                                                  std::shared_ptr<Http> http);

// What doctor shows for a scheme: the source whose keys would be used, "" when no place has any. Waits for
// the network a second at most, and asks a metadata server only if `maker` (the machine's, from its
// firmware) is the vendor.
Result<std::string> keys_in_words(const Service& service, const std::string& profile, const sys::Env& env,
                                  sys::Clock& clock, Http& http, const std::string& maker);

// What the vendor's files say besides keys; "" for what they don't say.
struct ProfileSettings {
  std::string region, endpoint;
};
Result<ProfileSettings> profile_settings(const Service& service, const std::string& profile,
                                         const sys::Env& env);

}  // namespace mlctl
