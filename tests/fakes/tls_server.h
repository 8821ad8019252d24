#pragma once
// Certificates made on the spot, and a server of one connection that shows them.

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

namespace mlctl::test {

struct Identity {
  std::string certificate_pem, key_pem;
};

inline std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<size_t>(size));
  BIO_free(bio);
  return text;
}

// Signed by itself, for the DNS name.
inline Identity make_identity(const std::string& name) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, subject);
  const std::string names = "DNS:" + name;
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  X509_sign(certificate, key, EVP_sha256());
  BIO* certificate_pem = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(certificate_pem, certificate);
  BIO* key_pem = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(key_pem, key, nullptr, nullptr, 0, nullptr, nullptr);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return {text_of(certificate_pem), text_of(key_pem)};
}

// Takes one connection, and answers one request with what it knows of the caller's certificate.
class TlsServer {
 public:
  // `client`: the certificate that callers must show; "" for none.
  TlsServer(int listener, const Identity& own, const std::string& client) {
    thread_ = std::thread([listener, own, client] { serve(listener, own, client); });
  }
  ~TlsServer() { thread_.join(); }

 private:
  static X509* certificate_of(const std::string& pem) {
    BIO* bio = BIO_new_mem_buf(pem.data(), -1);
    X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    BIO_free(bio);
    return certificate;
  }

  static void serve(int listener, const Identity& own, const std::string& client) {
    SSL_CTX* context = SSL_CTX_new(TLS_server_method());
    X509* certificate = certificate_of(own.certificate_pem);
    BIO* bio = BIO_new_mem_buf(own.key_pem.data(), -1);
    EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
    SSL_CTX_use_certificate(context, certificate);
    SSL_CTX_use_PrivateKey(context, key);
    X509* trusted = client.empty() ? nullptr : certificate_of(client);
    if (trusted != nullptr) {
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context), trusted);
      SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    const int fd = ::accept(listener, nullptr, nullptr);
    SSL* session = SSL_new(context);
    SSL_set_fd(session, fd);
    if (SSL_accept(session) == 1) {
      char request[4096];
      SSL_read(session, request, sizeof request);
      const std::string body = trusted == nullptr ? "hello, stranger" : "hello, friend";
      const std::string answer =
          "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
      SSL_write(session, answer.data(), static_cast<int>(answer.size()));
      SSL_shutdown(session);
    }
    SSL_free(session);
    ::close(fd);
    X509_free(certificate);
    X509_free(trusted);
    EVP_PKEY_free(key);
    BIO_free(bio);
    SSL_CTX_free(context);
  }

  std::thread thread_;
};

}  // namespace mlctl::test
