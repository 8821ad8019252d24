#include "core/http/stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

#include "core/sys/fs.h"

namespace mlctl::serve {

namespace {

class PlainStream : public Stream {
 public:
  explicit PlainStream(int fd) : fd_(fd) {}

  Transfer read(char* buffer, size_t size) override {
    return outcome(::recv(fd_, buffer, size, 0), Status::want_read, true);
  }
  Transfer write(std::string_view bytes) override {
    return outcome(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL), Status::want_write, false);
  }
  void end_writes() override { ::shutdown(fd_, SHUT_WR); }

 private:
  static Transfer outcome(ssize_t moved, Status blocked, bool zero_is_end) {
    if (moved > 0 || (moved == 0 && !zero_is_end)) return {Status::done, static_cast<size_t>(moved)};
    if (moved < 0 && errno == EINTR) return {Status::done, 0};
    const bool again = moved < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    return {again ? blocked : Status::closed, 0};
  }
  int fd_;
};

class TlsStream : public Stream {
 public:
  TlsStream(SSL_CTX* context, int fd) : ssl_(SSL_new(context)), fd_(fd) {
    SSL_set_fd(ssl_, fd);
    SSL_set_accept_state(ssl_);  // the handshake happens inside the first read
    SSL_set_mode(ssl_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  }
  ~TlsStream() override { SSL_free(ssl_); }

  Transfer read(char* buffer, size_t size) override {
    size_t moved = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_, buffer, size, &moved);  // before `moved` is passed on
    return outcome(result, moved);
  }
  Transfer write(std::string_view bytes) override {
    size_t moved = 0;
    ERR_clear_error();
    const int result = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &moved);
    return outcome(result, moved);
  }
  void end_writes() override {
    ERR_clear_error();
    SSL_shutdown(ssl_);
    ::shutdown(fd_, SHUT_WR);
  }

 private:
  Transfer outcome(int result, size_t moved) const {
    if (result == 1) return {Status::done, moved};
    switch (SSL_get_error(ssl_, result)) {
      case SSL_ERROR_WANT_READ:
        return {Status::want_read, 0};
      case SSL_ERROR_WANT_WRITE:
        return {Status::want_write, 0};
      default:
        return {Status::closed, 0};
    }
  }
  SSL* ssl_;
  int fd_;
};

tl::unexpected<Error> tls_error(const std::string& what, const std::filesystem::path& path) {
  const char* const why = ERR_reason_error_string(ERR_get_error());
  return fail(Exit::data, fmt::format("{} {}: {}", what, path.string(), why == nullptr ? "unreadable" : why),
              "give PEM files: the certificate chain and its private key");
}

}  // namespace

std::unique_ptr<Stream> plain_stream(int fd) {
  return std::make_unique<PlainStream>(fd);
}

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const std::filesystem::path& certificate,
                                                           const std::filesystem::path& key) {
  TRY(sys::read_file(certificate, uint64_t{1} << 20));  // for the message of a missing or unreadable file
  TRY(sys::read_file(key, uint64_t{1} << 20));
  ERR_clear_error();
  SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
  std::shared_ptr<const TlsContext> result(new TlsContext(context));
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    return tls_error("cannot use the certificate", certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return tls_error("cannot use the private key", key);
  }
  return result;
}

TlsContext::~TlsContext() {
  SSL_CTX_free(static_cast<SSL_CTX*>(context_));
}

std::unique_ptr<Stream> TlsContext::accept(int fd) const {
  return std::make_unique<TlsStream>(static_cast<SSL_CTX*>(context_), fd);
}

}  // namespace mlctl::serve
