#pragma once
// A request as -v shows it, one line each, without anything that gives access: signatures, key ids and
// tokens of a query are left out, and headers are not shown.

#include <string>

#include "cloud/sign/request.h"

namespace mlctl {

struct Traced {
  std::string method, url;
  int status = 0;  // 0: no answer came, and `failure` says why
  std::string failure{};
  double seconds = 0;
  int tried = 1;  // which try it was
};
std::string trace_line(const Traced& traced);  // "GET https://host/bucket/key 200 12 ms, try 2"

// `origin`: "https://host:9000".
std::string shown_url(const std::string& origin, const StoreRequest& request);

}  // namespace mlctl
