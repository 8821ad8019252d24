#include "core/store/transfer.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/in_order.h"
#include "core/base/mutex.h"
#include "core/base/strings.h"

namespace mlctl {

namespace {

struct Tree {
  TreeSource source;
  std::string prefix{};
  bool single = false;
  std::vector<ObjectInfo> objects{};            // commit marks last
  std::map<std::string, std::string> hashes{};  // by relative path
};

Result<std::string> key_for(const Tree& tree, const std::string& relative) {
  const TreeSource& source = tree.source;
  if (tree.single) return source.to_key;
  if (source.key_template.empty()) return source.to_key + relative;
  return source.to_key + TRY(fill_key(source.key_template, fields_of(relative)));
}

Result<> show_tree(const Tree& tree, const TakeItem& take) {
  for (const ObjectInfo& object : tree.objects) {
    const std::string relative = object.key.substr(tree.prefix.size());
    const auto listed = tree.hashes.find(relative);
    const std::string key = TRY(key_for(tree, relative));
    TRY(take({key, content_of(*tree.source.store, object, listed == tree.hashes.end() ? "" : listed->second),
              object.modified_millis}));
  }
  return {};
}

// What exists at a destination: asked object by object, or by one listing when there are many.
class There {
 public:
  There(ObjectStore& store, bool listed, std::string prefix)
      : store_(store), listed_(listed), prefix_(std::move(prefix)) {}
  Result<> look() {
    if (!listed_) return {};
    return store_.list(prefix_, true, [&](const ObjectInfo& info) -> Result<> {
      found_[info.key] = info;
      return {};
    });
  }
  Result<ObjectInfo> find(const std::string& key) {
    if (!listed_) return store_.head(key);
    const auto found = found_.find(key);
    if (found == found_.end()) return fail(Exit::not_found, "");
    return found->second;
  }

