#include "core/store/mirror.h"

#include <unistd.h>

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/hash.h"
#include "core/base/secrets.h"
#include "core/base/strings.h"
#include "core/base/units.h"
#include "core/store/file_store.h"
#include "core/store/transfer.h"
#include "core/sys/names_in.h"
#include "core/sys/walk.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kSource = "source.json";

bool hidden(const std::string& relative) {
  return relative.starts_with('.') || relative.find("/.") != std::string::npos;
}

std::string lock_name(const std::string& id) {
  return fmt::format(".{}.lock", id);
}

std::string state_of(const ObjectInfo& object) {
  return fmt::format("{} {}", object.size, object.etag);
}

uint64_t size_below(const sys::PathAt& folder) {
  uint64_t sum = 0;
  sys::WalkRules rules;
  rules.hidden = rules.leave_unreadable = true;
  static_cast<void>(sys::walk(folder, rules, [&](const sys::Found& found) -> Result<bool> {
    if (!found.folder()) sum += static_cast<uint64_t>(found.status.st_size);
    return true;
  }));
  return sum;
}

Json read_source(const sys::PathAt& folder) {
  const Result<std::string> text = sys::read_file(folder / kSource);
  const Json json = text ? json_or_discarded(*text) : Json();
  return json.is_object() && json.contains("objects") && json["objects"].is_object() ? json : Json();
}

KeptMirror look_at(const sys::PathAt& folder) {
  std::error_code code;
  const bool whole = sys::exists(folder / kSource);
  return {folder.below().filename().string(), size_below(folder),
          fs::last_write_time(whole ? folder.path() / kSource : folder.path(), code)};
}

Result<std::vector<KeptMirror>> kept_in(const sys::Folder& root) {
  std::vector<KeptMirror> kept;
  for (const std::string& name : TRY(sys::names_in(root.fd(), root.path()))) {
    if (sys::is_folder(root / name)) kept.push_back(look_at(root / name));
  }
  sort_by_use(kept);
  return kept;
}

// Makes a hard link; where that can't be done, the file is fetched.
void link_copy(const sys::PathAt& from, const sys::PathAt& to) {
  const Result<sys::Parent> old = sys::parent_of(from, sys::Missing::is_error);
  const Result<sys::Parent> now = sys::parent_of(to, sys::Missing::made);
  if (old && now)
    static_cast<void>(
        ::linkat(old->folder.get(), old->name.c_str(), now->folder.get(), now->name.c_str(), 0));
}

// Where an object of the listing lies below a copy's folder.
fs::path file_of(const Listing& listing, const std::string& relative) {
  return relative.empty() ? fs::path(listing.name) : fs::path(listing.name) / relative;
}

Result<ObjectInfo> find_single(const Place& place) {
  if (place.slash || place.key.empty()) return fail(Exit::not_found, "");
  return place.store->head(place.key);
}

// The states of the objects that a copy's record tells.
std::map<std::string, std::string> states_in(const Json& source) {
  std::map<std::string, std::string> states;
  if (!source.is_object()) return states;
  for (const auto& [relative, state] : source["objects"].items())
    if (state.is_string()) states.emplace(relative, state.get<std::string>());
  return states;
}

}  // namespace

std::string Listing::relative(const ObjectInfo& object) const {
  if (object.key == key) return {};
  return key.empty() ? object.key : object.key.substr(key.size() + 1);
}

void sort_by_use(std::vector<KeptMirror>& kept) {
  std::sort(kept.begin(), kept.end(), [](const KeptMirror& one, const KeptMirror& other) {
    return std::tie(one.used, one.id) < std::tie(other.used, other.id);
  });
}

