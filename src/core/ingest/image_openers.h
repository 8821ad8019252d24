#pragma once
// The makers of each kind of ImageStream; open_images() chooses.

#include "core/ingest/image_stream.h"
#include "core/ingest/labelled_files.h"

namespace mlctl {

inline ImageItem item_of(const LabelledFile& file) {
  ImageItem item;
  item.name = file.name;
  item.label = file.label;
  item.split = file.split;
  item.size = file.size;
  return item;
}

Result<std::unique_ptr<ImageStream>> open_image_folder(const std::filesystem::path& folder,
                                                       const IngestRequest& request, SplitRule& split,
                                                       const IngestHost& host);
Result<std::unique_ptr<ImageStream>> open_remote_images(RemoteFiles& files, const std::string& label,
                                                        SplitRule& split, const IngestHost& host);
// The pictures among a folder's files, in their order.
Result<std::vector<LabelledFile>> label_pictures(const std::vector<sys::Entry>& entries,
                                                 const std::string& where, const std::string& label,
                                                 SplitRule& split, const IngestHost& host);
// The pictures of a list, in its order.
Result<std::vector<LabelledFile>> read_image_list(const std::filesystem::path& path,
                                                  const IngestRequest& request);
Result<std::unique_ptr<ImageStream>> open_image_list(const std::filesystem::path& path,
                                                     const IngestRequest& request, SplitRule& split);
// Files "…images-idx3-ubyte[.gz]", each with its labels beside it; "t10k" and "test" in a name is the test
// split.
Result<std::unique_ptr<ImageStream>> open_idx(const std::vector<std::filesystem::path>& images,
                                              const IngestRequest& request, SplitRule& split);
// "…-images-idx3-ubyte.gz" → "…-labels-idx1-ubyte.gz", packed or not.
Result<std::filesystem::path> labels_beside(const std::filesystem::path& images);
// Tar or zip; refuses unsafe entries before anything is read (7).
Result<std::unique_ptr<ImageStream>> open_image_archive(const std::filesystem::path& path,
                                                        const IngestRequest& request, SplitRule& split,
                                                        const IngestHost& host);

}  // namespace mlctl
