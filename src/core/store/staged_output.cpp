#include "core/store/staged_output.h"

#include <map>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/data/dataset.h"
#include "core/store/location.h"
#include "core/store/publish.h"

namespace mlctl {

namespace fs = std::filesystem;

namespace {

// Checks that the bucket exists: better known before the work than after it.
Result<> check_reachable(const Place& place) {
  const Result<> listed = place.store->list(
      place.prefix(), false, [](const ObjectInfo&) -> Result<> { return fail(Exit::interrupted, "seen"); });
  return listed || listed.error().code == Exit::interrupted ? Result<>() : listed;
}

// Removes a folder so that a kill in the middle leaves nothing that looks like an output.
Result<> drop(const fs::path& path) {
  const fs::path gone = path.string() + ".gone";
  TRY(sys::remove_tree(gone));
  if (!sys::exists(path)) return {};
  TRY(sys::rename_durably(path, gone));
  return sys::remove_tree(gone);
}

}  // namespace

Result<StagedOutput> StagedOutput::open(const Workspace& workspace, const std::string& url_or_path,
                                        const OutputWish& wish) {
  StagedOutput staged(workspace);
  staged.wish_ = wish;
  if (!is_stored(url_or_path)) {
    staged.path_ = TRY(local_path(url_or_path));
    return staged;
  }
  staged.place_ = TRY(workspace.host().open(url_or_path));
  const std::string url = staged.place_->store->url(staged.place_->key);
  std::error_code code;
  const fs::path state = fs::absolute(workspace.host().state, code);
  const std::string place = fmt::format("staging/{:016x}", hash64(url));
  const sys::PathAt lock_place = TRY(sys::private_place(state, place + ".lock"));
  Result<sys::Lock> lock = sys::Lock::take(lock_place);
  if (!lock && lock.error().code == Exit::conflict)
    lock.error().message = fmt::format("another mlctl makes {}", url_or_path);
  staged.lock_.push_back(TRY(std::move(lock)));
  const std::string& key = staged.place_->key;
  const std::string name = key.substr(key.rfind('/') + 1);
  const sys::PathAt folder = TRY(sys::private_place(state, place));
  const sys::PathAt output = TRY(sys::Folder::make(folder)) / (name.empty() ? "output" : name);
  if (sys::exists(output)) TRY(sys::Folder::open(output));  // refuses a link, which is not ours
  staged.path_ = output.path();
  workspace.host().stands_for(staged.path_, url);
  TRY(staged.look());
  return staged;
}

StagedOutput::~StagedOutput() {
  if (lock_.empty()) return;
  if (is_recalled(path_)) static_cast<void>(drop(path_));
  std::error_code full;  // then it holds unfinished work
  fs::remove(path_.parent_path(), full);
}

// Lays out the store's output in the folder, replacing what is there, unless an output made here still
// waits to be delivered.
Result<> StagedOutput::look() {
  TRY(sys::remove_tree(path_.string() + ".gone"));
  if (is_recalled(path_)) TRY(drop(path_));
  if (sys::exists(path_)) return {};
  const Place& place = *place_;
  TRY(check_reachable(place));
  if (!wish_.overwrite) TRY(check_free(*place.store, place.prefix(), wish_.document));
  TRY(recall({place.store.get(), place.prefix(), wish_.document, wish_.whole}, path_, quiet_watch()));
  return {};
}

TransferWatch StagedOutput::quiet_watch() const {
  return {[](std::string_view) -> Result<> { return {}; }, &workspace_.host().stop, place_->store->width()};
}

Upkeep StagedOutput::upkeep(bool verify) const {
  if (!place_) return {workspace_.seals(), verify, {}};
  if (wish_.whole || !is_recalled(path_)) return {{}, verify, {}};
  return {{}, verify, [this, verify](const fs::path&) { return compare_stored(verify); }};
}

// Only dataset.json was fetched; whether the files that it lists are there is asked from the store.
Result<> StagedOutput::compare_stored(bool verify) const {
  const Dataset dataset = TRY(open_dataset(path_));
  const std::string prefix = place_->prefix(), url = place_->store->url(place_->key);
  std::map<std::string, uint64_t> sizes;
  TRY(place_->store->list(prefix, true, [&](const ObjectInfo& object) -> Result<> {
    sizes.emplace(object.key.substr(prefix.size()), object.size);
    return {};
  }));
  for (const FileEntry& file : dataset.files) {
    const auto found = sizes.find(file.path.text());
    if (found == sizes.end())
      return fail(Exit::integrity,
                  fmt::format("{} is missing", place_->store->url(prefix + file.path.text())));
    if (found->second != file.size) {
      return fail(Exit::integrity,
                  fmt::format("{} has {} bytes, dataset.json says {}",
                              place_->store->url(prefix + file.path.text()), found->second, file.size));
    }
  }
  if (!verify) return {};
  StoredShards shards = TRY(workspace_.stored_dataset(url));
  const std::shared_ptr<const IngestHost> host = workspace_.host().begin();
  uint64_t done = 0;
  return shards.compare([&](std::string_view bytes) -> Result<> {
    host->progress("compare", "B", done += bytes.size(), shards.bytes());
    return {};
  });
}

Result<> StagedOutput::deliver() {
  if (!place_) return {};
  ObjectStore& store = *place_->store;
  if (sys::exists(path_) && !is_recalled(path_)) {
    const std::shared_ptr<const IngestHost> host = workspace_.host().begin();
    uint64_t done = 0;
    const TakeBytes progress = [&](std::string_view bytes) -> Result<> {
      host->progress("upload", "B", done += bytes.size(), 0);
      return {};
    };
    TRY(publish({path_, &store, place_->prefix(), wish_.document, wish_.overwrite},
                {progress, &workspace_.host().stop, store.width()}));
  }
  return drop(path_.parent_path());
}

}  // namespace mlctl
