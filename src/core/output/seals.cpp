#include "core/output/seals.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/base/strings.h"
#include "core/sys/fs.h"

namespace mlctl {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kEnd = "end\n";

// The name under which a folder is sealed; "" when it does not exist. A digest, because a path may hold
// what no record should.
std::string place_of(const fs::path& folder) {
  std::error_code code;
  const fs::path place = fs::canonical(folder, code);
  return code ? "" : sha256_hex(place.string());
}

// The next number of a line, which is cut off with the blank behind it.
template <class Number>
bool take(std::string_view& line, Number& number) {
  const auto [end, code] = std::from_chars(line.data(), line.data() + line.size(), number);
  if (code != std::errc() || end == line.data() + line.size() || *end != ' ') return false;
  line.remove_prefix(static_cast<size_t>(end - line.data()) + 1);
  return true;
}

bool holds(std::string_view line, const fs::path& folder) {
  sys::FileIdentity then;
  const bool whole = take(line, then.size) && take(line, then.modified) && take(line, then.changed) &&
                     take(line, then.inode) && !line.empty();
  return whole && sys::identity_at(folder / line) == then;
}

}  // namespace

fs::path Seals::file_of(const std::string& place) const {
  return root_ / fmt::format("{:016x}", hash64(place));
}

bool Seals::hold(const fs::path& folder) const {
  const std::string place = root_.empty() ? "" : place_of(folder);
  if (place.empty()) return false;
  const Result<std::string> text = sys::read_file(file_of(place), limits::kSealBytes);
  if (!text || !text->starts_with(place + "\n") || !text->ends_with(kEnd)) return false;
  size_t files = 0;
  for (size_t at = place.size() + 1; at < text->size() - kEnd.size(); ++files) {
    const size_t end = text->find('\n', at);
    if (!holds(std::string_view(*text).substr(at, end - at), folder)) return false;
    at = end + 1;
  }
  return files > 0;
}

void Seals::keep(const fs::path& folder, const Files& files) const {
  const std::string place = root_.empty() ? "" : place_of(folder);
  if (place.empty() || files.empty()) return;
  std::string text = place + "\n";
  sys::FileIdentity newest;
  for (const auto& [path, identity] : files) {
    if (path.find('\n') != std::string::npos) return;
    if (identity.changed > newest.changed) newest = identity;
    text += fmt::format("{} {} {} {} {}\n", identity.size, identity.modified, identity.changed,
                        identity.inode, path);
  }
  if (!sys::outlast_tick(newest)) return;
  const Result<sys::PathAt> file =
      sys::private_place(root_.parent_path(), root_.filename() / file_of(place).filename());
  if (file) static_cast<void>(sys::write_file(*file, text + std::string(kEnd), 0600));
}

}  // namespace mlctl
