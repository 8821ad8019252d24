#include <array>

#include "core/base/strings.h"
#include "core/ingest/image_stream.h"

namespace mlctl {

namespace {
template <size_t N>
bool ends_with_any(const std::string& name, const std::array<const char*, N>& endings) {
  const std::string lower = to_lower(name);
  for (const char* ending : endings) {
    if (lower.ends_with(ending)) return true;
  }
  return false;
}
}  // namespace

bool is_image_name(const std::string& name) {
  static constexpr std::array kEndings = {".jpg", ".jpeg", ".jpe", ".png", ".webp"};
  return ends_with_any(name, kEndings);
}

bool is_idx_name(const std::string& name) {
  static constexpr std::array kEndings = {"-idx3-ubyte", "-idx3-ubyte.gz", ".idx3-ubyte", ".idx3-ubyte.gz",
                                          ".idx3",       ".idx3.gz",       "-idx4-ubyte", "-idx4-ubyte.gz"};
  return ends_with_any(name, kEndings);
}

bool is_archive_name(const std::string& name) {
  static constexpr std::array kEndings = {".tar",    ".tar.gz",  ".tgz", ".tar.bz2",
                                          ".tar.xz", ".tar.zst", ".zip"};
  return ends_with_any(name, kEndings);
}

}  // namespace mlctl
