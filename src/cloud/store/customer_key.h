#pragma once
// Encryption by a key that only the customer keeps (SSE-C): the store gets it with every request for content
// and forgets it.

#include <string>

#include "cloud/store/service.h"

namespace mlctl {

// `text`: the 32 bytes, or their base64. Where an eavesdropper could read it, or the service takes none → 2.
// No error shows anything of it; `file` is for them.
Result<HttpHeaders> customer_key_headers(const Service& service, const Url& endpoint, const std::string& text,
                                         const std::string& file);

}  // namespace mlctl
