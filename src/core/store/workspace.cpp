#include "core/store/workspace.h"

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/data/dataset.h"
#include "core/ingest/image_stream.h"
#include "core/store/digest_at.h"
#include "core/store/location.h"
#include "core/store/mirror.h"
#include "core/store/publish.h"
#include "core/text/json.h"

namespace mlctl {

namespace fs = std::filesystem;

// "s3://b/x:test" where s3://b/x is a dataset and s3://b/x:test nothing.
struct Workspace::Reference {
  std::string url, split;
};

namespace {

// Replaces the path of an unfinished copy (<cache>/ID/NAME) in an error by the URL: its ID is known only
// when the copy is complete.
void name_unfinished(Error& error, const fs::path& cache, const Place& place) {
  const std::string root = cache.string() + "/", name = "/" + place.key.substr(place.key.rfind('/') + 1);
  const size_t at = error.message.find(root);
  const size_t end = at == std::string::npos ? at : error.message.find(name, at + root.size());
  if (end != std::string::npos)
    error.message.replace(at, end + name.size() - at, place.store->url(place.key));
}

IngestSource local_source(const fs::path& path) {
  std::error_code code;
  return {fs::absolute(path, code)};
}

std::string state_of(const IngestSource& source) {
  if (source.remote != nullptr) return source.remote->state();
  const sys::FileIdentity file = sys::identity_at(source.path).value_or(sys::FileIdentity());
  return fmt::format("{} {} {} {} {}", source.path.string(), file.size, file.modified, file.changed,
                     file.inode);
}

// The file of rows at a place; `place` is moved into it. Null, and `place` unchanged, when there is none.
std::unique_ptr<StoredText> rows_at(Place& place, const sys::StopFlag& stop) {
  const std::string& key = place.key;
  if (place.slash || key.empty() || is_image_name(key) || is_idx_name(key) || is_archive_name(key)) return {};
  Result<ObjectInfo> object = place.store->head(key);
  if (!object) return {};  // why shows when it is looked for as a folder
  return std::make_unique<StoredText>(std::move(place), std::move(*object), stop);
}

}  // namespace

Result<MirrorCache> Workspace::cache() const {
  return MirrorCache(host_.cache / "stores", TRY(Result<uint64_t>(host_.cache_bound)));
}

Result<Workspace::Reference> Workspace::split_reference(const std::string& text) const {
  const auto [url, split] = split_suffix(text);
  if (split.empty()) return Reference{text, {}};
  const Place place = TRY(host_.open(url));
  const Result<ObjectInfo> document = place.store->head(place.prefix() + "dataset.json");
  if (document) return Reference{url, split};
  if (document.error().code != Exit::not_found) return fail(document.error());
  return Reference{text, {}};
}

Result<LocalFiles> Workspace::copy(const Place& place, const Fetch& fetch) const {
  const std::shared_ptr<const IngestHost> host = host_.begin();
  uint64_t done = 0, total = 0;
  MirrorWatch watch;
  watch.stop = &host_.stop;
  watch.clock = &host_.clock;
  watch.begin = [&](uint64_t bytes) { host->progress("fetch", "B", 0, total = bytes); };
  watch.progress = [&](std::string_view bytes) -> Result<> {
    host->progress("fetch", "B", done += bytes.size(), total);
    return {};
  };
  Result<Mirrored> fetched = fetch(TRY(cache()), watch);
  if (!fetched) name_unfinished(fetched.error(), host_.cache / "stores", place);
  Mirrored mirrored = TRY(std::move(fetched));
  host_.stands_for(mirrored.path, place.store->url(place.key));
  return LocalFiles{std::move(mirrored.path), std::move(mirrored.held)};
}

Result<LocalFiles> Workspace::fetch(const std::string& url) const {
  const Place place = TRY(host_.open(url));
  return copy(place,
              [&](const MirrorCache& cache, const MirrorWatch& watch) { return cache.fetch(place, watch); });
}

// Into the cache; each state of the file gives another dataset there.
Result<LocalFiles> Workspace::ingest_file(const std::string& shown, const IngestSource& source) const {
  const MirrorCache kept = TRY(cache());
  const std::string id = fmt::format("{:016x}-dataset", hash64(state_of(source)));
  LocalFiles made{kept.folder(id) / source.path.stem(), {}};
  made.held.push_back(TRY(kept.use(id)));
  IngestRequest request;
  request.sources = {source};
  request.to = made.path;
  request.overwrite = true;
  request.upkeep.seals = seals();
  const std::shared_ptr<const IngestHost> host = host_.begin();
  const KindGuess guess = TRY(guess_kind(request, host_.stop));
  request.kind = guess.kind;
  host->note(fmt::format("{} is no dataset: reading it as {} ({}); mlctl ingest says more", shown,
                         name(guess.kind), guess.because));
  const IngestOutcome outcome = TRY(ingest(request, *host));
  if (outcome.state == IngestState::stopped)
    return fail(outcome.saved ? Exit::interrupted : host_.stop.code(), "stopped while reading " + shown,
                "run the same command again to go on");
  TRY(kept.note(id, shown, {}));
  return made;
}

// A dataset's folder, or a file to make one of.
Result<OpenedDataset> Workspace::local_dataset(const std::string& shown, LocalFiles place, std::string split,
                                               bool verify) const {
  std::error_code code;
  if (fs::is_regular_file(place.path, code)) place = TRY(ingest_file(shown, local_source(place.path)));
  return OpenedDataset{std::make_unique<ShardFolder>(place.path, verify ? Seals() : seals()),
                       std::move(split), std::move(place.held)};
}

Result<StoredShards> Workspace::open_shards(Place place) const {
  const std::string url = place.store->url(place.key);
  MirrorCache kept = TRY(cache());
  Result<StoredShards> stored =
      StoredShards::open(std::move(place), std::move(kept), host_.stop, host_.clock);
  if (!stored && stored.error().code == Exit::not_found) {
    stored.error().message = fmt::format("{} is not a dataset: there is no dataset.json below it", url);
    stored.error().hint =
        fmt::format("mlctl ls {} shows what there is; mlctl ingest makes a dataset of it", url);
  }
  return stored;
}

Result<OpenedDataset> Workspace::dataset_in_store(const std::string& reference) const {
  const Reference ref = TRY(split_reference(reference));
  Place place = TRY(host_.open(ref.url));
  if (const auto text = rows_at(place, host_.stop)) {
    LocalFiles made = TRY(ingest_file(reference, {text->url(), text.get()}));
    return OpenedDataset{std::make_unique<ShardFolder>(made.path, seals()), {}, std::move(made.held)};
  }
  if (!place.slash && !place.key.empty() && place.store->head(place.key))
    return local_dataset(reference, TRY(fetch(ref.url)), {}, false);
  return OpenedDataset{std::make_unique<StoredShards>(TRY(open_shards(std::move(place)))), ref.split, {}};
}

Result<LocalFiles> Workspace::files(const std::string& url_or_path) const {
  if (!is_stored(url_or_path)) return LocalFiles{TRY(local_path(url_or_path)), {}};
  return fetch(url_or_path);
}

Result<OpenedDataset> Workspace::dataset(const std::string& reference, bool verify) const {
  if (is_stored(reference)) return dataset_in_store(reference);
  DatasetRef ref = parse_dataset_ref(TRY(local_path(reference)).string());
  return local_dataset(reference, {std::move(ref.folder), {}}, std::move(ref.split), verify);
}

Result<StoredShards> Workspace::stored_dataset(const std::string& url) const {
  return open_shards(TRY(host_.open(url)));
}

Result<ModelDocuments> Workspace::model_documents(const std::string& url) const {
  const Place place = TRY(host_.open(url));
  std::string name = place.store->url(place.key);
  if (name.ends_with('/')) name.pop_back();  // a bucket
  const Result<ObjectInfo> document = place.store->head(place.prefix() + "model.json");
  if (!document && document.error().code == Exit::not_found)
    return fail(Exit::not_found, fmt::format("{} is not a model: there is no model.json below it", name),
                fmt::format("mlctl ls {} shows what there is", name));
  if (!document) return fail(document.error());
  Listing listing{place.key, name.substr(name.rfind('/') + 1), {*document}, 0};
  TRY(place.store->list(place.prefix() + "evaluations/", true, [&](const ObjectInfo& object) -> Result<> {
    if (!object.folder()) listing.objects.push_back(object);
    return {};
  }));
  for (const ObjectInfo& object : listing.objects) listing.bytes += object.size;
  // Not the id of the whole model's copy, which stays for commands that need it.
  const std::string id = mirror_id(name + " documents", listing);
  LocalFiles folder = TRY(copy(place, [&](const MirrorCache& kept, const MirrorWatch& watch) {
    return kept.fetch(place, listing, id, watch);
  }));
  return ModelDocuments{std::move(folder), document->modified_millis};
}

Result<std::unique_ptr<StoredText>> Workspace::text(const std::string& url) const {
  Place place = TRY(host_.open(url));
  return rows_at(place, host_.stop);
}

Result<StoredPictures> Workspace::pictures(const std::string& url) const {
  Place place = TRY(host_.open(url));
  Listing listing = TRY(list_source(place));
  const bool single = listing.objects.front().key == place.key;
  if (single || !holds_remote_pictures(files_of(listing))) return StoredPictures{};
  const MirrorCache kept = TRY(cache());
  const std::string id = "sums-" + mirror_id(place.store->url(place.key), listing);
  StoredPictures pictures;
  pictures.held.push_back(TRY(kept.use(id)));
  const sys::PathAt sums = TRY(kept.place(id)) / "sums";
  pictures.files = TRY(StoredFiles::open(std::move(place), std::move(listing), sums, host_.stop));
  return pictures;
}

Result<> Workspace::write(const std::string& url_or_path, const std::string& bytes, bool overwrite) const {
  const Place place = TRY(host_.open(url_or_path));
  if (is_stored(url_or_path)) return publish_object(*place.store, place.key, bytes, overwrite);
  const fs::path path = TRY(local_path(url_or_path));
  if (!overwrite && sys::exists(path)) {
    if (TRY(sys::read_file(path)) == bytes) return {};
    return fail(Exit::conflict, fmt::format("{} exists with other content", path.string()),
                "--overwrite replaces it");
  }
  return sys::write_file(path, bytes);
}

Result<std::string> Workspace::content(const std::string& url) const {
  const Reference ref = TRY(split_reference(url));
  const Place place = TRY(host_.open(ref.url));
  for (const char* mark : {"dataset.json", "model.json"}) {
    const Result<std::string> document = read_object(*place.store, place.prefix() + mark);
    if (!document && document.error().code != Exit::not_found) return fail(document.error());
    if (!document) continue;
    if (mark == std::string("model.json")) return sha256_hex(*document);
    const auto json = TRY(parse_json(*document, ref.url));
    return dataset_digest(TRY(dataset_from_json(json, ref.url)));
  }
  return std::string();
}

Result<std::string> Workspace::digest(const std::string& url_or_path, bool verify) const {
  if (!is_stored(url_or_path)) return digest_at(url_or_path, {seals(), verify, {}});
  const Reference ref = TRY(split_reference(url_or_path));
  const Place place = TRY(host_.open(ref.url));
  for (const char* mark : {"dataset.json", "model.json"}) {
    const Result<ObjectInfo> document = place.store->head(place.prefix() + mark);
    if (document) return fmt::format("etag {}", document->etag);
    if (document.error().code != Exit::not_found) return fail(document.error());
  }
  const Result<Listing> listing = list_source(place);
  if (listing) return mirror_id(ref.url, *listing);
  return listing.error().code == Exit::not_found ? Result<std::string>(std::string()) : fail(listing.error());
}

std::string plain_path(const std::string& url_or_path) {
  const Result<fs::path> path = local_path(url_or_path);
  return path ? path->string() : url_or_path;
}

}  // namespace mlctl
