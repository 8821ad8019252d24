#pragma once
// Lets commands that work on files take URLs of object stores: inputs come from a cache of copies; outputs
// are made here and then put in the store. Paths and file:// URLs are used as they are.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cmd/shell/store_flags.h"
#include "core/data/shards.h"
#include "core/output/whole.h"
#include "core/store/stored_files.h"
#include "core/store/stored_shards.h"
#include "core/store/stored_text.h"
#include "core/sys/fs.h"
#include "core/sys/shared_lock.h"

namespace mlctl {

std::string plain_path(const std::string& url_or_path);  // file:// URLs as their paths, others as they are

// A local copy (or the path itself), not removed for as long as this lives.
struct StagedIn {
  std::filesystem::path path;
  std::vector<sys::SharedLock> held{};
};
Result<StagedIn> stage_in(Context& context, const std::string& url_or_path, const StoreOptions& options = {});

// "DATASET[:SPLIT]". A dataset in a store is read from there, shard by shard. A file of rows (data.csv) is
// first ingested into the cache, as `mlctl ingest` without flags would do.
struct StagedDataset {
  std::unique_ptr<Shards> shards;
  std::string split;  // "" = not given
  std::vector<sys::SharedLock> held;
};
// With `verify`, verify() reads every file, even if its times have not changed.
Result<StagedDataset> stage_dataset(Context& context, const std::string& reference,
                                    const StoreOptions& options = {}, bool verify = false);

// The dataset below a URL; none there → 5.
Result<StoredShards> open_stored_dataset(Context& context, const std::string& url,
                                         const StoreOptions& options = {});

// The documents of a model in a store: model.json and its evaluations, without the weights.
struct StagedDocuments {
  StagedIn folder;
  int64_t modified_millis = 0;  // of model.json
};
Result<StagedDocuments> stage_model_documents(Context& context, const std::string& url);

// A file of rows in a store, to be read from there; null when something else is there.
Result<std::unique_ptr<StoredText>> stage_text(Context& context, const std::string& url,
                                               const StoreOptions& options);

// A folder of pictures in a store, to be read from there; null when something else is there.
struct StagedPictures {
  std::unique_ptr<StoredFiles> files;
  std::vector<sys::SharedLock> held;
};
Result<StagedPictures> stage_pictures(Context& context, const std::string& url, const StoreOptions& options);

struct OutputWish {
  std::string document;  // what marks the output: "dataset.json", "model.json"
  bool overwrite = false;
  bool whole = false;  // all files of an output that is there already are fetched
};
// Where a command makes an output folder. For an object store it is a folder in the state folder, named by
// the URL, so that the same command finds what an earlier run left. deliver() puts the result in the store
// and removes the folder.
class StagedOut {
 public:
  static Result<StagedOut> open(Context& context, const std::string& url_or_path, const StoreOptions& options,
                                const OutputWish& wish);
  ~StagedOut();  // removes what the same command could not use again
  StagedOut(StagedOut&&) = default;
  StagedOut& operator=(StagedOut&&) = delete;
  const std::filesystem::path& path() const { return path_; }
  // How to check whether an output that is there already is damaged; with `verify`, by every byte.
  Upkeep upkeep(bool verify) const;
  Result<> deliver();

 private:
  explicit StagedOut(Context& context) : context_(&context) {}
  Result<> look();
  Result<> compare_stored(bool verify) const;

  Context* context_;
  std::filesystem::path path_;
  std::optional<Place> place_;
  OutputWish wish_;
  std::vector<sys::Lock> lock_;  // empty when moved from, or when nothing is staged
};

// The seals of this project's datasets and models.
Seals seals_of(const Context& context);

// Writes a finished file. Other content is there → 6 unless `overwrite`.
Result<> write_out(Context& context, const std::string& url_or_path, const std::string& bytes, bool overwrite,
                   const StoreOptions& options = {});

// The digest by which run records name a dataset or model in a store; "" when there is none.
Result<std::string> content_of_stored(Context& context, const std::string& url);

// digest_at(), also for what is in object stores; "" when nothing is there.
Result<std::string> digest_of(Context& context, const std::string& url_or_path, bool verify = false);

}  // namespace mlctl
