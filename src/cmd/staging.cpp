#include "cmd/staging.h"

#include <map>
#include <memory>

#include <fmt/format.h>

#include "cmd/shell/progress.h"
#include "cmd/shell/progress_bars.h"
#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/base/units.h"
#include "core/data/dataset.h"
#include "core/ingest/image_stream.h"
#include "core/ingest/ingest.h"
#include "core/pipeline/state.h"
#include "core/store/location.h"
#include "core/store/mirror.h"
#include "core/store/publish.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

namespace fs = std::filesystem;

Result<MirrorCache> open_cache(const Context& context) {
  return MirrorCache(context.cache_folder() / "stores", TRY(cache_bound(context.env)));
}

// "s3://b/x:test" where s3://b/x is a dataset and s3://b/x:test nothing.
struct StoredRef {
  std::string url, split;
};
Result<StoredRef> split_reference(Context& context, const std::string& text, const StoreOptions& options) {
  const auto [url, split] = split_suffix(text);
  if (split.empty()) return StoredRef{text, {}};
  const Place place = TRY(open_place(context, url, options));
  const Result<ObjectInfo> document = place.store->head(place.prefix() + "dataset.json");
  if (document) return StoredRef{url, split};
  if (document.error().code != Exit::not_found) return fail(document.error());
  return StoredRef{text, {}};
}

// Replaces the path of an unfinished copy (<cache>/ID/NAME) in an error by the URL: its ID is known only
// when the copy is complete.
void name_unfinished(Error& error, const fs::path& cache, const Place& place) {
  const std::string root = cache.string() + "/", name = "/" + place.key.substr(place.key.rfind('/') + 1);
  const size_t at = error.message.find(root);
  const size_t end = at == std::string::npos ? at : error.message.find(name, at + root.size());
  if (end != std::string::npos)
    error.message.replace(at, end + name.size() - at, place.store->url(place.key));
}

using Fetch = std::function<Result<Mirrored>(const MirrorCache&, const MirrorWatch&)>;

Result<StagedIn> copy(Context& context, const Place& place, const Fetch& fetch) {
  std::unique_ptr<Progress> bar;
  MirrorWatch watch;
  watch.stop = &context.stop;
  watch.clock = &context.clock;
  watch.begin = [&](uint64_t bytes) { bar = std::make_unique<Progress>(context, "fetch", "B", bytes); };
  watch.progress = [&](std::string_view bytes) -> Result<> {
    bar->advance(bytes.size());
    return {};
  };
  Result<Mirrored> fetched = fetch(TRY(open_cache(context)), watch);
  if (!fetched) name_unfinished(fetched.error(), context.cache_folder() / "stores", place);
  Mirrored mirrored = TRY(std::move(fetched));
  context.copies.push_back({mirrored.path.string(), place.store->url(place.key)});
  return StagedIn{std::move(mirrored.path), std::move(mirrored.held)};
}

Result<StagedIn> fetch(Context& context, const std::string& url, const StoreOptions& options) {
  const Place place = TRY(open_place(context, url, options));
  return copy(context, place,
              [&](const MirrorCache& cache, const MirrorWatch& watch) { return cache.fetch(place, watch); });
}

TransferWatch quiet_watch(const Context& context, const ObjectStore& store) {
  return {[](std::string_view) -> Result<> { return {}; }, &context.stop, store.width()};
}

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

// Ingests a file of rows into the cache; each state of the file gives another dataset there.
Result<StagedIn> ingest_file(Context& context, const std::string& shown, const IngestSource& source) {
  const MirrorCache cache = TRY(open_cache(context));
  const std::string id = fmt::format("{:016x}-dataset", hash64(state_of(source)));
  StagedIn made{cache.folder(id) / source.path.stem(), {}};
  made.held.push_back(TRY(cache.use(id)));
  IngestRequest request;
  request.sources = {source};
  request.to = made.path;
  request.overwrite = true;
  request.upkeep.seals = seals_of(context);
  const KindGuess guess = TRY(guess_kind(request, context.stop));
  request.kind = guess.kind;
  context.io.note(fmt::format("{} is no dataset: reading it as {} ({}); mlctl ingest says more", shown,
                              name(guess.kind), guess.because));
  ProgressBars progress(context);
  const IngestOutcome outcome = TRY(ingest(request, progress.host()));
  if (outcome.state == IngestState::stopped)
    return fail(outcome.saved ? Exit::interrupted : context.stop.code(), "stopped while reading " + shown,
                "run the same command again to go on");
  TRY(cache.note(id, shown, {}));
  return made;
}

