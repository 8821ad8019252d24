#pragma once
// Encryption by a key that only the customer keeps (SSE-C): the store gets it with every request for content
// and forgets it.

#include <string>

#include "cloud/store/service.h"

namespace mlctl {

// `text`: the 32 bytes of the key, or their base64. A connection on which others could read the key, or a
// service that takes none → 2. Errors name `file` and show nothing of the key.
Result<HttpHeaders> customer_key_headers(const Service& service, const Url& endpoint, const std::string& text,
                                         const std::string& file);

}  // namespace mlctl
