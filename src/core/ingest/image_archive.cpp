// Pictures in tar and zip archives, through libarchive with its formats named one by one.

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/limits.h"
#include "core/base/strings.h"
#include "core/ingest/image_openers.h"
#include "core/text/json.h"

namespace mlctl {

namespace fs = std::filesystem;

namespace {

constexpr size_t kPiece = size_t{256} << 10;  // read at once

struct Close {
  void operator()(archive* handle) const { archive_read_free(handle); }
};
using Handle = std::unique_ptr<archive, Close>;

// libarchive converts names by the thread's locale, and in "C" loses all that is not ASCII.
class Utf8Locale {
 public:
  Utf8Locale() : utf8_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (utf8_ != nullptr) before_ = uselocale(utf8_);
  }
  ~Utf8Locale() {
    if (utf8_ == nullptr) return;
    uselocale(before_);
    freelocale(utf8_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t utf8_, before_ = nullptr;
};

// What libarchive reads from: a watched file, which must not change.
struct Packed {
  SourceWatch& watch;
  sys::OpenFile file;
  uint64_t at = 0;
  std::string piece = std::string(kPiece, '\0');
  std::optional<Error> error{};  // what libarchive is not told in its words
};

Result<size_t> read_piece(Packed& packed) {
  const size_t got = TRY(packed.file.read_at(packed.at, packed.piece.data(), packed.piece.size()));
  TRY(packed.watch.check(packed.file));
  packed.at += got;
  return got;
}

la_ssize_t read_packed(archive*, void* client, const void** bytes) {
  auto& packed = *static_cast<Packed*>(client);
  const Result<size_t> got = read_piece(packed);
  if (!got) packed.error = got.error();
  *bytes = packed.piece.data();
  return got ? static_cast<la_ssize_t>(*got) : ARCHIVE_FATAL;
}

la_int64_t skip_packed(archive*, void* client, la_int64_t count) {
  auto& packed = *static_cast<Packed*>(client);
  const uint64_t left = packed.file.identity().size - std::min(packed.at, packed.file.identity().size);
  const uint64_t skipped = std::min<uint64_t>(left, static_cast<uint64_t>(std::max<la_int64_t>(0, count)));
  packed.at += skipped;
  return static_cast<la_int64_t>(skipped);
}

la_int64_t seek_packed(archive*, void* client, la_int64_t offset, int whence) {
  auto& packed = *static_cast<Packed*>(client);
  const auto size = static_cast<la_int64_t>(packed.file.identity().size);
  const la_int64_t from = whence == SEEK_SET   ? 0
                          : whence == SEEK_CUR ? static_cast<la_int64_t>(packed.at)
                                               : size;
  if (offset < -from || offset > size - from) return ARCHIVE_FATAL;
  packed.at = static_cast<uint64_t>(from + offset);
  return from + offset;
}

// An archive being read; it stays where it is, for libarchive knows its address.
struct Open {
  Packed packed;
  Handle handle{archive_read_new()};
  Open(SourceWatch& watch, sys::OpenFile file) : packed{watch, std::move(file)} {}
};

// The error of reading an archive; the file's own error comes first.
tl::unexpected<Error> archive_error(const Open& open) {
  if (open.packed.error) return fail(*open.packed.error);
  const char* why = archive_error_string(open.handle.get());
  return fail(Exit::data,
              fmt::format("{} is a damaged archive: {}", open.packed.file.path().string(),
                          why == nullptr ? "unknown" : why),
              "make or fetch the archive again");
}

Result<std::unique_ptr<Open>> open_handle(const fs::path& path, SourceWatch& watch) {
  auto open = std::make_unique<Open>(watch, TRY(watch.open(path)));
  const Handle& handle = open->handle;
  archive_read_support_filter_gzip(handle.get());
  archive_read_support_filter_bzip2(handle.get());
  archive_read_support_filter_xz(handle.get());
  archive_read_support_filter_zstd(handle.get());
  archive_read_support_format_tar(handle.get());
  archive_read_support_format_zip(handle.get());
  archive_read_set_read_callback(handle.get(), read_packed);
  archive_read_set_skip_callback(handle.get(), skip_packed);
  archive_read_set_seek_callback(handle.get(), seek_packed);
  archive_read_set_callback_data(handle.get(), &open->packed);
  if (archive_read_open1(handle.get()) != ARCHIVE_OK) return archive_error(*open);
  return open;
}

std::string name_of(archive_entry* entry) {
  const char* name = archive_entry_pathname_utf8(entry);
  if (name == nullptr) name = archive_entry_pathname(entry);  // raw bytes, whatever they are
  std::string text = name == nullptr ? "" : name;
  while (text.starts_with("./")) text.erase(0, 2);
  return text;
}

bool leaves_the_archive(const std::string& name) {
  const std::vector<std::string> parts = split(name, '/');
  return name.starts_with('/') || name.find('\\') != std::string::npos ||
         std::find(parts.begin(), parts.end(), "..") != parts.end();
}

Result<> check_safe(archive_entry* entry, const std::string& name, const fs::path& path) {
  const char* hint =
      "an archive that writes outside of its folder is not to be trusted: check where it comes from";
  if (leaves_the_archive(name)) {
    return fail(Exit::data, fmt::format("{} has an unsafe entry: {}", path.string(), name), hint);
  }
  const char* link = archive_entry_symlink(entry);
  if (link == nullptr) link = archive_entry_hardlink(entry);
  if (link != nullptr && leaves_the_archive(link)) {
    return fail(Exit::data, fmt::format("{} has an unsafe link: {} → {}", path.string(), name, link), hint);
  }
  return {};
}

bool is_hidden(const std::string& name) {
  return name.starts_with('.') || name.find("/.") != std::string::npos || name.starts_with("__MACOSX/");
}

bool is_wanted(archive_entry* entry, const std::string& name) {
  return archive_entry_filetype(entry) == AE_IFREG && archive_entry_hardlink(entry) == nullptr &&
         is_image_name(name) && !is_hidden(name);
}

// WebDataset: KEY.jpg has its label beside it, in KEY.json or KEY.cls.
std::string key_of(const std::string& name) {
  return name.substr(0, name.find('.', name.rfind('/') + 1));
}

struct Listing {
  std::vector<LabelledFile> files;
  std::map<std::string, std::string> labels;  // by key
};

void take_label(archive* handle, const std::string& name, Listing& listing) {
  const bool json = name.ends_with(".json");
  if (!json && !name.ends_with(".cls")) return;
  std::string text(limits::kPictureLabelBytes, '\0');
  const la_ssize_t got = archive_read_data(handle, text.data(), text.size());
  if (got <= 0 || static_cast<size_t>(got) == text.size()) return;
  text.resize(static_cast<size_t>(got));
  std::string& label = listing.labels[key_of(name)];
  if (!json && label.empty()) label = trim(text);
  if (!json) return;
  const auto facts = json_or_discarded(text);
  const auto found = facts.is_object() ? facts.find("label") : facts.end();
  if (found != facts.end() && found->is_string()) label = found->get<std::string>();
}

// Every header, all checked before a single picture is taken.
Result<Listing> list_archive(const fs::path& path, SourceWatch& watch, const IngestHost& host) {
  const Utf8Locale locale;
  const std::unique_ptr<Open> open = TRY(open_handle(path, watch));
  const Handle& handle = open->handle;
  Listing listing;
  archive_entry* entry = nullptr;
  for (;;) {
    const int status = archive_read_next_header(handle.get(), &entry);
    if (status == ARCHIVE_EOF || host.stop) return listing;
    if (status < ARCHIVE_WARN) return archive_error(*open);
    const std::string name = name_of(entry);
    TRY(check_safe(entry, name, path));
    if (!is_wanted(entry, name)) {
      if (archive_entry_filetype(entry) == AE_IFREG && !is_hidden(name))
        take_label(handle.get(), name, listing);
      continue;
    }
    const int64_t size = archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : 0;
    listing.files.push_back({name, {}, static_cast<uint64_t>(std::max<int64_t>(0, size)), -1});
  }
}

// False when some picture has no label beside it.
bool label_by_neighbours(Listing& listing, int split) {
  for (LabelledFile& file : listing.files) {
    const auto found = listing.labels.find(key_of(file.name));
    if (found == listing.labels.end() || found->second.empty()) return false;
    file.label = found->second;
    file.split = split;
  }
  return true;
}

class Archive : public ImageStream {
 public:
  Archive(fs::path path, std::vector<LabelledFile> files, std::shared_ptr<SourceWatch> watch)
      : path_(std::move(path)), files_(std::move(files)), watch_(std::move(watch)) {
    items = static_cast<int64_t>(files_.size());
    classes = labels_of(files_);
  }

  Result<> skip(int64_t count) override {
    const Utf8Locale locale;
    open_ = TRY(open_handle(path_, *watch_));
    at_ = 0;
    for (int64_t i = 0; i < count; ++i) TRY(next_wanted());
    return {};
  }

  Result<std::optional<ImageItem>> next() override {
    if (open_ == nullptr) TRY(skip(0));
    const Utf8Locale locale;
    if (!TRY(next_wanted())) return std::optional<ImageItem>();
    ImageItem item = item_of(files_[at_ - 1]);
    TRY(read_entry(item));
    return std::optional(std::move(item));
  }

 private:
  Result<bool> next_wanted() {
    if (at_ >= files_.size()) return false;
    for (;;) {
      const int status = archive_read_next_header(handle(), &entry_);
      if (status < ARCHIVE_WARN) return archive_error(*open_);
      if (status == ARCHIVE_EOF)
        return fail(Exit::data, fmt::format("{} changed while it was read", path_.string()));
      if (!is_wanted(entry_, name_of(entry_))) continue;
      ++at_;
      return true;
    }
  }

  archive* handle() const { return open_->handle.get(); }

  Result<> read_entry(ImageItem& item) {
    char buffer[1 << 16];
    for (;;) {
      const la_ssize_t got = archive_read_data(handle(), buffer, sizeof buffer);
      if (got == 0) return {};
      if (got < 0) {
        if (open_->packed.error) return fail(*open_->packed.error);
        item.problem = fmt::format("damaged in the archive: {}", archive_error_string(handle()));
        return {};
      }
      item.bytes.append(buffer, static_cast<size_t>(got));
      unpacked_ += got;
      if (static_cast<int64_t>(item.bytes.size()) > limits::kPictureBytes) {
        return fail(Exit::data, fmt::format("{} in {} is over 512 MiB", item.name, path_.string()),
                    "no picture is");
      }
      if (unpacked_ > limits::kUnpackedFloor &&
          unpacked_ > limits::kUnpackedRatio * std::max<int64_t>(1, archive_filter_bytes(handle(), -1))) {
        return fail(Exit::data,
                    fmt::format("{} unpacks to over {} times its size: {}", path_.string(),
                                limits::kUnpackedRatio, item.name),
                    "such an archive is made to fill disks");
      }
    }
  }

  fs::path path_;
  std::vector<LabelledFile> files_;
  std::shared_ptr<SourceWatch> watch_;
  std::unique_ptr<Open> open_;
  archive_entry* entry_ = nullptr;
  size_t at_ = 0;
  int64_t unpacked_ = 0;
};

}  // namespace

Result<std::unique_ptr<ImageStream>> open_image_archive(const fs::path& path, const IngestRequest& request,
                                                        SplitRule& split, const IngestHost& host) {
  const std::string& label = request.label;
  Listing listing = TRY(list_archive(path, *request.watch, host));
  std::vector<LabelledFile>& files = listing.files;
  if (files.empty()) {
    return fail(Exit::data, fmt::format("{} has no JPEG, PNG or WebP picture", path.string()),
                "an archive holds a folder of pictures for each class, or WebDataset samples");
  }
  if (!label.empty() || !label_by_neighbours(listing, split_of_file_name(path.filename().string()))) {
    TRY(label_files(files, label == "filename" ? LabelBy::filename : LabelBy::dir, true, path.string()));
  }
  take_own_split(files, split);
  return std::unique_ptr<ImageStream>(std::make_unique<Archive>(path, std::move(files), request.watch));
}

}  // namespace mlctl
