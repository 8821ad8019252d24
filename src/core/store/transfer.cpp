#include "core/store/transfer.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <set>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/in_order.h"
#include "core/base/strings.h"

namespace mlctl {

namespace {

Content content_of(ObjectStore& store, const ObjectInfo& info, std::string sha256) {
  return {info.size,
          [&store, key = info.key](uint64_t offset, uint64_t size) -> Result<std::string> {
            std::string bytes;
            bytes.reserve(size);
            TRY(store.get(key, offset, size, [&](std::string_view chunk) -> Result<> {
              bytes += chunk;
              return {};
            }));
            return bytes;
          },
          std::move(sha256)};
}

Result<std::string> read_object(ObjectStore& store, const ObjectInfo& info) {
  return content_of(store, info, {}).read(0, info.size);
}

struct Tree {
  TreeSource source;
  std::string prefix;
  std::vector<ObjectInfo> objects;            // commit marks last
  std::map<std::string, std::string> hashes;  // by relative path
};

Result<std::string> key_for(const Tree& tree, const std::string& relative) {
  const TreeSource& source = tree.source;
  if (tree.prefix.empty()) return source.to_key;
  if (source.key_template.empty()) return source.to_key + relative;
  return source.to_key + TRY(fill_key(source.key_template, fields_of(relative)));
}

Result<> show_tree(const Tree& tree, const TakeItem& take) {
  for (const ObjectInfo& object : tree.objects) {
    const std::string relative = object.key.substr(tree.prefix.size());
    const auto listed = tree.hashes.find(relative);
    const std::string key = TRY(key_for(tree, relative));
    TRY(take(
        {key, content_of(*tree.source.store, object, listed == tree.hashes.end() ? "" : listed->second)}));
  }
  return {};
}

// The SHA-256 of what would be copied.
Result<std::string> digest_of(const Content& content) {
  constexpr uint64_t kChunk = uint64_t{4} << 20;
  Sha256 hash;
  for (uint64_t at = 0; at < content.size; at += kChunk) {
    const std::string bytes = TRY(content.read(at, std::min(kChunk, content.size - at)));
    hash.update(bytes);
  }
  return hash.hex();
}

Result<Planned> plan_one(const TransferItem& item, ObjectStore& to, bool overwrite,
                         const TakeBytes& progress) {
  Planned planned{item.key, item.content.size, true, false};
  const Result<ObjectInfo> there = to.head(item.key);
  if (!there && there.error().code == Exit::not_found) return planned;
  if (!there) return fail(there.error());
  planned.replaces =
      there->size != item.content.size || TRY(to.digest(item.key, progress)) != TRY(digest_of(item.content));
  planned.copy = planned.replaces;
  if (planned.replaces && !overwrite) {
    return fail(Exit::conflict, fmt::format("{} exists with other content", to.url(item.key)),
                "--overwrite replaces it");
  }
  return planned;
}

}  // namespace

Result<Walk> walk_tree(const TreeSource& source) {
  auto tree = std::make_shared<Tree>(Tree{source, {}, {}, {}});
  const Result<ObjectInfo> single = source.store->head(source.key);
  if (single) {
    tree->objects.push_back(*single);
    return Walk([tree](const TakeItem& take) { return show_tree(*tree, take); });
  }
  tree->prefix = source.key + "/";
  TRY(source.store->list(tree->prefix, true, [&](const ObjectInfo& object) -> Result<> {
    if (source.filter.takes(object.key.substr(tree->prefix.size()))) tree->objects.push_back(object);
    return {};
  }));
  if (tree->objects.empty()) {
    return fail(Exit::not_found, fmt::format("there is nothing to copy at {}", source.store->url(source.key)),
                "check the path, --include and --exclude");
  }
  std::stable_partition(tree->objects.begin(), tree->objects.end(),
                        [](const ObjectInfo& object) { return !is_commit_mark(object.key); });
  for (const ObjectInfo& object : tree->objects) {
    if (is_commit_mark(object.key.substr(tree->prefix.size())) &&
        object.key.find('/', tree->prefix.size()) == std::string::npos)
      tree->hashes = listed_hashes(TRY(read_object(*source.store, object)));
  }
  return Walk([tree](const TakeItem& take) { return show_tree(*tree, take); });
}

Result<std::vector<Planned>> plan_transfer(const Walk& walk, ObjectStore& to, bool overwrite,
                                           const TakeBytes& progress) {
  std::vector<Planned> plan;
  std::set<std::string> keys;
  const TakeItem plan_item = [&](const TransferItem& item) -> Result<> {
    if (!keys.insert(item.key).second) {
      return fail(Exit::data, fmt::format("two items would become {}", to.url(item.key)),
                  "use a --key that tells them apart, as with {split}, {key} or {path}");
    }
    plan.push_back(TRY(plan_one(item, to, overwrite, progress)));
    return {};
  };
  TRY(walk(plan_item));
  return plan;
}

namespace {

// Puts objects, the small ones side by side.
class Copier {
 public:
  Copier(ObjectStore& to, const TransferWatch& watch, std::atomic<uint64_t>& copied)
      : to_(to),
        watch_(watch),
        copied_(copied),
        puts_(
            watch.threads, [this](Put& put) { return this->put(put.key, put.content); },
            [](Result<>& done) { return done; }) {}

