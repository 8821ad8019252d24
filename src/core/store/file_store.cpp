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
#include "core/sys/names_in.h"
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

// The name of an unfinished object. The next try uses the same name, so killed transfers leave nothing
// behind for good.
std::string part_name(const std::string& name) {
  return fmt::format("{}{:016x}", kPartPrefix, hash64(name));
}

// Where an object is written, and its unfinished part: in one open folder.
struct Target {
  sys::Folder folder;
  std::string name;
  sys::PathAt path() const { return folder / name; }
  sys::PathAt part() const { return folder / part_name(name); }
};

Error not_as_expected(const Target& target, const std::string& expected, const std::string& read) {
  return {Exit::integrity,
          fmt::format("the source of {} is not what its SHA-256 says: {} expected, {} read",
                      target.path().path().string(), expected.substr(0, 12), read.substr(0, 12)),
          {},
          "the source was changed or damaged: make it again",
          {}};
}

// Writes the content from beginning to end. A remote source was compared with its store's checksum on the
// way.
Result<> write_stream(const Target& target, const Content& content, const TakeBytes& progress) {
  const bool wants_sha256 = !content.sha256.empty();
  Sha256 hash;
  sys::RangeFile file = TRY(sys::RangeFile::open_to_write(target.part(), content.size));
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

Result<> write_in_ranges(const Target& target, const Content& content, const TakeBytes& progress) {
  TRY(write_ranges(target.part(), content, progress));
  if (content.sha256.empty()) return {};
  Sha256 stored;
  TRY(sys::read_chunks(target.part(), [&](std::string_view bytes) { stored.update(bytes); }));
  const std::string read = stored.hex();
  return read == content.sha256 ? Result<>() : fail(not_as_expected(target, content.sha256, read));
}

// Puts the object in place. A link there is replaced like a file, never followed.
Result<> commit(const Target& target, bool only_new) {
  const unsigned flags = only_new ? RENAME_NOREPLACE : 0;
  const int folder = target.folder.fd();
  const std::string part = part_name(target.name);
  if (::renameat2(folder, part.c_str(), folder, target.name.c_str(), flags) == 0) return {};
  if (errno == EEXIST)
    return fail(Exit::conflict, fmt::format("{} exists", target.path().path().string()),
                "--overwrite replaces it");
  // Not every file system knows the flag.
  if (errno == EINVAL && only_new && !sys::exists(target.path())) return commit(target, false);
  return fail(sys::os_error(errno, "write", target.path().path()));
}

ObjectInfo info_of(const std::string& key, const struct stat& status) {
  return {key, static_cast<uint64_t>(status.st_size),
          static_cast<int64_t>(status.st_mtim.tv_sec) * 1000 + status.st_mtim.tv_nsec / 1000000,
          fmt::format("{}-{}.{:09}-{}", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
                      status.st_ino)};
}

// Removes folders that hold nothing but unfinished objects, deepest first; true when `at` is gone. A link
// is not one of our folders, and stays.
Result<bool> remove_empty(const sys::PathAt& at) {
  const sys::Folder folder = TRY(sys::Folder::open(at));
  bool empty = true;
  for (const std::string& name : TRY(sys::names_in(folder.fd(), folder.path()))) {
    const sys::PathAt each = folder / name;
    if (sys::is_folder(each)) {
      empty = TRY(remove_empty(each)) && empty;
    } else if (name.starts_with(kPartPrefix)) {
      TRY(sys::remove_tree(each));
    } else {
      empty = false;
    }
  }
  if (empty) TRY(sys::remove_tree(at));
  return empty;
}

}  // namespace

Result<sys::Folder> FileStore::base(sys::Missing missing) {
  const Hold hold(mutex_);
  if (base_) return *base_;
  const sys::PathAt typed(root_ + typed_);
  base_ = TRY(missing == sys::Missing::made ? sys::Folder::make(typed) : sys::Folder::open(typed));
  return *base_;
}

Result<sys::PathAt> FileStore::at(const std::string& key, sys::Missing missing) {
  const std::string below = typed_.empty() ? "" : typed_ + "/";
  if (key == typed_ || !key.starts_with(below)) return sys::PathAt(root_ + key);
  return TRY(base(missing)) / key.substr(below.size());
}

Result<sys::PathAt> FileStore::readable(const std::string& key) {
  if (follows()) return sys::PathAt(root_ + key);
  return at(key, sys::Missing::is_error);
}

