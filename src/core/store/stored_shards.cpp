#include "core/store/stored_shards.h"

#include <algorithm>
#include <atomic>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/in_order.h"
#include "core/base/mutex.h"
#include "core/base/read_ahead.h"
#include "core/store/file_store.h"
#include "core/store/transfer.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

namespace fs = std::filesystem;

// Limits how much is fetched ahead, because that takes room from what other readers may want again.
constexpr uint64_t kAhead = uint64_t{256} << 20;
constexpr size_t kThreads = 4;  // each fetches the ranges of one shard side by side
constexpr const char* kCopy = "shard";

std::string id_of(const FileEntry& file) {
  return "shard-" + file.sha256.hex();
}

// The copy of a listed file, with its path below the cache's root.
Result<FileEntry> copy_of(const FileEntry& file) {
  return FileEntry{TRY(InsidePath::parse(id_of(file) + "/" + kCopy)), file.size, file.sha256};
}

}  // namespace

Result<StoredShards> StoredShards::open(Place place, MirrorCache cache, const sys::StopFlag& stop,
                                        sys::Clock& clock) {
  StoredShards shards(std::move(place), std::move(cache), stop, clock);
  ObjectStore& store = *shards.place_.store;
  const std::string key = shards.place_.prefix() + "dataset.json", where = store.url(key);
  shards.document_ = TRY(store.head(key));
  const std::string text = TRY(read_object(store, shards.document_));
  const nlohmann::ordered_json json = TRY(parse_json(text, where));
  shards.dataset_ = TRY(dataset_from_json(json, where));
  return shards;
}

std::string StoredShards::name() const {
  return place_.store->url(place_.key);
}

Result<> StoredShards::read(const std::vector<FileEntry>& wanted, const TakeShard& take) {
  AheadPlan<Held> plan;
  for (const FileEntry& file : wanted) plan.sizes.push_back(file.size);
  plan.bound = std::min(kAhead, cache_.bound());
  plan.threads = kThreads;
  plan.claim = [&](size_t k, uint64_t under_way) { return claim(wanted[k], under_way); };
  plan.fetch = [&](size_t k, const Closed& closed) { return fetch(wanted[k], closed); };
  ReadAhead<Held> ahead(std::move(plan));
  for (const FileEntry& file : wanted) {
    const Held* held = TRY(ahead.next());
    TRY(copies_->read(held->copy, [&](const std::string&, std::string_view bytes) {
      return take(place_.store->url(place_.prefix() + file.path.text()), bytes);
    }));
  }
  return {};
}

Result<std::optional<StoredShards::Held>> StoredShards::claim(const FileEntry& file,
                                                              uint64_t under_way) const {
  const std::string id = id_of(file);
  if (std::optional<sys::SharedLock> lock = cache_.find(id)) {
    const FileEntry copy = TRY(copy_of(file));
    const Result<> same = copies_->compare(copy);
    if (same) return Held{copy, std::move(*lock)};
    if (same.error().code != Exit::integrity) return fail(same.error());
    TRY(sys::remove_tree(cache_.folder(id)));  // a reader that has it open goes on with it
  }
  TRY(cache_.check_size(place_.store->url(place_.prefix() + file.path.text()), file.size));
  TRY(cache_.make_room(file.size + under_way, id));
  return std::optional<Held>();
}

Result<StoredShards::Held> StoredShards::fetch(const FileEntry& file, const Closed& closed) {
  const std::string id = id_of(file), url = place_.store->url(place_.prefix() + file.path.text());
  sys::SharedLock lock = TRY(cache_.keep(id, url, *stop_, *clock_, [&] { return copy(file, id, closed); }));
  return Held{TRY(copy_of(file)), std::move(lock)};
}

Result<> StoredShards::copy(const FileEntry& file, const std::string& id, const Closed& closed) {
  const Result<> copied = copy_bytes(file, id, closed);
  if (copied) {
    copies_->trust(TRY(copy_of(file)));
    return cache_.note(id, place_.store->url(place_.prefix() + file.path.text()), {});
  }
  if (*stop_ || closed())
    return fail(*stop_ ? stop_->code() : Exit::interrupted,
                fmt::format("stopped before {} was fetched", file.path.text()));
  if (copied.error().code == Exit::integrity) TRY(sys::remove_tree(cache_.folder(id)));
  return fail(explain(copied.error(), file));
}

