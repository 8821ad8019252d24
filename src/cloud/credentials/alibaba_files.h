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

// The profile asked for (else ALIBABA_CLOUD_PROFILE) of ~/.aliyun/config.json, ~/.alibabacloud/credentials or
// ~/.ossutilconfig, whichever has it first; without a name each file's default. None → nothing, or, when it
// was named, 4 with the files.
Result<std::optional<AlibabaProfile>> alibaba_file_profile(const std::string& asked, const sys::Env& env);
// A profile of ~/.aliyun/config.json by name: another one's source.
Result<AlibabaProfile> aliyun_cli_profile(const std::string& name, const sys::Env& env);

// What ~/.ossutilconfig says of a bucket's or its own endpoint and region.
struct OssutilPlace {
  std::string endpoint, region;
};
Result<OssutilPlace> ossutil_place(const std::string& profile, const sys::Env& env);

}  // namespace mlctl::keys