Result<Listing> list_source(const Place& place) {
  const std::string url = place.store->url(place.key);
  Listing listing{place.key, {}, {}, 0};
  const std::string_view trimmed = std::string_view(url).substr(0, url.find_last_not_of('/') + 1);
  listing.name = trimmed.substr(trimmed.rfind('/') + 1);
  const Result<ObjectInfo> single = find_single(place);
  if (single) {
    listing.objects = {*single};
    listing.bytes = single->size;
    return listing;
  }
  const Result<> listed = place.store->list(place.prefix(), true, [&](const ObjectInfo& object) -> Result<> {
    if (object.folder() || hidden(listing.relative(object))) return {};
    listing.objects.push_back(object);
    listing.bytes += object.size;
    return {};
  });
  // Credentials may allow listing below a prefix but not reading the prefix itself; then the refusal for
  // the object is the answer.
  if ((!listed || listing.objects.empty()) && single.error().code != Exit::not_found)
    return fail(single.error());
  if (!listed) return fail(listed.error());
  if (!listing.objects.empty()) return listing;
  return fail(Exit::not_found, fmt::format("there is nothing at {}", url),
              "check the bucket and the key: mlctl ls lists them");
}

std::string mirror_id(const std::string& url, const Listing& listing) {
  std::string states;
  for (const ObjectInfo& object : listing.objects)
    states += fmt::format("{} {}\n", state_of(object), listing.relative(object));
  return fmt::format("{:016x}-{:016x}", hash64(url), hash64(states));
}

// The folder is private: what is in a store may be meant for its owner alone.
Result<sys::Folder> MirrorCache::root() const {
  return sys::Folder::make(root_, sys::Readers::nobody);
}

Result<sys::PathAt> MirrorCache::place(const std::string& id) const {
  return TRY(root()) / id;
}

bool MirrorCache::whole(const std::string& id) const {
  const Result<sys::Folder> home = root();
  return home && sys::exists(*home / id / kSource);
}

Result<sys::SharedLock> MirrorCache::use(const std::string& id) const {
  const sys::Folder home = TRY(root());
  return sys::SharedLock::take(home / lock_name(id));
}

Result<uint64_t> cache_bound(const sys::Env& env) {
  constexpr uint64_t kBound = uint64_t{20} << 30;
  const auto given = env.get("MLCTL_CACHE_SIZE");
  if (!given) return kBound;
  Result<uint64_t> size = parse_bytes(*given);
  if (!size) size.error().message = "MLCTL_CACHE_SIZE: " + size.error().message;
  return size;
}

Result<> MirrorCache::note(const std::string& id, const std::string& url, const Listing& listing) const {
  Json objects = Json::object();
  for (const ObjectInfo& object : listing.objects)
    append_member(objects, listing.relative(object), state_of(object));
  const Json source = {{"url", without_secrets(url)}, {"bytes", listing.bytes}, {"objects", objects}};
  const sys::Folder home = TRY(root());
  return sys::write_file(home / id / kSource, dump_json(source));
}

Result<bool> MirrorCache::drop(const std::string& id) const {
  const sys::Folder home = TRY(root());
  const Result<sys::Lock> lock = sys::Lock::take(home / lock_name(id));
  if (!lock && lock.error().code == Exit::conflict) return false;
  if (!lock) return fail(lock.error());
  TRY(sys::remove_tree(home / id / kSource));  // first: half a copy is none
  TRY(sys::remove_tree(home / id));
  return true;
}

Result<> MirrorCache::make_room(uint64_t bytes, const std::string& id) const {
  const sys::Folder home = TRY(root());
  const std::vector<KeptMirror> kept = TRY(kept_in(home));
  uint64_t used = bytes;
  for (const KeptMirror& each : kept) used += each.id == id ? 0 : each.bytes;
  for (const KeptMirror& each : kept) {
    if (used <= bound_) break;
    if (each.id != id && TRY(drop(each.id))) used -= each.bytes;
  }
  if (used <= bound_) return {};
  return fail(Exit::resource,
              fmt::format("the cache {} is full of copies in use: {} more would make {} of {}",
                          root_.string(), human_bytes(bytes), human_bytes(used), human_bytes(bound_)),
              "set MLCTL_CACHE_SIZE higher, or wait until other commands have ended");
}

