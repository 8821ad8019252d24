#pragma once
// URLs of object stores where a command works on files: what it reads comes from a cache of copies, what it
// makes is made here and then put in the store. Paths and file:// URLs are taken as they are.

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

// Here, and kept for as long as this lives.
struct StagedIn {
  std::filesystem::path path;
  std::vector<sys::SharedLock> held{};
};
Result<StagedIn> stage_in(Context& context, const std::string& url_or_path, const StoreOptions& options = {});

// "DATASET[:SPLIT]". One in a store is read from there, shard by shard. A file of rows instead (data.csv) is
// ingested first, into the cache, as the words of `mlctl ingest` without flags do it.
struct StagedDataset {
  std::unique_ptr<Shards> shards;
  std::string split;  // "" = not said
  std::vector<sys::SharedLock> held;
};
// With `verify`, verify() reads all files whatever their times say.
Result<StagedDataset> stage_dataset(Context& context, const std::string& reference,
                                    const StoreOptions& options = {}, bool verify = false);

// The dataset below a URL; none there → 5.
Result<StoredShards> open_stored_dataset(Context& context, const std::string& url,
                                         const StoreOptions& options = {});

// Of a model in a store what tells of it: model.json and its evaluations, without the weights.
struct StagedDocuments {
  StagedIn folder;
  int64_t modified_millis = 0;  // of model.json
};
Result<StagedDocuments> stage_model_documents(Context& context, const std::string& url);

// A file of rows in a store, to be read from there; null: what is there is something else.
Result<std::unique_ptr<StoredText>> stage_text(Context& context, const std::string& url,
                                               const StoreOptions& options);

// A folder of pictures in a store, to be read from there; null: what is there is something else.
struct StagedPictures {
  std::unique_ptr<StoredFiles> files;
  std::vector<sys::SharedLock> held;
};
Result<StagedPictures> stage_pictures(Context& context, const std::string& url, const StoreOptions& options);

struct OutputWish {
  std::string document;  // what the output is told by: "dataset.json", "model.json"
  bool overwrite = false;
  bool whole = false;  // what is there already is looked at in all its files
};
// Where a command makes an output folder. For an object store that is a folder in the state folder, named by
// the URL, where the same command finds what it left; deliver() puts it in the store and removes it.
class StagedOut {
 public:
  static Result<StagedOut> open(Context& context, const std::string& url_or_path, const StoreOptions& options,
                                const OutputWish& wish);
  ~StagedOut();  // leaves only what the same command can use
  StagedOut(StagedOut&&) = default;
  StagedOut& operator=(StagedOut&&) = delete;
  const std::filesystem::path& path() const { return path_; }
  // How what is there is told from what is damaged; with `verify` by every byte.
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
  std::vector<sys::Lock> lock_;  // empty: moved from, or nothing is staged
};

// The seals of this project's datasets and models.
Seals seals_of(const Context& context);

// A finished file: other content there → 6 unless `overwrite`.
Result<> write_out(Context& context, const std::string& url_or_path, const std::string& bytes, bool overwrite,
                   const StoreOptions& options = {});

// As run records name the content of a dataset or model in a store; "" where there is none.
Result<std::string> content_of_stored(Context& context, const std::string& url);

// digest_at() of paths and of what is in object stores; "" where there is nothing.
Result<std::string> digest_of(Context& context, const std::string& url_or_path, bool verify = false);

}  // namespace mlctl
