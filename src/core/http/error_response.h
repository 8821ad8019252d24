#pragma once
// The server's refusals.

#include <string>

#include "core/net/http.h"

namespace mlctl::serve {

// {"error": message}. Messages quote what callers sent, and that is any bytes: those that are not UTF-8 are
// replaced, and long ones cut.
HttpResponse error_response(int status, const std::string& message, const std::string& hint = {});

}  // namespace mlctl::serve
