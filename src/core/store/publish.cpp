#include "core/store/publish.h"

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/output/whole.h"
#include "core/store/file_store.h"
#include "core/sys/fs.h"

namespace mlctl {

namespace {

namespace fs = std::filesystem;

constexpr const char* kRecalled = ".mlctl-recalled";

const TakeBytes kUnseen = [](std::string_view) -> Result<> { return {}; };

// The content of an object; "" when it is absent.
Result<std::string> read_if_there(ObjectStore& store, const std::string& key) {
  Result<std::string> text = read_object(store, key);
  if (!text && text.error().code == Exit::not_found) return std::string();
  return text;
}

class Publisher {
 public:
  Publisher(const Publication& publication, const TransferWatch& watch)
      : it_(publication), to_(*publication.to), watch_(watch) {}

  Result<TransferSummary> run() {
    document_ = TRY(sys::read_file(it_.folder / it_.document));
    claim_ = finished_at(it_.folder).fingerprint + "\n" + sha256_hex(document_) + "\n";
    const std::string finished = TRY(read_if_there(to_, key(it_.document)));
    if (finished == document_) return copy_files();
    TRY(claim(finished));
    TransferSummary summary = TRY(copy_files());
    if (TRY(read_if_there(to_, key(kFingerprintFile))) != claim_) return fail(taken());
    TRY(publish_object(to_, key(it_.document), document_, false));
    TRY(remove_old());
    return summary;
  }

 private:
  std::string key(const std::string& name) const { return it_.prefix + name; }
  std::string shown() const { return to_.url(it_.prefix); }

  Error taken() const {
    return {Exit::conflict,
            fmt::format("another mlctl writes to {}", shown()),
            {},
            "wait for it and use what it made, choose another place, or replace it with --overwrite",
            {}};
  }

  // Marks the place as taken: other processes see from now on that it is.
  Result<> claim(const std::string& finished) {
    const std::string there = TRY(read_if_there(to_, key(kFingerprintFile)));
    if (there == claim_ && finished.empty()) return {};
    if (!it_.overwrite && !finished.empty()) {
      return fail(Exit::conflict,
                  fmt::format("{} exists, made from other inputs or with other parameters", shown()),
                  "--overwrite replaces it, or choose another output");
    }
    if (!it_.overwrite && there.empty() && finished.empty()) TRY(check_free(to_, it_.prefix, it_.document));
    if (!it_.overwrite && !there.empty()) {
      return fail(Exit::conflict, fmt::format("{} was begun by another mlctl", shown()),
                  "wait for it, or replace what it left with --overwrite");
    }
    old_files_ = listed_hashes(finished);
    TRY(to_.remove(key(it_.document)));  // from now on it is no dataset any more
    if (!there.empty()) TRY(to_.remove(key(kFingerprintFile)));
    Result<> put = to_.put(key(kFingerprintFile), content_of(claim_), true, kUnseen);
    if (!put && put.error().code == Exit::conflict) return fail(taken());
    return put;
  }

  Result<TransferSummary> copy_files() {
    const std::string folder = fs::absolute(it_.folder).lexically_normal().generic_string().substr(1);
    FileStore files("/", folder);
    TreeSource source{&files, folder, it_.prefix};
    source.filter.exclude = {it_.document};
    const Walk walk = TRY(walk_tree(source));
    const std::vector<Planned> plan =
        TRY(plan_transfer(walk, to_, it_.overwrite ? Replace::anything : Replace::nothing, kUnseen));
    for (const Planned& planned : plan) old_files_.erase(planned.key.substr(it_.prefix.size()));
    return transfer(walk, plan, to_, watch_);
  }

  // Removes the files that the replaced output listed and this one does not.
  Result<> remove_old() {
    for (const auto& [path, hash] : old_files_) TRY(to_.remove(key(path)));
    return {};
  }

  const Publication& it_;
  ObjectStore& to_;
  const TransferWatch& watch_;
  std::string document_, claim_;
  std::map<std::string, std::string> old_files_;
};

}  // namespace

Content content_of(std::string bytes) {
  Content content;
  content.size = bytes.size();
  content.read = [bytes = std::move(bytes)](uint64_t offset, uint64_t size, const TakeBytes& take) {
    return take(std::string_view(bytes).substr(offset, size));
  };
  return content;
}

Result<std::string> read_object(ObjectStore& store, const std::string& key) {
  return read_object(store, TRY(store.head(key)));
}

Result<> publish_object(ObjectStore& to, const std::string& key, std::string bytes, bool overwrite) {
  const Content content = content_of(std::move(bytes));
  const Result<ObjectInfo> there = to.head(key);
  if (!there && there.error().code != Exit::not_found) return fail(there.error());
  if (there && TRY(to.same(*there, content, kUnseen))) return {};
  if (there && !overwrite) {
    return fail(Exit::conflict, fmt::format("{} exists with other content", to.url(key)),
                "--overwrite replaces it");
  }
  return to.put(key, content, !overwrite, kUnseen);
}

Result<> check_free(ObjectStore& store, const std::string& prefix, const std::string& document) {
  std::string other;
  const Result<> listed = store.list(prefix, true, [&](const ObjectInfo& object) -> Result<> {
    const std::string name = object.key.substr(prefix.size());
    if (name.empty()) return {};  // a folder as consoles make them
    if (name != kFingerprintFile && name != document) other = object.key;
    return fail(Exit::interrupted, "seen");
  });
  if (!listed && listed.error().code != Exit::interrupted) return listed;
  if (other.empty()) return {};
  for (const std::string& mark : {prefix + kFingerprintFile, prefix + document}) {
    const Result<ObjectInfo> there = store.head(mark);
    if (there) return {};
    if (there.error().code != Exit::not_found) return fail(there.error());
  }
  return fail(Exit::conflict, fmt::format("{} holds other things: {}", store.url(prefix), store.url(other)),
              "choose another place, or remove what is there: mlctl rm --recursive");
}

Result<TransferSummary> publish(const Publication& publication, const TransferWatch& watch) {
  return Publisher(publication, watch).run();
}

bool is_recalled(const fs::path& folder) {
  return sys::exists(folder / kRecalled);
}

Result<bool> recall(const Recollection& source, const fs::path& folder, const TransferWatch& watch) {
  const std::string document = TRY(read_if_there(*source.from, source.prefix + source.document));
  if (document.empty()) return false;
  // An output that `mlctl upload` brought has no fingerprint: it is finished, but its inputs are unknown.
  std::string fingerprint = TRY(read_if_there(*source.from, source.prefix + kFingerprintFile));
  if (fingerprint.empty()) fingerprint = "uploaded\n";
  TRY(sys::write_file(folder / kRecalled, ""));
  if (source.whole) {
    std::string key = source.prefix;
    while (key.ends_with('/')) key.pop_back();
    const std::string to = fs::absolute(folder).lexically_normal().generic_string().substr(1);
    FileStore files("/", to);
    const Walk walk = TRY(walk_tree({source.from, key, to + "/", {}, {}, true}));
    const std::vector<Planned> plan = TRY(plan_transfer(walk, files, Replace::anything, kUnseen));
    TRY(transfer(walk, plan, files, watch));
  }
  TRY(sys::write_file(folder / source.document, document));
  TRY(sys::write_file(folder / kFingerprintFile, fingerprint));
  return true;
}

}  // namespace mlctl
