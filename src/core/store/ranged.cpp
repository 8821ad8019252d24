#include "core/store/ranged.h"

#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "core/base/mutex.h"
#include "core/base/strings.h"
#include "core/base/threads.h"
#include "core/store/checksum.h"
#include "core/sys/range_file.h"

namespace mlctl {

namespace {

constexpr uint64_t kRange = uint64_t{8} << 20;

sys::PathAt journal_of(const sys::PathAt& file) {
  return file.parent() / (file.below().filename().string() + ".ranges");
}

class RangeWriter {
 public:
  RangeWriter(const sys::PathAt& path, const Content& content, const TakeBytes& progress, sys::RangeFile file)
      : path_(path),
        content_(content),
        progress_(progress),
        file_(std::move(file)),
        kind_(can_combine(content.checksum.kind) ? content.checksum.kind : Checksum::Kind::crc64_nvme) {
    const uint64_t count = (content.size + kRange - 1) / kRange;
    for (uint64_t k = 0; k < count; ++k) sums_.emplace_back(kind_);
  }

  Result<> run() {
    TRY(open_journal());
    Result<> fetched = fetch_all();
    const bool stopped =
        !fetched && (fetched.error().code == Exit::sigint || fetched.error().code == Exit::sigterm);
    if (stopped && kept_ > 0) fetched.error().code = Exit::interrupted;
    TRY(std::move(fetched));
    TRY(file_.sync());
    if (!can_combine(content_.checksum.kind)) return {};
    Summer all(kind_);
    for (size_t k = 0; k < sums_.size(); ++k) all.append(sums_[k], size_of(k));
    const Checksum found = all.finish();
    if (found == content_.checksum) return {};
    return fail(Exit::integrity,
                fmt::format("{} did not arrive as it was stored: {} {} expected, {} received",
                            path_.path().string(), name(found.kind), content_.checksum.value, found.value),
                "run the same command again");
  }

 private:
  uint64_t size_of(size_t range) const { return std::min(kRange, content_.size - range * kRange); }

  // The journal: a first line that names the content and this very file, then a line "RANGE SUM" for each
  // range. A part file that came with the folder (unpacked, checked out) is not ours, whatever a journal
  // beside it says.
  Result<> open_journal() {
    const std::string title =
        fmt::format("{} {} {} {}", content_.fingerprint, content_.size, name(kind_), TRY(file_.birth()));
    std::map<size_t, std::string> written;
    uint64_t keep = 0;
    const std::string text = sys::read_file(journal_of(path_)).value_or("");
    for (size_t at = 0, end = text.find('\n'); end != std::string::npos;
         at = end + 1, end = text.find('\n', at)) {
      const std::string line = text.substr(at, end - at);
      if (at == 0 && (line != title || content_.fingerprint.empty())) break;
      keep = end + 1;
      const auto words = split(line, ' ');
      if (at > 0 && words.size() == 2)
        written[static_cast<size_t>(parse_int(words[0]).value_or(-1))] = words[1];
    }
    const Hold hold(mutex_);
    journal_ = TRY(sys::AppendFile::open(journal_of(path_), static_cast<int64_t>(keep)));
    if (keep == 0) TRY(journal_.append(title + "\n"));
    for (size_t k = 0; k < sums_.size(); ++k) {
      const auto found = written.find(k);
      if (found != written.end() && TRY(still_there(k, found->second))) {
        ++kept_;
      } else {
        missing_.push_back(k);
      }
    }
    return {};
  }

  Result<bool> still_there(size_t range, const std::string& expected) {
    Summer sum(kind_);
    TRY(file_.read(range * kRange, size_of(range), [&](std::string_view bytes) -> Result<> {
      sum.update(bytes);
      return {};
    }));
    sums_[range] = std::move(sum);
    return sums_[range].finish().value == expected;
  }

  Result<> fetch_all() {
    return in_parallel(missing_.size(), content_.streams, [this](size_t k) { return fetch(missing_[k]); });
  }

  Result<> fetch(size_t range) {
    Summer sum(kind_);
    uint64_t at = range * kRange;
    const TakeBytes keep = [&](std::string_view bytes) -> Result<> {
      sum.update(bytes);
      TRY(file_.write(at, bytes));
      at += bytes.size();
      const Hold hold(mutex_);
      return progress_(bytes);
    };
    TRY(file_.reserve(at, size_of(range)));
    TRY(content_.read(at, size_of(range), keep));
    const Hold hold(mutex_);
    TRY(journal_.append(fmt::format("{} {}\n", range, sum.finish().value)));
    sums_[range] = std::move(sum);
    ++kept_;
    return {};
  }

  const sys::PathAt& path_;
  const Content& content_;
  const TakeBytes& progress_;
  sys::RangeFile file_;
  Checksum::Kind kind_;
  std::vector<Summer> sums_;
  std::vector<size_t> missing_;
  size_t kept_ = 0;  // ranges in the journal
  Mutex mutex_;      // of the journal and progress
  sys::AppendFile journal_ MLCTL_GUARDED_BY(mutex_);
};

}  // namespace

Result<> write_ranges(const sys::PathAt& file, const Content& content, const TakeBytes& progress) {
  sys::RangeFile opened = TRY(sys::RangeFile::open_to_write(file, content.size));
  return RangeWriter(file, content, progress, std::move(opened)).run();
}

Result<> forget_ranges(const sys::PathAt& file) {
  return sys::remove_tree(journal_of(file));
}

}  // namespace mlctl