  Result<> copy(const std::string& key, const Content& content) {
    if (*watch_.stop) return fail(watch_.stop->code(), "stopped");
    if (content.size > kSmall) return put(key, content);
    // The source's bytes may be a view that ends with this call.
    auto bytes = std::make_shared<const std::string>(TRY(content.read(0, content.size)));
    const auto read = [bytes](uint64_t offset, uint64_t size) -> Result<std::string> {
      return bytes->substr(offset, size);
    };
    return puts_.push({key, {content.size, read, content.sha256}});
  }
  Result<> wait() { return puts_.finish(); }

 private:
  static constexpr uint64_t kSmall = uint64_t{4} << 20;
  struct Put {
    std::string key;
    Content content;
  };

  Result<> put(const std::string& key, const Content& content) {
    TRY(to_.put(key, content, [this](std::string_view bytes) -> Result<> {
      const std::lock_guard hold(mutex_);
      if (*watch_.stop) return fail(watch_.stop->code(), "stopped");
      return watch_.progress(bytes);
    }));
    ++copied_;
    return {};
  }

  ObjectStore& to_;
  const TransferWatch& watch_;
  std::atomic<uint64_t>& copied_;
  std::mutex mutex_;
  Ordered<Put, Result<>> puts_;  // last: its threads use the others
};

Result<> copy_all(const Walk& walk, const std::vector<Planned>& plan, Copier& copier,
                  TransferSummary& summary) {
  size_t at = 0;
  const TakeItem copy_item = [&](const TransferItem& item) -> Result<> {
    const Planned& planned = plan[at++];
    summary.bytes += planned.size;
    if (!planned.copy) {
      ++summary.present;
      return {};
    }
    if (is_commit_mark(planned.key)) TRY(copier.wait());
    summary.copied_bytes += planned.size;
    return copier.copy(planned.key, item.content);
  };
  TRY(walk(copy_item));
  return copier.wait();
}

}  // namespace

Result<TransferSummary> transfer(const Walk& walk, const std::vector<Planned>& plan, ObjectStore& to,
                                 const TransferWatch& watch) {
  TransferSummary summary;
  std::atomic<uint64_t> copied = 0;
  Result<> done;
  {
    Copier copier(to, watch, copied);
    done = copy_all(walk, plan, copier, summary);
  }  // after an error, too, those under way have ended
  summary.copied = copied;
  if (done) return summary;
  if (!*watch.stop) return fail(done.error());
  return fail(
      summary.copied > 0 ? Exit::interrupted : watch.stop->code(),
      fmt::format("stopped after {} of {}", summary.copied + summary.present, plural(plan.size(), "object")),
      "run the same command again to go on");
}

}  // namespace mlctl
