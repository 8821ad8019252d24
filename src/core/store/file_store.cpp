#include "core/store/file_store.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/store/location.h"
#include "core/sys/fs.h"

namespace mlctl {

namespace {

namespace fs = std::filesystem;

constexpr uint64_t kChunk = uint64_t{4} << 20;
constexpr const char* kPartPrefix = ".mlctl-part-";

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

Result<std::string> write_part(const fs::path& part, const Content& content, const TakeBytes& progress) {
  Sha256 sent;
  sys::AppendFile file = TRY(sys::AppendFile::open(part, 0));
  for (uint64_t at = 0; at < content.size; at += kChunk) {
    const std::string bytes = TRY(content.read(at, std::min(kChunk, content.size - at)));
    sent.update(bytes);
    TRY(file.append(bytes));
    TRY(progress(bytes));
  }
  TRY(file.sync());
  return sent.hex();
}

Result<> store_part(const fs::path& part, const fs::path& target, const Content& content,
                    const TakeBytes& progress) {
  const std::string sent = TRY(write_part(part, content, progress));
  if (!content.sha256.empty() && sent != content.sha256) {
    return fail(Exit::integrity,
                fmt::format("the source of {} is not what its SHA-256 says: {} expected, {} read",
                            target.string(), content.sha256.substr(0, 12), sent.substr(0, 12)),
                "the source was changed or damaged: make it again");
  }
  const std::string stored = TRY(sha256_file(part));
  if (stored != sent) {
    return fail(Exit::integrity, fmt::format("{} does not read back as written", target.string()),
                "check the disk, then run the same command again");
  }
  return sys::rename_durably(part, target);
}

ObjectInfo info_of(const std::string& key, const struct stat& status) {
  return {key, static_cast<uint64_t>(status.st_size),
          static_cast<int64_t>(status.st_mtim.tv_sec) * 1000 + status.st_mtim.tv_nsec / 1000000};
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

Result<> FileStore::get(const std::string& key, uint64_t offset, uint64_t size, const TakeBytes& take) {
  for (uint64_t done = 0; done < size;) {
    const std::string bytes = TRY(sys::read_range(root_ + key, offset + done, std::min(kChunk, size - done)));
    TRY(take(bytes));
    done += bytes.size();
  }
  return {};
}

Result<std::string> FileStore::digest(const std::string& key, const TakeBytes& progress) {
  Sha256 hash;
  const uint64_t size = TRY(head(key)).size;
  TRY(get(key, 0, size, [&](std::string_view bytes) {
    hash.update(bytes);
    return progress(bytes);
  }));
  return hash.hex();
}

Result<> FileStore::put(const std::string& key, const Content& content, const TakeBytes& progress) {
  TRY(check_key(key));
  const fs::path target = root_ + key;
  if (sys::is_folder(target)) {
    return fail(Exit::conflict, fmt::format("{} is a folder", target.string()),
                fmt::format("write {}/ to put the file into it", target.string()));
  }
  const fs::path part = part_file(target);
  Result<> stored = store_part(part, target, content, progress);
  if (!stored && sys::exists(part)) static_cast<void>(sys::remove_tree(part));  // the first error matters
  return stored;
}

Result<> FileStore::remove(const std::string& key) {
  const fs::path path = root_ + key;
  if (!key.ends_with('/')) return sys::remove_tree(path);
  if (sys::is_folder(path)) TRY(remove_empty(path));
  return {};
}

Result<Place> open_place(const std::string& url_or_path) {
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
