#pragma once
// Puts a finished output folder (a dataset, a model) in a store so that it is there whole or not at all.
// When several processes publish to the same place, one wins.
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
// Publishes. Other content there, finished or unfinished → 6 unless `overwrite`. After an interruption,
// publishing the same again continues.
Result<TransferSummary> publish(const Publication& publication, const TransferWatch& watch);

// Checks that the place is free: nothing is there except what publish() left or can continue. Anything else
// → 6, because a dataset or model mixed with other objects could not be told apart from them.
Result<> check_free(ObjectStore& store, const std::string& prefix, const std::string& document);

// recall() lays out in `folder` what was published below `prefix`, in the form of a finished output that
// OutputFolder knows: its fingerprint and document, and with `whole` all other files. False: nothing was
// published there.
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
// Puts a single object. The same bytes may be there already; other bytes → 6 unless `overwrite`.
Result<> publish_object(ObjectStore& to, const std::string& key, std::string bytes, bool overwrite);

}  // namespace mlctl
