#include "core/sys/hash_file.h"

#include "core/base/hash.h"
#include "core/sys/fs.h"

namespace mlctl {

Result<std::string> sha256_file(const std::filesystem::path& path) {
  Sha256 digest;
  TRY(sys::read_chunks(path, [&](std::string_view chunk) { digest.update(chunk); }));
  return digest.hex();
}

Result<Digest> digest_of_file(const std::filesystem::path& path) {
  return Digest::parse(TRY(sha256_file(path)));
}

}  // namespace mlctl
