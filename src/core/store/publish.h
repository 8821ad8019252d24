#pragma once
// Puts a finished output folder (a dataset, a model) in a store so that it is there whole or not at all, and
// of several who write to one place one wins.
//
//   PREFIX/.mlctl-fingerprint  first, and only where there is none: who writes it may write the others. It
//                              holds the fingerprint of the output folder, then the document's SHA-256
//   PREFIX/…                   the files
//   PREFIX/dataset.json        last: with it they are a dataset (model.json: a model)

#include <filesystem>
#include <string>

#include "core/base/result.h"
#include "core/store/transfer.h"

namespace mlctl {

struct Publication {
  std::filesystem::path folder;
  ObjectStore* to = nullptr;
  std::string prefix;    // "" or ending in "/"
  std::string document;  // "dataset.json", "model.json"
  bool overwrite = false;
};
// Other content there, finished or under way → 6 unless `overwrite`. Interrupted, the same again goes on.
Result<TransferSummary> publish(const Publication& publication, const TransferWatch& watch);

// Nothing there but what publish() left or can go on from: among other things a dataset or model could not be
// told from them → 6.
Result<> check_free(ObjectStore& store, const std::string& prefix, const std::string& document);

// Lays out in `folder` what was published below `prefix` as OutputFolder finds a finished output: its
// fingerprint and document, and with `whole` all other files. False: there is none.
struct Recollection {
  ObjectStore* from = nullptr;
  std::string prefix, document;
  bool whole = false;
};
Result<bool> recall(const Recollection& source, const std::filesystem::path& folder,
                    const TransferWatch& watch);
bool is_recalled(const std::filesystem::path& folder);

// The object's bytes; absent → 5.
Result<std::string> read_object(ObjectStore& store, const std::string& key);
Content content_of(std::string bytes);
// A single object: the same bytes there are fine, others → 6 unless `overwrite`.
Result<> publish_object(ObjectStore& to, const std::string& key, std::string bytes, bool overwrite);

}  // namespace mlctl
