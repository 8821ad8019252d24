#pragma once
// A store's refusal in the user's words: what was refused, why, and what to do.

#include <string>

#include "cloud/store/xml.h"

namespace mlctl {

struct Refused {
  std::string method, url, bucket;
  int status = 0;
};

// Codes of S3, OSS and Google's XML API; HEAD answers have none, then the status speaks.
Error store_error(const Refused& refused, const StoreError& said);

}  // namespace mlctl
