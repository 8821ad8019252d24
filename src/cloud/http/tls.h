#pragma once
// Whom to trust on TLS connections, and the client's own certificate.

#include <filesystem>
#include <memory>
#include <string>

#include "core/base/result.h"

struct ssl_ctx_st;

namespace mlctl::http {

struct TlsOptions {
  std::filesystem::path ca_file{};           // PEM certificates to trust beside the system's
  std::string ca_pem{};                      // PEM certificates to trust instead of the system's
  std::string certificate_pem{}, key_pem{};  // the client's own certificate, with its chain, and its key
  std::string server_name{};                 // expected in the certificate instead of the host
  bool verify = true;                        // false: take any certificate (--insecure)
};

// Read once, which takes milliseconds, and shared by connections.
class Tls {
 public:
  // A file that can't be read, or a key that does not belong to the certificate → 3.
  static Result<std::shared_ptr<Tls>> make(const TlsOptions& options);
  ~Tls();
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  ssl_ctx_st* context() const { return context_; }
  const std::string& server_name() const { return server_name_; }

 private:
  Tls();
  Result<> trust_only(const std::string& pem);
  Result<> identify(const std::string& certificate_pem, const std::string& key_pem);

  ssl_ctx_st* context_;
  std::string server_name_;
};

}  // namespace mlctl::http
