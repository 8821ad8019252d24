#include "core/output/checked_file.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <unordered_map>

#include <fmt/format.h>

#include "core/base/in_order.h"
#include "core/base/limits.h"
#include "core/sys/cpu.h"

namespace mlctl {

namespace fs = std::filesystem;

namespace {}  // namespace

tl::unexpected<Error> CheckedFiles::differs(const fs::path& path, const std::string& how) const {
  const bool model = document_ == "model.json";
  return fail(Exit::integrity, fmt::format("{} {}", path.string(), how),
              model ? "the model changed after it was made: train or download it again"
                    : "the dataset changed after it was made: ingest or download it again");
}

bool CheckedFiles::known(const FileEntry& entry, const sys::FileIdentity& identity) {
  const Hold hold(mutex_);
  const auto found = compared_.find(entry.path.text());
  return found != compared_.end() && found->second == identity;
}

// Opens a file and checks that it has the listed size.
Result<sys::OpenFile> CheckedFiles::open(const FileEntry& entry) const {
  const fs::path path = folder_ / entry.path;
  Result<sys::OpenFile> file = sys::OpenFile::open(path);
  if (!file && file.error().code == Exit::not_found) return differs(path, "is missing");
  if (!file && file.error().code == Exit::data) return differs(path, "is not a regular file");
  if (file && file->identity().size != entry.size) {
    return differs(path,
                   fmt::format("has {} bytes, {} says {}", file->identity().size, document_, entry.size));
  }
  return file;
}

// Checks that what was read is what is listed, and that nobody wrote the file meanwhile.
Result<> CheckedFiles::judge(const sys::OpenFile& file, const FileEntry& entry, Sha256* digest) {
  if (digest != nullptr && digest->hex() != entry.sha256.hex())
    return differs(file.path(), "does not match its SHA-256");
  if (TRY(file.identity_now()) != file.identity()) return differs(file.path(), "changes while it is read");
  const Hold hold(mutex_);
  compared_[entry.path.text()] = file.identity();
  return {};
}

Result<> CheckedFiles::compare(const FileEntry& entry) {
  const sys::OpenFile file = TRY(open(entry));
  if (known(entry, file.identity())) return {};
  Sha256 digest;
  TRY(file.chunks([&](std::string_view bytes) { digest.update(bytes); }));
  return judge(file, entry, &digest);
}

Result<> CheckedFiles::compare(const std::vector<FileEntry>& entries) {
  size_t next = 0;
  return in_order<size_t, Result<>>(
      std::min(sys::default_threads(), entries.size()),
      [&]() -> Result<std::optional<size_t>> {
        return next < entries.size() ? std::optional(next++) : std::nullopt;
      },
      [&](size_t& k) { return compare(entries[k]); }, [](Result<>& outcome) { return outcome; });
}

Result<> CheckedFiles::read(const FileEntry& entry, const TakeShard& take) {
  const sys::OpenFile file = TRY(open(entry));
  const uint64_t most = document_ == "model.json" ? limits::kWeightBytes : limits::kShardBytes;
  if (entry.size > most) {
    return fail(Exit::resource, fmt::format("{} has {} bytes, {} at most are read as one file",
                                            file.path().string(), entry.size, most));
  }
  const std::unique_ptr<char[]> bytes(new char[entry.size]);
  std::optional<Sha256> digest;
  if (!known(entry, file.identity())) digest.emplace();
  TRY(file.read_into(bytes.get(), [&](std::string_view piece) {
    if (digest) digest->update(piece);
  }));
  TRY(judge(file, entry, digest ? &*digest : nullptr));
  return take(file.path().string(), {bytes.get(), entry.size});
}

void CheckedFiles::trust(const FileEntry& entry) {
  const std::optional<sys::FileIdentity> identity = sys::identity_at(folder_ / entry.path);
  const Hold hold(mutex_);
  if (identity) compared_[entry.path.text()] = *identity;
}

std::map<std::string, sys::FileIdentity> CheckedFiles::compared() {
  const Hold hold(mutex_);
  return compared_;
}

std::string visible_damage(const fs::path& folder, const std::vector<FileEntry>& entries) {
  for (const FileEntry& entry : entries) {
    const std::optional<sys::FileIdentity> found = sys::identity_at(folder / entry.path);
    if (!found) return fmt::format("{} is missing", entry.path.text());
    if (found->size != entry.size)
      return fmt::format("{} has {} bytes instead of {}", entry.path.text(), found->size, entry.size);
  }
  return {};
}

Result<std::vector<FileEntry>> listed(const std::vector<FileEntry>& entries,
                                      const std::vector<InsidePath>& paths, const std::string& where) {
  std::unordered_map<std::string_view, const FileEntry*> by_path;
  for (const FileEntry& entry : entries) by_path.emplace(entry.path.text(), &entry);
  std::vector<FileEntry> found;
  for (const InsidePath& path : paths) {
    const auto entry = by_path.find(path.text());
    if (entry == by_path.end()) {
      return fail(Exit::integrity,
                  fmt::format("{} names a shard that is not among its files: {}", where, path.text()),
                  "what is not listed with its size and SHA-256 is not used: ingest or download it again");
    }
    found.push_back(*entry->second);
  }
  return found;
}

}  // namespace mlctl
