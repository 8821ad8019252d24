#pragma once
// The HTTP client. One connection is kept open to the last host, so a stream of calls pays for one handshake.

#include <filesystem>
#include <memory>

#include "core/net/http.h"

namespace mlctl {

struct HttpClientOptions {
  std::filesystem::path
      ca_file{};  // certificates to trust beside the system's ($SSL_CERT_FILE is obeyed too)
  size_t max_body = size_t{256} << 20;
};

std::unique_ptr<Http> make_http_client(HttpClientOptions options = {});

}  // namespace mlctl
