#pragma once
// What a command works on, wherever it is: paths and file:// URLs are taken as they are, what is in an object
// store is read from there or from a cache of copies.

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/data/shards.h"
#include "core/ingest/ingest.h"
#include "core/output/whole.h"
#include "core/store/stored_files.h"
#include "core/store/stored_shards.h"
#include "core/store/stored_text.h"
#include "core/sys/shared_lock.h"

namespace mlctl {

// What surrounds the command. The references outlive the workspace.
struct WorkspaceHost {
  std::function<Result<Place>(const std::string& url_or_path)> open;  // a store, as the command's flags say
  std::filesystem::path state, cache;
  Result<uint64_t> cache_bound;
  sys::Clock& clock;
  const sys::StopFlag& stop;
  // What a piece of work reports to, for as long as it is held.
  std::function<std::shared_ptr<const IngestHost>()> begin;
  // Hears of each path here that stands for a URL, for messages in the user's words.
  std::function<void(const std::filesystem::path&, const std::string& url)> stands_for;
};

// Here, and kept for as long as this lives.
struct LocalFiles {
  std::filesystem::path path;
  std::vector<sys::SharedLock> held{};
};

struct OpenedDataset {
  std::unique_ptr<Shards> shards;
  std::string split;  // "" = not said
  std::vector<sys::SharedLock> held;
};

// Of a model in a store what describes it: model.json and its evaluations, without the weights.
struct ModelDocuments {
  LocalFiles folder;
  int64_t modified_millis = 0;  // of model.json
};

// A folder of pictures in a store, to be read from there; null: something else is there.
struct StoredPictures {
  std::unique_ptr<StoredFiles> files;
  std::vector<sys::SharedLock> held;
};

class Workspace {
 public:
  explicit Workspace(WorkspaceHost host) : host_(std::move(host)) {}

  // A path is taken as it is, whether something is there or not; a URL is copied, nothing there → 5.
  Result<LocalFiles> files(const std::string& url_or_path) const;
  // "DATASET[:SPLIT]". One in a store is read from there, shard by shard. A file of rows instead (data.csv) is
  // ingested first, into the cache, as `mlctl ingest` without flags does it. With `verify`, verify() reads all
  // files whatever their times say.
  Result<OpenedDataset> dataset(const std::string& reference, bool verify = false) const;
  // The dataset below a URL; none there → 5.
  Result<StoredShards> stored_dataset(const std::string& url) const;
  Result<ModelDocuments> model_documents(const std::string& url) const;
  // A file of rows in a store, to be read from there; null: something else is there.
  Result<std::unique_ptr<StoredText>> text(const std::string& url) const;
  Result<StoredPictures> pictures(const std::string& url) const;

  // Writes a finished file: other content there → 6 unless `overwrite`.
  Result<> write(const std::string& url_or_path, const std::string& bytes, bool overwrite) const;

  // As run records name the content of a dataset or model in a store; "" where there is none.
  Result<std::string> content(const std::string& url) const;
  // digest_at() of paths and of what is in object stores; "" where there is nothing.
  Result<std::string> digest(const std::string& url_or_path, bool verify = false) const;

  // The seals of this project's datasets and models.
  Seals seals() const { return Seals(host_.state / "seals"); }
  const WorkspaceHost& host() const { return host_; }

 private:
  struct Reference;
  using Fetch = std::function<Result<Mirrored>(const MirrorCache&, const MirrorWatch&)>;

  Result<MirrorCache> cache() const;
  Result<Reference> split_reference(const std::string& text) const;
  Result<LocalFiles> copy(const Place& place, const Fetch& fetch) const;
  Result<LocalFiles> fetch(const std::string& url) const;
  Result<LocalFiles> ingest_file(const std::string& shown, const IngestSource& source) const;
  Result<OpenedDataset> local_dataset(const std::string& shown, LocalFiles place, std::string split,
                                      bool verify) const;
  Result<OpenedDataset> dataset_in_store(const std::string& reference) const;
  Result<StoredShards> open_shards(Place place) const;

  WorkspaceHost host_;
};

// Without its scheme where that is file://, others as they are.
std::string plain_path(const std::string& url_or_path);

}  // namespace mlctl