// The file of rows at a place; `place` is moved into it. Null, and `place` unchanged, when there is none.
std::unique_ptr<StoredText> rows_at(Place& place, const sys::StopFlag& stop) {
  const std::string& key = place.key;
  if (place.slash || key.empty() || is_image_name(key) || is_idx_name(key) || is_archive_name(key)) return {};
  Result<ObjectInfo> object = place.store->head(key);
  if (!object) return {};  // why shows when it is looked for as a folder
  return std::make_unique<StoredText>(std::move(place), std::move(*object), stop);
}

// A dataset's folder, or a file to make one of.
Result<StagedDataset> here(Context& context, const std::string& shown, StagedIn place, std::string split,
                           bool verify) {
  std::error_code code;
  if (fs::is_regular_file(place.path, code))
    place = TRY(ingest_file(context, shown, local_source(place.path)));
  const Seals seals = verify ? Seals() : seals_of(context);
  return StagedDataset{std::make_unique<ShardFolder>(place.path, seals), std::move(split),
                       std::move(place.held)};
}

Result<StoredShards> open_shards(Context& context, Place place) {
  const std::string url = place.store->url(place.key);
  MirrorCache cache = TRY(open_cache(context));
  Result<StoredShards> stored =
      StoredShards::open(std::move(place), std::move(cache), context.stop, context.clock);
  if (!stored && stored.error().code == Exit::not_found) {
    stored.error().message = fmt::format("{} is not a dataset: there is no dataset.json below it", url);
    stored.error().hint =
        fmt::format("mlctl ls {} shows what there is; mlctl ingest makes a dataset of it", url);
  }
  return stored;
}

Result<StagedDataset> stage_stored(Context& context, const std::string& reference,
                                   const StoreOptions& options) {
  const StoredRef ref = TRY(split_reference(context, reference, options));
  Place place = TRY(open_place(context, ref.url, options));
  if (const auto text = rows_at(place, context.stop)) {
    StagedIn made = TRY(ingest_file(context, reference, {text->url(), text.get()}));
    return StagedDataset{
        std::make_unique<ShardFolder>(made.path, seals_of(context)), {}, std::move(made.held)};
  }
  if (!place.slash && !place.key.empty() && place.store->head(place.key))
    return here(context, reference, TRY(fetch(context, ref.url, options)), {}, false);
  return StagedDataset{
      std::make_unique<StoredShards>(TRY(open_shards(context, std::move(place)))), ref.split, {}};
}

}  // namespace

std::string plain_path(const std::string& url_or_path) {
  const Result<fs::path> path = local_path(url_or_path);
  return path ? path->string() : url_or_path;
}

Result<StagedIn> stage_in(Context& context, const std::string& url_or_path, const StoreOptions& options) {
  TRY(check_place(url_or_path));
  if (!is_stored(url_or_path)) return StagedIn{TRY(local_path(url_or_path)), {}};
  return fetch(context, url_or_path, options);
}

Result<StagedDataset> stage_dataset(Context& context, const std::string& reference,
                                    const StoreOptions& options, bool verify) {
  if (is_stored(reference)) return stage_stored(context, reference, options);
  DatasetRef ref = parse_dataset_ref(TRY(local_path(reference)).string());
  return here(context, reference, {std::move(ref.folder), {}}, std::move(ref.split), verify);
}

Result<StoredShards> open_stored_dataset(Context& context, const std::string& url,
                                         const StoreOptions& options) {
  return open_shards(context, TRY(open_place(context, url, options)));
}

Result<StagedDocuments> stage_model_documents(Context& context, const std::string& url) {
  const Place place = TRY(open_place(context, url));
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
  StagedIn folder = TRY(copy(context, place, [&](const MirrorCache& cache, const MirrorWatch& watch) {
    return cache.fetch(place, listing, id, watch);
  }));
  return StagedDocuments{std::move(folder), document->modified_millis};
}

Result<std::unique_ptr<StoredText>> stage_text(Context& context, const std::string& url,
                                               const StoreOptions& options) {
  Place place = TRY(open_place(context, url, options));
  return rows_at(place, context.stop);
}

Result<StagedPictures> stage_pictures(Context& context, const std::string& url, const StoreOptions& options) {
  Place place = TRY(open_place(context, url, options));
  Listing listing = TRY(list_source(place));
  const bool single = listing.objects.front().key == place.key;
  if (single || !holds_remote_pictures(files_of(listing))) return StagedPictures{};
  const MirrorCache cache = TRY(open_cache(context));
  const std::string id = "sums-" + mirror_id(place.store->url(place.key), listing);
  StagedPictures staged;
  staged.held.push_back(TRY(cache.use(id)));
  const sys::PathAt sums = TRY(cache.place(id)) / "sums";
  staged.files = TRY(StoredFiles::open(std::move(place), std::move(listing), sums, context.stop));
  return staged;
}