Result<ObjectInfo> StoredShards::look_at(const FileEntry& file) const {
  ObjectInfo info = TRY(place_.store->head(place_.prefix() + file.path.text()));
  if (info.size == file.size) return info;
  return fail(Exit::integrity, fmt::format("{} bytes, {} expected", info.size, file.size));
}

Result<> StoredShards::copy_bytes(const FileEntry& file, const std::string& id, const Closed& closed) {
  const ObjectInfo info = TRY(look_at(file));
  const fs::path folder = fs::absolute(cache_.folder(id)).lexically_normal();
  FileStore files("/", folder.parent_path().generic_string().substr(1));
  const TransferItem item{(folder / kCopy).generic_string().substr(1),
                          content_of(*place_.store, info, file.sha256.hex())};
  const TakeBytes progress = [&](std::string_view) -> Result<> {
    return closed() ? fail(Exit::interrupted, "nobody waits for it") : Result<>();
  };
  const Walk walk = [&](const TakeItem& take) { return take(item); };
  return transfer(walk, {{item.key, file.size, true, true}}, files, {progress, stop_, 1}).map([](auto&&) {});
}

uint64_t StoredShards::bytes() const {
  uint64_t sum = 0;
  for (const FileEntry& file : dataset_.files) sum += file.size;
  return sum;
}

Result<> StoredShards::compare(const TakeBytes& seen) {
  Mutex mutex;
  std::atomic<bool> ended{false};
  const TakeBytes take = [&](std::string_view bytes) -> Result<> {
    if (*stop_) return fail(stop_->code(), fmt::format("stopped before all of {} was compared", name()));
    if (ended) return fail(Exit::interrupted, "nobody waits for it");
    const Hold hold(mutex);
    return seen(bytes);
  };
  size_t next = 0;
  return in_order<size_t, Result<>>(
      kThreads,
      [&]() -> Result<std::optional<size_t>> {
        return next < dataset_.files.size() ? std::optional(next++) : std::nullopt;
      },
      [&](size_t& k) { return compare_file(dataset_.files[k], take); },
      [&](Result<>& outcome) {
        if (!outcome) ended = true;
        return outcome;
      });
}

Result<> StoredShards::compare_file(const FileEntry& file, const TakeBytes& seen) {
  const Result<ObjectInfo> info = look_at(file);
  if (!info) return fail(explain(info.error(), file));
  const Result<> same = undamaged([&]() -> Result<> {
    Sha256 hash;
    TRY(place_.store->get_whole(*info, [&](std::string_view bytes) -> Result<> {
      hash.update(bytes);
      return seen(bytes);
    }));
    return hash.hex() == file.sha256.hex() ? Result<>() : fail(Exit::integrity, "its SHA-256 is another");
  });
  return same ? same : fail(explain(same.error(), file));
}

// A shard that does not match the list is damaged, unless the list has changed meanwhile.
Error StoredShards::explain(Error error, const FileEntry& file) {
  const bool odd =
      error.code == Exit::integrity || error.code == Exit::not_found || error.code == Exit::conflict;
  if (!odd) return error;
  const std::string url = place_.store->url(place_.prefix() + file.path.text());
  const Result<ObjectInfo> now = place_.store->head(document_.key);
  if (now ? now->etag != document_.etag : now.error().code == Exit::not_found) {
    return {Exit::conflict,
            fmt::format("{} was replaced while it was read", name()),
            {},
            "run the same command again: it reads what is there now",
            {}};
  }
  if (error.code == Exit::conflict) return error;
  const bool missing = error.code == Exit::not_found;
  return {Exit::integrity,
          missing ? fmt::format("{} is missing: dataset.json lists it", url)
                  : fmt::format("{} is not what dataset.json lists: {}", url, error.message),
          {},
          "the dataset was changed or damaged after it was made: ingest or upload it again",
          {}};
}

}  // namespace mlctl
