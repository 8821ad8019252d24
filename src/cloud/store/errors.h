#pragma once
// Explains a store's refusal to the user: what was refused, why, and what to do.

#include <string>

#include "cloud/store/xml.h"

namespace mlctl {

struct Refused {
  std::string method, url, bucket;
  int status = 0;
};

// Knows the codes of S3, OSS and Google's XML API. Answers to HEAD have no code; then the status decides.
Error store_error(const Refused& refused, const StoreError& said);

}  // namespace mlctl
