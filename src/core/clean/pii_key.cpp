#include "core/clean/pii_key.h"

#include <openssl/rand.h>

#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/sys/fs.h"

namespace mlctl {

Result<std::string> pii_key(const sys::Env& env, const std::filesystem::path& folder) {
  if (const auto given = env.get("MLCTL_PII_KEY")) return *given;
  const sys::PathAt path = TRY(sys::private_place(folder, "pii.key"));
  if (!sys::exists(path)) {
    std::string bytes(32, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) != 1)
      return fail(Exit::failed, "cannot make a random key", "set MLCTL_PII_KEY");
    TRY(sys::write_file(path, sha256_hex(bytes) + "\n", 0600));
  }
  return std::string(trim(TRY(sys::read_file(path, 4096))));
}

}  // namespace mlctl
