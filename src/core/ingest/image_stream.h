#pragma once
// Where pictures come from, as one stream of items: folders, archives, IDX files, lists of paths.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/data/split_rule.h"
#include "core/ingest/ingest.h"

namespace mlctl {

// A picture on its way: either its encoded bytes, or a file still to be read (by a worker), or bare grey or
// RGB pixels.
struct ImageItem {
  std::string name;  // relative to its source: what samples and rejects show
  std::string label;
  int split = -1;                               // the source's own
  uint64_t size = 0;                            // of the encoded bytes, if known; units are cut by it
  std::filesystem::path path;                   // read this file …
  std::string bytes;                            // … or take these encoded bytes …
  int64_t width = 0, height = 0, channels = 0;  // … or, when set, `bytes` are pixels
  std::string problem;                          // why it can't be read, found while listing
};

class ImageStream {
 public:
  virtual ~ImageStream() = default;
  virtual Result<std::optional<ImageItem>> next() = 0;
  virtual Result<> skip(int64_t items) = 0;  // from the beginning
  int64_t items = 0;                         // in all
  std::vector<std::string> classes;          // in index order
};

// Opens the sources, all through `request.watch`, and lists and labels what is in them. Sets in `split`
// whether the source comes split.
Result<std::unique_ptr<ImageStream>> open_images(const IngestRequest& request, SplitRule& split,
                                                 const IngestHost& host);

// The other files that belong to a source of one file, relative to its folder: the labels of an IDX file,
// the pictures of a list. They decide the dataset as much as the source does.
Result<std::vector<sys::Entry>> files_beside(const std::filesystem::path& source,
                                             const IngestRequest& request);

// Pictures rather than texts.
bool holds_pictures(const std::vector<sys::Entry>& entries);
// … in a form that open_images() can read from a store: not IDX files.
bool holds_remote_pictures(const std::vector<sys::Entry>& entries);

bool is_image_name(const std::string& name);    // .jpg .jpeg .png .webp
bool is_idx_name(const std::string& name);      // …-idx3-ubyte, .idx3, gzip or not
bool is_archive_name(const std::string& name);  // .tar .tar.gz .tgz .tar.zst .zip …

}  // namespace mlctl