 private:
  ObjectStore& store_;
  bool listed_;
  std::string prefix_;
  std::unordered_map<std::string, ObjectInfo> found_;
};

Result<Planned> plan_one(const TransferItem& item, There& there, ObjectStore& to, Replace replace,
                         const TakeBytes& progress) {
  Planned planned{item.key, item.content.size, true};
  const Result<ObjectInfo> found = there.find(item.key);
  if (!found && found.error().code == Exit::not_found) return planned;
  if (!found) return fail(found.error());
  if (replace == Replace::older && item.modified_millis <= found->modified_millis) {
    planned.copy = false;
    planned.skipped = true;
    return planned;
  }
  planned.replaces = !TRY(to.same(*found, item.content, progress));
  planned.copy = planned.replaces;
  if (planned.replaces && replace == Replace::nothing) {
    return fail(Exit::conflict, fmt::format("{} exists with other content", to.url(item.key)),
                "--overwrite replaces it");
  }
  return planned;
}

// The longest folder that all keys share, and how many keys there are.
struct Spread {
  size_t count = 0;
  std::string prefix;
};
Result<Spread> spread_of(const Walk& walk) {
  Spread spread;
  TRY(walk([&](const TransferItem& item) -> Result<> {
    const std::string folder = item.key.substr(0, item.key.rfind('/') + 1);
    if (spread.count++ == 0) spread.prefix = folder;
    while (!folder.starts_with(spread.prefix)) {
      spread.prefix.pop_back();
      spread.prefix.erase(spread.prefix.rfind('/') + 1);
    }
    return {};
  }));
  return spread;
}

}  // namespace

Content content_of(ObjectStore& store, const ObjectInfo& info, std::string sha256) {
  Content content{info.size, {}};
  content.read = [&store, info](uint64_t offset, uint64_t size, const TakeBytes& take) {
    if (offset == 0 && size == info.size) return store.get_whole(info, take);
    return store.get(info.key, offset, size, take, info.etag);
  };
  content.sha256 = std::move(sha256);
  content.checksum = info.checksum;
  content.fingerprint = info.etag;
  content.streams = store.streams();
  content.origin = {&store, info};
  return content;
}

Result<std::string> read_object(ObjectStore& store, const ObjectInfo& info) {
  return undamaged([&]() -> Result<std::string> {
    std::string bytes;
    TRY(store.get_whole(info, [&](std::string_view piece) -> Result<> {
      bytes += piece;
      return {};
    }));
    return bytes;
  });
}

Result<Walk> walk_tree(const TreeSource& source) {
  // With a trailing slash, an object of that name is not meant.
  const bool below = source.folder || source.key.empty();
  const Result<ObjectInfo> single = below ? fail(Exit::not_found, "") : source.store->head(source.key);
  if (single) return walk_listed(source, {*single});
  const std::string prefix = source.key.empty() ? "" : source.key + "/";
  std::vector<ObjectInfo> objects;
  const Result<> listed = source.store->list(prefix, true, [&](const ObjectInfo& object) -> Result<> {
    // A key ending in "/" is how other clients remember a folder.
    if (!object.folder() && source.filter.takes(object.key.substr(prefix.size()))) objects.push_back(object);
    return {};
  });
  // Credentials may allow listing below a prefix but not reading the prefix itself; else the refusal for
  // the object is the answer.
  if ((!listed || objects.empty()) && single.error().code != Exit::not_found) return fail(single.error());
  if (!listed) return fail(listed.error());
  if (!objects.empty()) return walk_listed(source, std::move(objects));
  return fail(Exit::not_found, fmt::format("there is nothing to copy at {}", source.store->url(source.key)),
              "check the path, --include and --exclude");
}

Result<Walk> walk_listed(const TreeSource& source, std::vector<ObjectInfo> objects) {
  auto tree = std::make_shared<Tree>(Tree{source});
  tree->objects = std::move(objects);
  tree->single = !source.folder && tree->objects.size() == 1 && tree->objects.front().key == source.key;
  if (tree->single) return Walk([tree](const TakeItem& take) { return show_tree(*tree, take); });
  tree->prefix = source.key.empty() ? "" : source.key + "/";
  std::stable_partition(tree->objects.begin(), tree->objects.end(),
                        [](const ObjectInfo& object) { return !is_commit_mark(object.key); });
  for (const ObjectInfo& object : tree->objects) {
    if (is_commit_mark(object.key.substr(tree->prefix.size())) &&
        object.key.find('/', tree->prefix.size()) == std::string::npos)
      tree->hashes = listed_hashes(TRY(read_object(*source.store, object)));
  }
  return Walk([tree](const TakeItem& take) { return show_tree(*tree, take); });
}

Result<std::vector<Planned>> plan_transfer(const Walk& walk, ObjectStore& to, Replace replace,
                                           const TakeBytes& progress) {
  constexpr size_t kAsked = 16;  // more objects than these are worth a listing
  const Spread spread = TRY(spread_of(walk));
  There there(to, spread.count > kAsked && !to.head_is_cheap(), spread.prefix);
  TRY(there.look());
  std::vector<Planned> plan;
  std::set<std::string> keys;
  const TakeItem plan_item = [&](const TransferItem& item) -> Result<> {
    if (!keys.insert(item.key).second) {
      return fail(Exit::data, fmt::format("two items would become {}", to.url(item.key)),
                  "use a --key that tells them apart, as with {split}, {key} or {path}");
    }
    plan.push_back(TRY(plan_one(item, there, to, replace, progress)));
    return {};
  };
  TRY(walk(plan_item));
  return plan;
}

namespace {

bool is_or_is_below(const std::string& path, const std::string& folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

}  // namespace

Result<std::vector<ObjectInfo>> surplus_of(const std::vector<Planned>& plan, ObjectStore& to,
                                           const std::string& prefix, const NameFilter& filter,
                                           const std::vector<std::string>& spared) {
  std::unordered_set<std::string_view> wanted;
  for (const Planned& planned : plan) wanted.insert(planned.key);
  std::vector<ObjectInfo> surplus;
  TRY(to.list(prefix, true, [&](const ObjectInfo& object) -> Result<> {
    const std::string relative = object.key.substr(prefix.size());
    const bool hidden = relative.starts_with('.') || relative.find("/.") != std::string::npos;
    const bool kept = std::any_of(spared.begin(), spared.end(),
                                  [&](const std::string& each) { return is_or_is_below(relative, each); });
    if (!hidden && !kept && !object.folder() && filter.takes(relative) && !wanted.contains(object.key))
      surplus.push_back(object);
    return {};
  }));
  std::stable_partition(surplus.begin(), surplus.end(),
                        [](const ObjectInfo& object) { return is_commit_mark(object.key); });
  return surplus;
}

namespace {

// Puts objects, the small ones side by side.
class Copier {
 public:
  Copier(ObjectStore& to, const TransferWatch& watch, std::atomic<uint64_t>& copied, std::atomic<bool>& begun)
      : to_(to),
        watch_(watch),
        copied_(copied),
        begun_(begun),
        puts_(
            watch.threads, [this](Put& each) { return put(each); }, [](Result<>& done) { return done; },
            watch.at_once) {}