Result<StagedOut> StagedOut::open(Context& context, const std::string& url_or_path,
                                  const StoreOptions& options, const OutputWish& wish) {
  TRY(check_place(url_or_path));
  StagedOut staged(context);
  staged.wish_ = wish;
  if (!is_stored(url_or_path)) {
    staged.path_ = TRY(local_path(url_or_path));
    return staged;
  }
  staged.place_ = TRY(open_place(context, url_or_path, options));
  const std::string url = staged.place_->store->url(staged.place_->key);
  std::error_code code;
  const fs::path state = fs::absolute(context.state_folder(), code);
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
  context.copies.push_back({staged.path_.string(), url});
  TRY(staged.look());
  return staged;
}

StagedOut::~StagedOut() {
  if (lock_.empty()) return;
  if (is_recalled(path_)) static_cast<void>(drop(path_));
  std::error_code full;  // then it holds unfinished work
  fs::remove(path_.parent_path(), full);
}

// Lays out the store's output in the folder, replacing what is there, unless an output made here still
// waits to be delivered.
Result<> StagedOut::look() {
  TRY(sys::remove_tree(path_.string() + ".gone"));
  if (is_recalled(path_)) TRY(drop(path_));
  if (sys::exists(path_)) return {};
  const Place& place = *place_;
  TRY(check_reachable(place));
  if (!wish_.overwrite) TRY(check_free(*place.store, place.prefix(), wish_.document));
  TRY(recall({place.store.get(), place.prefix(), wish_.document, wish_.whole}, path_,
             quiet_watch(*context_, *place.store)));
  return {};
}

Seals seals_of(const Context& context) {
  return Seals(context.state_folder() / "seals");
}

Upkeep StagedOut::upkeep(bool verify) const {
  if (!place_) return {seals_of(*context_), verify, {}};
  if (wish_.whole || !is_recalled(path_)) return {{}, verify, {}};
  return {{}, verify, [this, verify](const fs::path&) { return compare_stored(verify); }};
}

// Only dataset.json was fetched; whether the files that it lists are there is asked from the store.
Result<> StagedOut::compare_stored(bool verify) const {
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
  StoredShards shards = TRY(open_stored_dataset(*context_, url));
  Progress bar(*context_, "compare", "B", shards.bytes());
  return shards.compare([&](std::string_view bytes) -> Result<> {
    bar.advance(bytes.size());
    return {};
  });
}

Result<> StagedOut::deliver() {
  if (!place_) return {};
  ObjectStore& store = *place_->store;
  if (sys::exists(path_) && !is_recalled(path_)) {
    Progress bar(*context_, "upload", "B", 0);
    const TakeBytes progress = [&bar](std::string_view bytes) -> Result<> {
      bar.advance(bytes.size());
      return {};
    };
    TRY(publish({path_, &store, place_->prefix(), wish_.document, wish_.overwrite},
                {progress, &context_->stop, store.width()}));
  }
  return drop(path_.parent_path());
}

Result<> write_out(Context& context, const std::string& url_or_path, const std::string& bytes, bool overwrite,
                   const StoreOptions& options) {
  const Place place = TRY(open_place(context, url_or_path, options));
  if (is_stored(url_or_path)) return publish_object(*place.store, place.key, bytes, overwrite);
  const fs::path path = TRY(local_path(url_or_path));
  if (!overwrite && sys::exists(path)) {
    if (TRY(sys::read_file(path)) == bytes) return {};
    return fail(Exit::conflict, fmt::format("{} exists with other content", path.string()),
                "--overwrite replaces it");
  }
  return sys::write_file(path, bytes);
}

Result<std::string> content_of_stored(Context& context, const std::string& url) {
  const StoredRef ref = TRY(split_reference(context, url, {}));
  const Place place = TRY(open_place(context, ref.url));
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

Result<std::string> digest_of(Context& context, const std::string& url_or_path, bool verify) {
  if (!is_stored(url_or_path)) return digest_at(url_or_path, {seals_of(context), verify, {}});
  const StoredRef ref = TRY(split_reference(context, url_or_path, {}));
  const Place place = TRY(open_place(context, ref.url));
  for (const char* mark : {"dataset.json", "model.json"}) {
    const Result<ObjectInfo> document = place.store->head(place.prefix() + mark);
    if (document) return fmt::format("etag {}", document->etag);
    if (document.error().code != Exit::not_found) return fail(document.error());
  }
  const Result<Listing> listing = list_source(place);
  if (listing) return mirror_id(ref.url, *listing);
  return listing.error().code == Exit::not_found ? Result<std::string>(std::string()) : fail(listing.error());
}

}  // namespace mlctl
