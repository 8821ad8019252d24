#include "core/store/stored_files.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/hash.h"
#include "core/base/strings.h"

namespace mlctl {

std::vector<sys::Entry> files_of(const Listing& listing) {
  std::vector<sys::Entry> files;
  for (const ObjectInfo& object : listing.objects) files.push_back({listing.relative(object), object.size});
  std::sort(files.begin(), files.end(), [](const sys::Entry& one, const sys::Entry& other) {
    return one.path.native() < other.path.native();
  });
  return files;
}

StoredFiles::StoredFiles(Place place, Listing listing, const sys::StopFlag& stop)
    : place_(std::move(place)), listing_(std::move(listing)), stop_(&stop) {
  std::sort(listing_.objects.begin(), listing_.objects.end(),
            [](const ObjectInfo& one, const ObjectInfo& other) { return one.key < other.key; });
  entries_ = files_of(listing_);
  hashes_.resize(entries_.size());
}

Result<std::unique_ptr<StoredFiles>> StoredFiles::open(Place place, Listing listing, const sys::PathAt& sums,
                                                       const sys::StopFlag& stop) {
  std::unique_ptr<StoredFiles> files(new StoredFiles(std::move(place), std::move(listing), stop));
  TRY(files->load(sums));
  return files;
}

// Reads the list: a line "NUMBER SHA-256" for each file.
Result<> StoredFiles::load(const sys::PathAt& sums) {
  const std::string text = sys::read_file(sums).value_or("");
  const Hold hold(mutex_);
  size_t at = 0;
  for (size_t end = text.find('\n'); end != std::string::npos; at = end + 1, end = text.find('\n', at)) {
    const auto words = split(std::string_view(text).substr(at, end - at), ' ');
    const Result<int64_t> number = words.size() == 2 ? parse_int(words[0]) : fail(Exit::data, "");
    if (!number || *number < 0 || *number >= std::ssize(hashes_) || !Digest::parse(words[1])) break;
    hashes_[static_cast<size_t>(*number)] = words[1];
  }
  sums_ = TRY(sys::AppendFile::open(sums, static_cast<int64_t>(at)));
  return {};
}

Result<> StoredFiles::show(size_t entry, const TakeBytes& take) const {
  return place_.store->get_whole(listing_.objects[entry], [&](std::string_view bytes) -> Result<> {
    if (*stop_) return fail(stop_->code(), "stopped");
    return take(bytes);
  });
}

Result<std::string> StoredFiles::read(size_t entry) {
  Result<std::string> all = undamaged([&]() -> Result<std::string> {
    std::string bytes;
    bytes.reserve(entries_[entry].size);
    TRY(show(entry, [&](std::string_view piece) -> Result<> {
      bytes += piece;
      return {};
    }));
    return bytes;
  });
  if (all) TRY(remember(entry, sha256_hex(*all)));
  return all;
}

Result<std::string> StoredFiles::sha256(size_t entry) {
  {
    const Hold hold(mutex_);
    if (!hashes_[entry].empty()) return hashes_[entry];
  }
  Result<std::string> hex = undamaged([&]() -> Result<std::string> {
    Sha256 hash;
    TRY(show(entry, [&](std::string_view piece) -> Result<> {
      hash.update(piece);
      return {};
    }));
    return hash.hex();
  });
  if (hex) TRY(remember(entry, *hex));
  return hex;
}

Result<> StoredFiles::remember(size_t entry, std::string hash) {
  const Hold hold(mutex_);
  if (!hashes_[entry].empty()) return {};
  hashes_[entry] = std::move(hash);
  return sums_.append(fmt::format("{} {}\n", entry, hashes_[entry]));
}

}  // namespace mlctl
