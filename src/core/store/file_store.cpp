#include "core/store/file_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/store/checksum.h"
#include "core/store/location.h"
#include "core/store/ranged.h"
#include "core/sys/fs.h"
#include "core/sys/range_file.h"

namespace mlctl {

namespace {

namespace fs = std::filesystem;

// Keys come from archives' names and templates too: none may leave the root.
Result<> check_key(const std::string& key) {
  for (const std::string& part : split(key, '/')) {
    if (part.empty() || part == "." || part == "..")
      return fail(Exit::data, fmt::format("\"{}\" is not a key: it has an empty, \".\" or \"..\" part", key));
  }
  if (key.find('\0') != std::string::npos) return fail(Exit::data, "a key with a zero byte");
  return {};
}

// Half an object, under a name that the next try takes again: killed transfers leave nothing behind for good.
fs::path part_file(const fs::path& target) {
  return target.parent_path() / fmt::format("{}{:016x}", kPartPrefix, hash64(target.filename().string()));
}

Error not_as_expected(const fs::path& target, const std::string& expected, const std::string& read) {
  return {Exit::integrity,
          fmt::format("the source of {} is not what its SHA-256 says: {} expected, {} read", target.string(),
                      expected.substr(0, 12), read.substr(0, 12)),
          {},
          "the source was changed or damaged: make it again",
          {}};
}

// One byte after the other. A remote source was compared with its store's checksum on the way.
Result<> write_stream(const fs::path& part, const fs::path& target, const Content& content,
                      const TakeBytes& progress) {
  const bool wants_sha256 = !content.sha256.empty();
  Sha256 hash;
  sys::RangeFile file = TRY(sys::RangeFile::open_to_write(part, content.size));
  TRY(file.reserve(0, content.size));
  uint64_t at = 0;
  const TakeBytes keep = [&](std::string_view bytes) -> Result<> {
    if (wants_sha256) hash.update(bytes);
    TRY(file.write(at, bytes));
    at += bytes.size();
    return progress(bytes);
  };
  TRY(content.read(0, content.size, keep));
  if (!wants_sha256) return {};
  const std::string read = hash.hex();
  return read == content.sha256 ? Result<>() : fail(not_as_expected(target, content.sha256, read));
}

Result<> write_in_ranges(const fs::path& part, const fs::path& target, const Content& content,
                         const TakeBytes& progress) {
  TRY(write_ranges(part, content, progress));
  if (content.sha256.empty()) return {};
  const std::string stored = TRY(sha256_file(part));
  return stored == content.sha256 ? Result<>() : fail(not_as_expected(target, content.sha256, stored));
}

Result<> commit(const fs::path& part, const fs::path& target, bool only_new) {
  const unsigned flags = only_new ? RENAME_NOREPLACE : 0;
  if (::renameat2(AT_FDCWD, part.c_str(), AT_FDCWD, target.c_str(), flags) == 0) return {};
  if (errno == EEXIST)
    return fail(Exit::conflict, fmt::format("{} exists", target.string()), "--overwrite replaces it");
  // Not every file system knows the flag.
  if (errno == EINVAL && only_new && !sys::exists(target)) return commit(part, target, false);
  return fail(sys::os_error(errno, "write", target));
}

ObjectInfo info_of(const std::string& key, const struct stat& status) {
  return {key, static_cast<uint64_t>(status.st_size),
          static_cast<int64_t>(status.st_mtim.tv_sec) * 1000 + status.st_mtim.tv_nsec / 1000000,
          fmt::format("{}-{}.{:09}-{}", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
                      status.st_ino)};
}

// Folders that hold nothing but halves of objects, deepest first; true when `folder` is gone.
Result<bool> remove_empty(const fs::path& folder) {
  std::error_code code;
  bool empty = true;
  for (const auto& entry : fs::directory_iterator(folder, code)) {
    if (entry.is_directory() && !entry.is_symlink()) {
      empty = TRY(remove_empty(entry.path())) && empty;
    } else if (entry.path().filename().string().starts_with(kPartPrefix)) {
      TRY(sys::remove_tree(entry.path()));
    } else {
      empty = false;
    }
  }
  if (empty) TRY(sys::remove_tree(folder));
  return empty;
}

}  // namespace

Result<> FileStore::list(const std::string& prefix, bool recursive, const TakeObject& take) {
  const fs::path folder = root_ + prefix;
  if (!sys::is_folder(folder)) return {};
  std::vector<std::string> keys;
  if (recursive) {
    for (const sys::Entry& entry : TRY(sys::list_files(folder)))
      keys.push_back(prefix + entry.path.generic_string());
  } else {
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(folder, code)) {
      const std::string name = entry.path().filename().string();
      if (!name.starts_with('.')) keys.push_back(prefix + name + (entry.is_directory() ? "/" : ""));
    }
    if (code) return fail(sys::os_error(code.value(), "list", folder));
  }
  std::sort(keys.begin(), keys.end());
  for (const std::string& key : keys) {
    struct stat status {};
    if (::stat((root_ + key).c_str(), &status) != 0) continue;  // went away meanwhile
    ObjectInfo info = info_of(key, status);
    if (info.folder()) info.size = 0;
    TRY(take(info));
  }
  return {};
}

