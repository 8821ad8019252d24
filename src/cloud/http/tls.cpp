#include "cloud/http/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <vector>

#include <fmt/format.h>

namespace mlctl::http {

namespace {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* it) const {
    kFree(it);
  }
};
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;

std::vector<Certificate> certificates_in(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<Certificate> found;
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) found.emplace_back(next);
  ERR_clear_error();
  return found;
}

auto unusable(const char* what) {
  ERR_clear_error();
  return fail(Exit::manifest, fmt::format("{}", what), "it must be in PEM: -----BEGIN …");
}

}  // namespace

Tls::Tls() : context_(SSL_CTX_new(TLS_client_method())) {}

Tls::~Tls() {
  SSL_CTX_free(context_);
}

Result<std::shared_ptr<Tls>> Tls::make(const TlsOptions& options) {
  std::shared_ptr<Tls> tls(new Tls);
  SSL_CTX* const context = tls->context_;
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(context, options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  tls->server_name_ = options.server_name;
  if (options.ca_pem.empty())
    SSL_CTX_set_default_verify_paths(context);
  else
    TRY(tls->trust_only(options.ca_pem));
  if (!options.ca_file.empty() && SSL_CTX_load_verify_file(context, options.ca_file.c_str()) != 1) {
    return fail(Exit::manifest, fmt::format("cannot read certificates from {}", options.ca_file.string()),
                "it must be a PEM file");
  }
  if (!options.certificate_pem.empty() || !options.key_pem.empty())
    TRY(tls->identify(options.certificate_pem, options.key_pem));
  return tls;
}

Result<> Tls::trust_only(const std::string& pem) {
  const std::vector<Certificate> trusted = certificates_in(pem);
  if (trusted.empty()) return unusable("there is no certificate in the certificate authority's data");
  for (const Certificate& each : trusted) X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), each.get());
  return {};
}

Result<> Tls::identify(const std::string& certificate_pem, const std::string& key_pem) {
  std::vector<Certificate> chain = certificates_in(certificate_pem);
  if (chain.empty()) return unusable("there is no certificate in the client certificate's data");
  if (SSL_CTX_use_certificate(context_, chain.front().get()) != 1)
    return unusable("the client certificate can't be used");
  for (size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add_extra_chain_cert(context_, chain[i].get()) == 1) static_cast<void>(chain[i].release());
  }
  const Bio bio(BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())));
  // Without a callback OpenSSL would ask the terminal for a passphrase.
  const auto no_passphrase = [](char*, int, int, void*) { return -1; };
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (!key) return unusable("the client certificate's key can't be read, or has a passphrase");
  if (SSL_CTX_use_PrivateKey(context_, key.get()) != 1 || SSL_CTX_check_private_key(context_) != 1)
    return unusable("the key is not the client certificate's");
  return {};
}

}  // namespace mlctl::http
