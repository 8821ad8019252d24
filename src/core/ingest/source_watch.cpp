#include "core/ingest/source_watch.h"

#include <fmt/format.h>

#include "core/base/hash.h"

namespace mlctl {

namespace fs = std::filesystem;

namespace {

tl::unexpected<Error> changed(const fs::path& path) {
  return fail(Exit::conflict, fmt::format("{} changed while it was read", path.string()),
              "run the same command again: it reads what is there now");
}

}  // namespace

Result<std::vector<sys::Entry>> SourceWatch::list(const fs::path& folder, sys::PassedOver* passed) {
  std::vector<sys::Entry> entries = TRY(sys::list_files(folder, stop_, passed));
  uint64_t names = 0;
  for (const sys::Entry& entry : entries) names = hash64(entry.path.native(), names);
  const Hold hold(mutex_);
  const auto [known, first] = listings_.emplace(folder.string(), names);
  if (!first && known->second != names) return changed(folder);
  return entries;
}

bool SourceWatch::is_listed(const fs::path& path) const {
  fs::path folder = path;
  while (folder.has_relative_path() && !listings_.contains(folder.string())) folder = folder.parent_path();
  return folder.has_relative_path();
}

// Opens a file and notes its state. If the file was written in this very tick of the clock, waits for the
// next one: otherwise a later change would not show.
Result<sys::OpenFile> SourceWatch::open_known(const fs::path& path) {
  Result<sys::OpenFile> file = sys::OpenFile::open(path);
  Hold hold(mutex_);
  const auto known = seen_.find(path.string());
  const bool first = known == seen_.end();
  if (!file && file.error().code == Exit::not_found && (!first || is_listed(path))) return changed(path);
  if (!file) return file;
  if (!first) return known->second == file->identity() ? std::move(file) : changed(path);
  hold.unlock();
  sys::outlast_tick(file->identity());
  if (TRY(file->identity_now()) != file->identity()) return changed(path);
  hold.lock();
  seen_.emplace(path.string(), file->identity());
  return file;
}

Result<sys::OpenFile> SourceWatch::open(const fs::path& path) {
  sys::OpenFile file = TRY(open_known(path));
  const Hold hold(mutex_);
  streamed_.emplace(path.string(), file.identity());
  return file;
}

Result<> SourceWatch::check(const sys::OpenFile& file) const {
  return TRY(file.identity_now()) == file.identity() ? Result<>() : changed(file.path());
}

Result<std::string> SourceWatch::read(const fs::path& path, uint64_t max_bytes) {
  const sys::OpenFile file = TRY(open_known(path));
  const uint64_t size = file.identity().size;
  if (size > max_bytes) {
    return fail(Exit::data,
                fmt::format("{} is {} bytes, over the limit of {}", path.string(), size, max_bytes));
  }
  std::string bytes(size, '\0');
  Result<> whole = file.read_into(bytes.data(), [](std::string_view) {});
  TRY(check(file));
  return std::move(whole).map([&] { return std::move(bytes); });
}

Result<std::string> SourceWatch::sha256(const fs::path& path) {
  const sys::OpenFile file = TRY(open_known(path));
  Sha256 digest;
  TRY(file.chunks([&](std::string_view bytes) { digest.update(bytes); }));
  TRY(check(file));
  return digest.hex();
}

Result<> SourceWatch::settle() const {
  const Hold hold(mutex_);
  for (const auto& [path, identity] : streamed_) {
    if (sys::identity_at(path) != identity) return changed(path);
  }
  return {};
}

}  // namespace mlctl