Result<ObjectInfo> FileStore::head(const std::string& key) {
  const fs::path path = root_ + key;
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return fail(sys::os_error(errno, "read", path));
  if (!S_ISREG(status.st_mode))
    return fail(Exit::not_found, fmt::format("{} is not a file", path.string()), "check the path");
  return info_of(key, status);
}

Result<> FileStore::get(const std::string& key, uint64_t offset, uint64_t size, const TakeBytes& take,
                        const std::string& etag) {
  const auto changed = [&](const std::string& now) -> Result<> {
    if (etag.empty() || now == etag) return {};
    return fail(Exit::conflict, fmt::format("{} changed while it was read", url(key)),
                "run the same command again");
  };
  const sys::RangeFile file = TRY(sys::RangeFile::open_to_read(root_ + key));
  const std::string before = TRY(file.fingerprint());
  TRY(changed(before));
  TRY(file.read(offset, size, take));
  const std::string after = TRY(file.fingerprint());
  return changed(after);
}

Result<bool> FileStore::same(const ObjectInfo& there, const Content& content, const TakeBytes& progress) {
  if (there.size != content.size) return false;
  // What the source's store says of it saves reading it.
  const Checksum kept = content.origin.store != nullptr ? TRY(checksum_of(content.origin)) : content.checksum;
  if (kept.kind != Checksum::Kind::none) {
    Summer sum(kept.kind);
    TRY(get(there.key, 0, there.size,
            [&](std::string_view bytes) -> Result<> {
              sum.update(bytes);
              return progress(bytes);
            },
            {}));
    return sum.finish() == kept;
  }
  Sha256 stored, given;
  const auto hash_into = [&progress](Sha256& hash) {
    return [&hash, &progress](std::string_view bytes) -> Result<> {
      hash.update(bytes);
      return progress(bytes);
    };
  };
  TRY(get(there.key, 0, there.size, hash_into(stored), {}));
  TRY(content.read(0, content.size, hash_into(given)));
  return stored.hex() == given.hex();
}

Result<> FileStore::put(const std::string& key, const Content& content, bool only_new,
                        const TakeBytes& progress) {
  TRY(check_key(key));
  const fs::path target = root_ + key;
  if (sys::is_folder(target)) {
    return fail(Exit::conflict, fmt::format("{} is a folder", target.string()),
                fmt::format("write {}/ to put the file into it", target.string()));
  }
  const fs::path part = part_file(target);
  const bool ranged = content.streams > 1 && content.size > kRangedSize;
  Result<> stored = ranged ? write_in_ranges(part, target, content, progress)
                           : write_stream(part, target, content, progress);
  if (stored) stored = commit(part, target, only_new);
  // Ranges that are whole are kept for the next try, unless they turned out wrong.
  const bool resumable =
      ranged && !stored && stored.error().code != Exit::integrity && stored.error().code != Exit::conflict;
  if (ranged && !resumable) TRY(forget_ranges(part));
  if (!stored && !resumable && sys::exists(part))
    static_cast<void>(sys::remove_tree(part));  // the first error matters
  return stored;
}

// One call for the file system, where a call for every object would cost more than the objects.
Result<> FileStore::settle(const std::string& key) {
  const fs::path folder = fs::path(root_ + key).parent_path();
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int number = fd < 0 || ::syncfs(fd) != 0 ? errno : 0;
  if (fd >= 0) ::close(fd);
  return number == 0 ? Result<>() : fail(sys::os_error(number, "sync", folder));
}

Result<> FileStore::remove(const std::string& key) {
  return sys::remove_tree(root_ + key);
}

Result<> FileStore::remove_folder(const std::string& prefix) {
  const fs::path path = root_ + prefix;
  if (sys::is_folder(path)) TRY(remove_empty(path));
  return {};
}

Result<Place> open_file_place(const std::string& url_or_path) {
  const fs::path given = TRY(local_path(url_or_path));
  std::error_code code;
  std::string path = fs::absolute(given, code).lexically_normal().generic_string();
  if (code) return fail(sys::os_error(code.value(), "find", given));
  Place place{std::make_unique<FileStore>(), {}, path.ends_with('/')};
  while (path.ends_with('/')) path.pop_back();
  place.key = path.empty() ? path : path.substr(1);
  return place;
}

}  // namespace mlctl
