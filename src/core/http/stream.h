#pragma once
// A non-blocking connection's bytes, in the clear or through TLS.

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace mlctl::serve {

class Stream {
 public:
  enum class Status { done, want_read, want_write, closed };
  struct Transfer {
    Status status = Status::done;
    size_t bytes = 0;
  };

  virtual ~Stream() = default;
  virtual Transfer read(char* buffer, size_t size) = 0;
  virtual Transfer write(std::string_view bytes) = 0;
  virtual void end_writes() = 0;  // tells the peer that nothing more will come
};

std::unique_ptr<Stream> plain_stream(int fd);  // does not own the descriptor

// The server's certificate and key (PEM), TLS 1.2 or newer.
class TlsContext {
 public:
  static Result<std::shared_ptr<const TlsContext>> load(const std::filesystem::path& certificate,
                                                        const std::filesystem::path& key);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  std::unique_ptr<Stream> accept(int fd) const;

 private:
  explicit TlsContext(void* context) : context_(context) {}
  void* context_;  // SSL_CTX, kept out of this header
};

}  // namespace mlctl::serve