// Takes files of earlier copies of the source that have not changed since; then those copies may go.
Result<> MirrorCache::take_over(const Listing& listing, const std::string& id) const {
  const sys::Folder home = TRY(root());
  for (const KeptMirror& each : TRY(kept_in(home))) {
    if (each.id == id || each.id.substr(0, 16) != id.substr(0, 16)) continue;
    const sys::PathAt old = home / each.id;
    const std::map<std::string, std::string> states = states_in(read_source(old));
    for (const ObjectInfo& object : listing.objects) {
      const std::string relative = listing.relative(object);
      const auto before = states.find(relative);
      if (before == states.end() || before->second != state_of(object)) continue;
      link_copy(old / file_of(listing, relative), home / id / file_of(listing, relative));
    }
    TRY(drop(each.id));
  }
  return {};
}

Result<> MirrorCache::make(const Place& place, const Listing& listing, const std::string& id,
                           const MirrorWatch& watch) const {
  TRY(make_room(listing.bytes, id));
  TRY(take_over(listing, id));
  const std::string home = fs::absolute(root_).lexically_normal().generic_string().substr(1);
  const bool single = listing.objects.front().key == place.key;
  const std::string to_key = home + "/" + id + "/" + listing.name + (single ? "" : "/");
  FileStore files("/", home);
  const Walk walk = TRY(walk_listed({place.store.get(), place.key, to_key}, listing.objects));
  // In this folder a file is whole or absent, and of one state of the source, so sizes are enough to
  // compare.
  std::vector<Planned> plan;
  uint64_t bytes = 0;
  TRY(walk([&](const TransferItem& item) -> Result<> {
    std::error_code code;
    const bool there = fs::file_size("/" + item.key, code) == item.content.size && !code;
    plan.push_back({item.key, item.content.size, !there, false});
    bytes += there ? 0 : item.content.size;
    return {};
  }));
  watch.begin(bytes);
  TRY(transfer(walk, plan, files, {watch.progress, watch.stop, place.store->width()}));
  return note(id, place.store->url(place.key), listing);
}

Result<> MirrorCache::check_size(const std::string& url, uint64_t bytes) const {
  if (bytes <= bound_) return {};
  return fail(Exit::resource,
              fmt::format("{} has {}, more than the cache may hold: {}", url, human_bytes(bytes),
                          human_bytes(bound_)),
              "set MLCTL_CACHE_SIZE higher, as MLCTL_CACHE_SIZE=100GiB");
}

std::optional<sys::SharedLock> MirrorCache::find(const std::string& id) const {
  Result<sys::SharedLock> shared = use(id);
  if (!shared || !whole(id)) return {};
  std::error_code code;  // a cache that is only read has no order of use
  fs::last_write_time(root_ / id / kSource, fs::file_time_type::clock::now(), code);
  return std::move(*shared);
}

Result<sys::SharedLock> MirrorCache::keep(const std::string& id, const std::string& url,
                                          const sys::StopFlag& stop, sys::Clock& clock,
                                          const std::function<Result<>()>& make) const {
  while (!stop) {
    if (std::optional<sys::SharedLock> shared = find(id)) return std::move(*shared);
    const sys::Folder home = TRY(root());
    const Result<sys::Lock> lock = sys::Lock::take(home / lock_name(id));
    if (lock && !whole(id)) TRY(make());
    if (!lock && lock.error().code != Exit::conflict) return fail(lock.error());
    constexpr double kPause = 0.1;
    if (!lock) clock.sleep(kPause);  // another process copies it
  }
  return fail(stop.code(), fmt::format("stopped before {} was fetched", url),
              "run the same command again to go on");
}

Result<Mirrored> MirrorCache::fetch(const Place& place, const MirrorWatch& watch) const {
  const Listing listing = TRY(list_source(place));
  return fetch(place, listing, mirror_id(place.store->url(place.key), listing), watch);
}

Result<Mirrored> MirrorCache::fetch(const Place& place, const Listing& listing, const std::string& id,
                                    const MirrorWatch& watch) const {
  const std::string url = place.store->url(place.key);
  TRY(check_size(url, listing.bytes));
  Mirrored mirrored{root_ / id / listing.name, {}};
  mirrored.held.push_back(
      TRY(keep(id, url, *watch.stop, *watch.clock, [&] { return make(place, listing, id, watch); })));
  return mirrored;
}

}  // namespace mlctl
