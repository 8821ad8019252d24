#include "core/store/stored_text.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/read_ahead.h"
#include "core/base/strings.h"
#include "core/store/checksum.h"

namespace mlctl {

namespace {

constexpr size_t kAhead = 8;  // ranges in memory
constexpr size_t kHexSize = 64;
constexpr int kTries = 5;
constexpr Checksum::Kind kSum = Checksum::Kind::crc64_nvme;

}  // namespace

class StoredTextReader : public ByteReader {
 public:
  StoredTextReader(StoredText& text, uint64_t offset)
      : text_(text),
        at_(offset),
        judging_(offset < text.range_ && text.sha256_.empty()),
        sum_(text.object_.checksum.kind) {}

  Result<size_t> read(char* out, size_t size) override {
    if (left_.empty()) TRY(advance());
    const size_t got = std::min(size, left_.size());
    std::copy_n(left_.data(), got, out);
    left_.remove_prefix(got);
    return got;
  }

 private:
  Result<> advance() {
    if (at_ >= text_.size()) {
      if (!std::exchange(judging_, false)) return {};
      return text_.settle(sha256_.hex(), sum_.finish(), sums_);
    }
    const auto range = static_cast<size_t>(at_ / text_.range_);
    const StoredText::Range* held = TRY(range == 0 ? text_.head() : next(range));
    left_ = std::string_view(held->bytes).substr(at_ - range * text_.range_);
    at_ += left_.size();
    if (!judging_) return {};
    sha256_.update(held->bytes);
    sum_.update(held->bytes);
    sums_.push_back(held->sum);
    return {};
  }

  Result<const StoredText::Range*> next(size_t range) {
    if (!ahead_) ahead_.emplace(plan(range));
    return TRY(ahead_->next());
  }

  AheadPlan<StoredText::Range> plan(size_t first) {
    AheadPlan<StoredText::Range> made;
    for (size_t k = first; k < text_.ranges(); ++k) made.sizes.push_back(text_.size_of(k));
    made.bound = kAhead * text_.range_;
    made.threads = text_.place_.store->streams();
    made.claim = [](size_t, uint64_t) { return Result<std::optional<StoredText::Range>>(std::nullopt); };
    made.fetch = [this, first](size_t k, const StoredText::Closed& closed) {
      return text_.fetch(first + k, closed);
    };
    return made;
  }

  StoredText& text_;
  uint64_t at_;
  bool judging_;  // a first whole reading: from the head on, which may be passed over in part
  Sha256 sha256_;
  Summer sum_;
  std::vector<std::string> sums_;
  std::string_view left_;                              // of the range at hand
  std::optional<ReadAhead<StoredText::Range>> ahead_;  // last: its threads use the others
};

StoredText::StoredText(Place place, ObjectInfo object, const sys::StopFlag& stop, uint64_t range)
    : place_(std::move(place)), object_(std::move(object)), stop_(&stop), range_(range), seen_(ranges()) {}

std::string StoredText::state() const {
  return mirror_id(url(), {place_.key, name(), {object_}, object_.size});
}

Result<std::unique_ptr<ByteReader>> StoredText::open(uint64_t offset) {
  return std::unique_ptr<ByteReader>(std::make_unique<StoredTextReader>(*this, offset));
}

Result<> StoredText::read(size_t range, const TakeBytes& take) const {
  if (ranges() == 1) return place_.store->get_whole(object_, take);
  return place_.store->get(object_.key, range * range_, size_of(range), take, object_.etag);
}

Result<StoredText::Range> StoredText::fetch(size_t range, const Closed& closed) {
  for (int tried = 0; tried < kTries; ++tried) {
    Range fetched;
    Summer sum(kSum);
    fetched.bytes.reserve(size_of(range));
    const Result<> got = read(range, [&](std::string_view bytes) -> Result<> {
      if (*stop_ || closed()) return fail(stop_->code(), "stopped");
      sum.update(bytes);
      fetched.bytes += bytes;
      return {};
    });
    if (!got && got.error().code != Exit::integrity) return fail(got.error());
    fetched.sum = sum.finish().value;
    if (got && accepts(range, fetched.sum)) return fetched;
  }
  return fail(
      Exit::integrity,
      fmt::format("{} did not arrive as it was stored: bytes {} to {} came as something else {} times", url(),
                  range * range_, range * range_ + size_of(range) - 1, kTries),
      "run the same command again");
}

bool StoredText::accepts(size_t range, const std::string& sum) {
  const Hold hold(mutex_);
  std::vector<std::string>& seen = seen_[range];
  if (std::find(seen.begin(), seen.end(), sum) != seen.end()) return true;
  if (!sha256_.empty() && !seen.empty()) return false;  // the whole is known
  seen.push_back(sum);
  return seen.size() == 1 && (range > 0 || ranges() == 1);
}

Result<const StoredText::Range*> StoredText::head() {
  if (!head_) head_ = std::make_unique<Range>(TRY(fetch(0, [] { return false; })));
  return head_.get();
}

Result<> StoredText::settle(std::string sha256, const Checksum& found, const std::vector<std::string>& sums) {
  const Checksum& expected = object_.checksum;
  if (expected.kind != Checksum::Kind::none && !(found == expected)) {
    return fail(Exit::integrity,
                fmt::format("{} did not arrive as it was stored: {} {} expected, {} received", url(),
                            mlctl::name(found.kind), expected.value, found.value),
                "run the same command again");
  }
  const Hold hold(mutex_);
  for (size_t k = 0; k < sums.size(); ++k) seen_[k] = {sums[k]};
  sha256_ = std::move(sha256);
  return {};
}

Result<> StoredText::confirm() {
  if (!sha256_.empty() || ranges() == 1) return {};
  bool same = true;
  for (size_t k = 1; k < ranges(); ++k) {
    {
      const Hold hold(mutex_);
      if (seen_[k].empty()) continue;
    }
    Summer sum(kSum);
    TRY(read(k, [&](std::string_view bytes) -> Result<> {
      if (*stop_) return fail(stop_->code(), "stopped");
      sum.update(bytes);
      return {};
    }));
    same = accepts(k, sum.finish().value) && same;
  }
  if (same) return {};
  return fail(Exit::integrity, fmt::format("{} did not arrive the same twice", url()),
              "run the same command again");
}

// "SHA-256 RANGE SUM SUM …"
std::string StoredText::sums() const {
  if (sha256_.empty()) return {};
  std::string text = fmt::format("{} {}", sha256_, range_);
  const Hold hold(mutex_);
  for (const std::vector<std::string>& seen : seen_) text += " " + seen.front();
  return text;
}

void StoredText::take_sums(const std::string& sums) {
  std::vector<std::string> words = split(sums, ' ');
  if (words.size() != ranges() + 2 || words[0].size() != kHexSize || words[1] != std::to_string(range_))
    return;
  const Hold hold(mutex_);
  for (size_t k = 0; k < ranges(); ++k) seen_[k] = {std::move(words[k + 2])};
  sha256_ = std::move(words[0]);
}

Result<std::string> StoredText::sha256() {
  if (!sha256_.empty()) return sha256_;
  return undamaged([&]() -> Result<std::string> {
    std::string passed(size_t{64} << 10, '\0');
    const std::unique_ptr<ByteReader> reader = TRY(open(0));
    while (TRY(reader->read(passed.data(), passed.size())) > 0) continue;
    return sha256_;
  });
}

}  // namespace mlctl