Result<> FileStore::list(const std::string& prefix, bool recursive, const TakeObject& take) {
  const auto folder =
      at(prefix.empty() ? prefix : prefix.substr(0, prefix.size() - 1), sys::Missing::is_error);
  if (!folder || !sys::is_folder(*folder)) return {};
  sys::PassedOver passed;
  sys::WalkRules rules;
  rules.links = rules_.links;
  rules.stop = rules_.stop;
  rules.passed = &passed;
  std::vector<ObjectInfo> linked;  // in no order with the rest
  const auto show = [&](const sys::Found& found) -> Result<bool> {
    if (found.folder() && recursive) return true;
    ObjectInfo info = info_of(prefix + found.path.generic_string(), found.status);
    if (found.folder()) {
      info.key += '/';
      info.size = 0;
    }
    if (follows())
      linked.push_back(std::move(info));
    else
      TRY(take(info));
    return false;
  };
  Result<> walked = sys::walk(*folder, rules, show);
  std::erase_if(passed_.names, [&](const auto& name) { return name.path.native().starts_with(prefix); });
  for (sys::PassedOver::Name& name : passed.names) {
    name.path = prefix + name.path.native();
    passed_.names.push_back(std::move(name));
  }
  TRY(std::move(walked));
  std::sort(linked.begin(), linked.end(),
            [](const ObjectInfo& a, const ObjectInfo& b) { return a.key < b.key; });
  for (const ObjectInfo& info : linked) TRY(take(info));
  return {};
}

Result<ObjectInfo> FileStore::head(const std::string& key) {
  const sys::PathAt path = TRY(at(key, sys::Missing::is_error));
  const auto status = TRY(sys::status_of(path, follows()));
  if (S_ISLNK(status.st_mode)) {
    ObjectInfo info = info_of(key, status);
    info.link = true;
    return info;
  }
  if (!S_ISREG(status.st_mode))
    return fail(Exit::not_found, fmt::format("{} is not a file", path.path().string()), "check the path");
  return info_of(key, status);
}

Result<> FileStore::get(const std::string& key, uint64_t offset, uint64_t size, const TakeBytes& take,
                        const std::string& etag) {
  const auto changed = [&](const std::string& now) -> Result<> {
    if (etag.empty() || now == etag) return {};
    return fail(Exit::conflict, fmt::format("{} changed while it was read", url(key)),
                "run the same command again");
  };
  const auto place = TRY(readable(key));
  const sys::RangeFile file = TRY(sys::RangeFile::open_to_read(place));
  const std::string before = TRY(file.fingerprint());
  TRY(changed(before));
  TRY(file.read(offset, size, take));
  const std::string after = TRY(file.fingerprint());
  return changed(after);
}

Result<bool> FileStore::same(const ObjectInfo& there, const Content& content, const TakeBytes& progress) {
  if (there.link || there.size != content.size) return false;
  // If the source's store keeps a checksum, the source need not be read.
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
  const sys::PathAt path = TRY(at(key, sys::Missing::made));
  const Target target{TRY(sys::Folder::make(path.parent())), path.below().filename()};
  if (sys::is_folder(path.strict() ? target.path() : path)) {
    return fail(Exit::conflict, fmt::format("{} is a folder", path.path().string()),
                fmt::format("write {}/ to put the file into it", path.path().string()));
  }
  const bool ranged = content.streams > 1 && content.size > kRangedSize;
  Result<> stored =
      ranged ? write_in_ranges(target, content, progress) : write_stream(target, content, progress);
  if (stored) stored = commit(target, only_new);
  // Complete ranges are kept for the next try, unless the result was wrong.
  const bool resumable =
      ranged && !stored && stored.error().code != Exit::integrity && stored.error().code != Exit::conflict;
  if (ranged && !resumable) TRY(forget_ranges(target.part()));
  // A part file that mlctl did not make was refused, and stays. The first error is the one to return.
  if (!stored && !resumable && sys::open_own(target.part(), O_RDWR))
    static_cast<void>(sys::remove_tree(target.part()));
  return stored;
}

// One call for the whole file system: a call for every object would cost more than the objects.
Result<> FileStore::settle(const std::string& key) {
  const sys::PathAt path = TRY(at(key, sys::Missing::is_error));
  const sys::Folder folder = TRY(sys::Folder::open(path.parent()));
  return ::syncfs(folder.fd()) == 0 ? Result<>() : fail(sys::os_error(errno, "sync", folder.path()));
}

Result<> FileStore::remove(const std::string& key) {
  const Result<sys::PathAt> path = at(key, sys::Missing::is_error);
  if (!path && path.error().code == Exit::not_found) return {};
  return path ? sys::remove_tree(*path) : fail(path.error());
}

Result<> FileStore::remove_folder(const std::string& prefix) {
  const auto path = at(prefix.substr(0, prefix.find_last_not_of('/') + 1), sys::Missing::is_error);
  if (path && sys::is_folder(*path)) TRY(remove_empty(*path));
  return {};
}

Result<Place> open_file_place(const std::string& url_or_path) {
  return open_file_place(url_or_path, {});
}

Result<Place> open_file_place(const std::string& url_or_path, FileRules rules) {
  const fs::path given = TRY(local_path(url_or_path));
  std::error_code code;
  std::string path = fs::absolute(given, code).lexically_normal().generic_string();
  if (code) return fail(sys::os_error(code.value(), "find", given));
  const bool slash = path.ends_with('/');
  while (path.ends_with('/')) path.pop_back();
  const std::string key = path.empty() ? path : path.substr(1);
  return Place{std::make_unique<FileStore>("/", key, rules), key, slash};
}

}  // namespace mlctl
