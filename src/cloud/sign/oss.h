#pragma once
// The signatures of Alibaba Cloud OSS's own protocol. V4: help.aliyun.com, "Include a V4 signature in the
// Authorization header"; V1: "Include a V1 signature". Both sign "/BUCKET/KEY" whether or not the bucket is
// in the host.

#include <string>
#include <vector>

#include "cloud/sign/request.h"

namespace mlctl {

// Adds x-oss-date, x-oss-content-sha256, x-oss-security-token and authorization. Signed are content-type,
// content-md5, x-oss-… and the headers named in `additional` (lower case) that the request has. The scope's
// region is written without "oss-"; its service is "oss" (or "oss-cloudbox").
void sign_oss_v4(StoreRequest& request, const Credentials& credentials, const SigningScope& scope,
                 std::vector<std::string> additional = {});
void presign_oss_v4(StoreRequest& request, const Credentials& credentials, const SigningScope& scope,
                    int64_t expires_seconds, std::vector<std::string> additional = {});

// Adds date, x-oss-security-token and authorization. `more_sub_resources` are query items to sign beyond
// those every version knows.
void sign_oss_v1(StoreRequest& request, const Credentials& credentials, int64_t time_millis,
                 const std::vector<std::string>& more_sub_resources = {});
// `expires_at`: Unix seconds.
void presign_oss_v1(StoreRequest& request, const Credentials& credentials, int64_t expires_at);

}  // namespace mlctl