  Result<> copy(const Planned& planned, const Content& content) {
    if (*watch_.stop) return fail(watch_.stop->code(), "stopped");
    Put put{planned.key, content, !planned.replaces};
    if (content.passing) {
      auto bytes = std::make_shared<std::string>();
      TRY(content.read(0, content.size, [&](std::string_view piece) -> Result<> {
        *bytes += piece;
        return {};
      }));
      put.content.read = [bytes](uint64_t offset, uint64_t size, const TakeBytes& take) {
        return take(std::string_view(*bytes).substr(offset, size));
      };
    }
    return puts_.push(std::move(put));
  }
  // Waits until all objects handed in are there, and durable.
  Result<> settle(const std::string& key) {
    TRY(puts_.finish());
    return copied_ == 0 ? Result<>() : to_.settle(key);
  }

 private:
  struct Put {
    std::string key;
    Content content;
    bool only_new = false;
  };

  // Bytes damaged on the way are sent again, a few times.
  Result<> put(const Put& each) {
    constexpr int kTries = 4;
    for (int tried = 1;; ++tried) {
      uint64_t shown = 0;
      const Result<> done =
          to_.put(each.key, each.content, each.only_new, [&](std::string_view bytes) -> Result<> {
            const Hold hold(mutex_);
            if (*watch_.stop) return fail(watch_.stop->code(), "stopped");
            shown += bytes.size();
            return shown <= each.content.size ? watch_.progress(bytes) : Result<>();
          });
      if (done) break;
      if (done.error().code == Exit::interrupted) begun_ = true;
      if (done.error().code != Exit::integrity || (each.content.streams == 1 && to_.streams() == 1) ||
          tried == kTries)
        return fail(done.error());
    }
    ++copied_;
    return {};
  }

  ObjectStore& to_;
  const TransferWatch& watch_;
  std::atomic<uint64_t>& copied_;
  std::atomic<bool>& begun_;
  Mutex mutex_;
  Ordered<Put, Result<>> puts_;  // last: its threads use the others
};

Result<> copy_all(const Walk& walk, const std::vector<Planned>& plan, Copier& copier,
                  TransferSummary& summary) {
  size_t at = 0;
  std::string last;
  const TakeItem copy_item = [&](const TransferItem& item) -> Result<> {
    const Planned& planned = plan[at++];
    summary.bytes += planned.size;
    if (!planned.copy) {
      ++(planned.skipped ? summary.skipped : summary.present);
      return {};
    }
    if (is_commit_mark(planned.key)) TRY(copier.settle(planned.key));
    last = planned.key;
    summary.copied_bytes += planned.size;
    return copier.copy(planned, item.content);
  };
  TRY(walk(copy_item));
  return copier.settle(last);
}

}  // namespace

Result<TransferSummary> transfer(const Walk& walk, const std::vector<Planned>& plan, ObjectStore& to,
                                 const TransferWatch& watch) {
  TransferSummary summary;
  std::atomic<uint64_t> copied = 0;
  std::atomic<bool> begun = false;  // parts of an object are there: the same command goes on behind them
  Result<> done;
  {
    Copier copier(to, watch, copied, begun);
    done = copy_all(walk, plan, copier, summary);
  }  // after an error, too, those under way have ended
  summary.copied = copied;
  if (done) return summary;
  if (!*watch.stop) return fail(done.error());
  return fail(summary.copied > 0 || begun ? Exit::interrupted : watch.stop->code(),
              fmt::format("stopped after {} of {}", summary.copied + summary.present + summary.skipped,
                          plural(plan.size(), "object")),
              "run the same command again to go on");
}

}  // namespace mlctl
