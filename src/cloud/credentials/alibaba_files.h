#pragma once
// The profiles of aliyun, Alibaba Cloud's SDKs and ossutil, read as one kind.

#include <map>

#include "cloud/credentials/asking.h"

namespace mlctl::keys {

struct AlibabaProfile {
  std::string name, place;  // place is for people
  // Keys in lower case without "-" and "_": the three files spell them in as many ways.
  std::map<std::string, std::string> settings{};
  std::string get(std::initializer_list<const char*> keys) const;  // the first that is set, or ""
};

// The profile `asked` for (else ALIBABA_CLOUD_PROFILE) from ~/.aliyun/config.json,
// ~/.alibabacloud/credentials or ~/.ossutilconfig, whichever has it first; without a name, each file's
// default. Not found → nothing, or 4 naming the files if it was asked for by name.
Result<std::optional<AlibabaProfile>> alibaba_file_profile(const std::string& asked, const sys::Env& env);
// A profile of ~/.aliyun/config.json by name: one that another profile names as its source.
Result<AlibabaProfile> aliyun_cli_profile(const std::string& name, const sys::Env& env);

// The endpoint and region that ~/.ossutilconfig gives for a bucket, or in general.
struct OssutilPlace {
  std::string endpoint, region;
};
Result<OssutilPlace> ossutil_place(const std::string& profile, const sys::Env& env);

}  // namespace mlctl::keys
