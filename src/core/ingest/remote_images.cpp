// Pictures in an object store: fetched ahead of those who decode them, and kept nowhere.

#include <algorithm>
#include <optional>

#include "core/base/limits.h"
#include "core/base/read_ahead.h"
#include "core/base/strings.h"
#include "core/ingest/image_openers.h"

namespace mlctl {

namespace {

constexpr uint64_t kAhead = uint64_t{64} << 20;  // bytes in memory
constexpr size_t kMost = 16;                     // fetched at once

class RemoteImages : public ImageStream {
 public:
  RemoteImages(RemoteFiles& remote, std::vector<LabelledFile> files, const IngestHost& host)
      : remote_(remote), files_(std::move(files)), host_(host) {
    items = static_cast<int64_t>(files_.size());
    classes = labels_of(files_);
    for (size_t k = 0; k < remote.entries().size(); ++k) {
      if (is_image_name(remote.entries()[k].path.string())) entries_.push_back(k);
    }
  }

  Result<> skip(int64_t count) override {
    at_ = static_cast<size_t>(count);
    return {};
  }

  Result<std::optional<ImageItem>> next() override {
    if (at_ >= files_.size()) return std::optional<ImageItem>();
    if (!ahead_) ahead_.emplace(plan());
    Result<std::string*> bytes = ahead_->next();
    if (!bytes && host_.stop) return std::optional<ImageItem>();
    if (!bytes) return fail(bytes.error());
    const LabelledFile& file = files_[at_++];
    ImageItem item = item_of(file);
    item.bytes = std::move(**bytes);
    if (file.size > limits::kPictureBytes) item.problem = "it is over " + human_bytes(limits::kPictureBytes);
    return std::optional(std::move(item));
  }

 private:
  AheadPlan<std::string> plan() {
    AheadPlan<std::string> made;
    for (size_t k = at_; k < files_.size(); ++k)
      made.sizes.push_back(files_[k].size > limits::kPictureBytes ? 0 : files_[k].size);
    made.bound = kAhead;
    made.threads = std::min(kMost, remote_.width());
    made.claim = [this, first = at_](size_t k, uint64_t) -> Result<std::optional<std::string>> {
      if (files_[first + k].size > limits::kPictureBytes) return std::optional(std::string());
      return std::optional<std::string>();
    };
    made.fetch = [this, first = at_](size_t k, const std::function<bool()>&) {
      return remote_.read(entries_[first + k]);
    };
    return made;
  }

  RemoteFiles& remote_;
  std::vector<LabelledFile> files_;
  std::vector<size_t> entries_;  // of the files
  const IngestHost& host_;
  size_t at_ = 0;
  std::optional<ReadAhead<std::string>> ahead_;  // last: its threads use the others
};

}  // namespace

bool holds_remote_pictures(const std::vector<sys::Entry>& entries) {
  return holds_pictures(entries) && std::none_of(entries.begin(), entries.end(), [](const sys::Entry& each) {
           return is_idx_name(each.path.string());
         });
}

Result<std::unique_ptr<ImageStream>> open_remote_images(RemoteFiles& files, const std::string& label,
                                                        SplitRule& split, const IngestHost& host) {
  std::vector<LabelledFile> pictures = TRY(label_pictures(files.entries(), files.url(), label, split, host));
  return std::unique_ptr<ImageStream>(std::make_unique<RemoteImages>(files, std::move(pictures), host));
}

}  // namespace mlctl
