#include "cloud/store/multipart.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cloud/store/headers.h"
#include "core/base/base64.h"
#include "core/base/hash.h"
#include "core/base/threads.h"
#include "core/sys/fs.h"
#include "core/text/json_fields.h"

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kMostParts = 10000;
constexpr uint64_t kPart = uint64_t{8} << 20;
constexpr size_t kMostStreams = 8;  // of one object; other objects have their own

Result<> check_source(const Content& content, const std::string& url) {
  if (content.sha256.empty()) return {};
  Sha256 hash;
  TRY(content.read(0, content.size, [&](std::string_view bytes) -> Result<> {
    hash.update(bytes);
    return {};
  }));
  if (hash.hex() == content.sha256) return {};
  return fail(Exit::integrity, fmt::format("the source of {} is not what its SHA-256 says", url),
              "the source was changed or damaged: make it again");
}

}  // namespace

uint64_t part_size_for(uint64_t object_size, uint64_t asked, uint64_t smallest) {
  const uint64_t least = std::max(asked == 0 ? kPart : asked, smallest);
  const uint64_t needed = (object_size + kMostParts - 1) / kMostParts;
  constexpr uint64_t kMiB = uint64_t{1} << 20;
  return std::max(least, (needed + kMiB - 1) / kMiB * kMiB);
}

MultipartUpload::MultipartUpload(StoreClient& client, const std::filesystem::path& journal, std::string key,
                                 const Content& content, const TakeBytes& progress, const PartsOrigin* origin)
    : client_(client),
      journal_(journal),
      key_(std::move(key)),
      content_(content),
      progress_(progress),
      origin_(origin),
      part_size_(part_size_for(content.size,
                               origin != nullptr ? origin->part_size : client.settings().part_size,
                               client.settings().service.smallest_part)),
      count_(static_cast<int>((content.size + part_size_ - 1) / part_size_)),
      parts_(static_cast<size_t>(count_)),
      summed_(static_cast<size_t>(count_)) {
  const Checksum::Kind kind = client.settings().service.checksum, theirs = content.checksum.kind;
  for (int number = 1; number <= count_; ++number) {
    sums_.emplace_back(kind);
    if (theirs != kind && can_combine(theirs)) source_sums_.emplace_back(theirs);
  }
}

Result<> MultipartUpload::run(bool only_new) {
  if (origin_ == nullptr) TRY(check_source(content_, client_.url(key_)));
  if (!TRY(resume())) TRY(begin());
  TRY(send_parts());
  const Result<> done = complete(only_new);
  // Someone else's object stands there now: these parts will never be wanted.
  const bool lost = !done && done.error().code == Exit::conflict;
  if (lost) abandon();
  if (!done && !lost) return done;
  if (!journal_.empty()) TRY(sys::remove_tree(record()));
  return done;
}

std::filesystem::path MultipartUpload::record() const {
  return journal_ / fmt::format("upload-{}.json", sha256_hex(client_.url(key_)).substr(0, 24));
}

namespace {

struct Kept {
  std::string id, source;
  uint64_t size = 0, part_size = 0;
  bool keeps_checksum = false;
};

Result<Kept> kept_in(const std::string& text) {
  return decode_json("", Exit::integrity, [&]() -> Result<Kept> {
    const Json record = json_or_discarded(text);
    const Fields fields(record);
    return Kept{fields.get<std::string>("uploadId"), fields.get<std::string>("source"),
                fields.get<uint64_t>("size"), fields.get<uint64_t>("partSize"),
                fields.get_or("keepsChecksum", false)};
  });
}

}  // namespace

// The record names the state of the source: if the source has changed, nothing of the earlier upload is
// used.
Result<bool> MultipartUpload::resume() {
  if (journal_.empty() || content_.fingerprint.empty() || !sys::exists(record())) return false;
  const Result<Kept> kept = kept_in(sys::read_file(record()).value_or(""));
  if (!kept) return false;
  id_ = kept->id;
  if (kept->source != content_.fingerprint || kept->size != content_.size || kept->part_size != part_size_) {
    abandon();
    return false;
  }
  native_ = kept->keeps_checksum;
  for (int after = 0;;) {
    StoreCall call;
    call.request = {
        "GET", {}, key_, false, {{"uploadId", id_}, {"part-number-marker", std::to_string(after)}}, {}};
    const Result<http::Response> response = client_.send(std::move(call));
    if (!response && response.error().code == Exit::not_found) return false;
    if (!response) return fail(response.error());
    const PartPage page = TRY(parse_parts(response->body));
    for (const Part& part : page.parts)
      if (part.number >= 1 && part.number <= count_ && part.size == size(part.number))
        parts_[static_cast<size_t>(part.number - 1)] = part;
    if (page.next <= after) return true;
    after = page.next;
  }
}

Result<> MultipartUpload::begin() {
  const StoreSettings& settings = client_.settings();
  const Service& service = settings.service;
  std::fill(parts_.begin(), parts_.end(), Part{});
  StoreCall call;
  call.request = {"POST", {}, key_, false, {{"uploads", ""}}, object_headers(settings, key_, content_)};
  HttpHeaders& headers = call.request.headers;
  native_ = origin_ == nullptr && service.sends_checksum && client_.keeps_checksums();
  if (native_) {
    headers.emplace_back("x-amz-checksum-algorithm", name(service.checksum));
    headers.emplace_back("x-amz-checksum-type", "FULL_OBJECT");
  } else if (service.sends_checksum && origin_ == nullptr) {
    headers.emplace_back(kept_checksum_header(service), TRY(sum_before()));
  }
  const http::Response response = TRY(client_.send(std::move(call)));
  id_ = TRY(parse_upload_id(response.body));
  if (native_ && header(response.headers, "x-amz-checksum-algorithm").empty()) {
    // This store ignores checksums: begin again, with ours in the metadata.
    client_.learn_checksums(false);
    abandon();
    return begin();
  }
  if (journal_.empty() || content_.fingerprint.empty()) return {};
  const Json kept = {{"url", client_.url(key_)}, {"uploadId", id_},        {"source", content_.fingerprint},
                     {"size", content_.size},    {"partSize", part_size_}, {"keepsChecksum", native_}};
  const sys::PathAt place = TRY(sys::private_place(journal_, record().filename()));
  return sys::write_file(place, dump_json(kept) + "\n", 0600);
}

// Several at once; the first failure is the outcome, and nothing begins after it.
Result<> MultipartUpload::each_part(const std::function<Result<>(int number)>& work) {
  return in_parallel(static_cast<size_t>(count_), std::min(kMostStreams, client_.settings().width),
                     [&](size_t index) { return work(static_cast<int>(index) + 1); });
}

Result<> MultipartUpload::send_parts() {
  Result<> outcome = each_part([this](int number) { return send_part(number); });
  const Exit code = outcome ? Exit::ok : outcome.error().code;
  if (code == Exit::integrity || (origin_ != nullptr && code == Exit::not_found)) abandon();
  const bool kept =
      std::any_of(parts_.begin(), parts_.end(), [](const Part& part) { return part.number != 0; });
  if (kept && (code == Exit::sigint || code == Exit::sigterm)) outcome.error().code = Exit::interrupted;
  return outcome;
}

ReadBytes MultipartUpload::reading(int number) const {
  return [this, number](const TakeBytes& take) { return content_.read(offset(number), size(number), take); };
}

// The checksum of the whole, known or found by reading: metadata have to be sent before the content.
Result<std::string> MultipartUpload::sum_before() {
  if (content_.checksum.kind == client_.settings().service.checksum) return content_.checksum.value;
  TRY(each_part([this](int number) { return sum_part(number, reading(number)); }));
  return whole().value;
}

// Computes all sums of a part in one reading; done once for each part.
Result<> MultipartUpload::sum_part(int number, const ReadBytes& read) {
  const size_t at = static_cast<size_t>(number - 1);
  if (summed_[at].done) return {};
  const bool is_signed = client_.settings().signs_payload();
  Sha256 hash;
  TRY(read([&](std::string_view bytes) -> Result<> {
    sums_[at].update(bytes);
    if (!source_sums_.empty()) source_sums_[at].update(bytes);
    if (is_signed) hash.update(bytes);
    return {};
  }));
  summed_[at] = {true, is_signed ? hash.hex() : ""};
  return {};
}

// A part that comes from another store is read once and held.
Result<> MultipartUpload::send_part(int number) {
  if (origin_ != nullptr) return copy_part(number);
  if (content_.streams == 1) return send_read(number, reading(number));
  const Budget::Share room = client_.room().wait_for(size(number));
  std::string held;
  held.reserve(size(number));
  TRY(reading(number)([&](std::string_view bytes) -> Result<> {
    held += bytes;
    return {};
  }));
  return send_read(number, [&](const TakeBytes& take) { return take(held); });
}

Result<> MultipartUpload::copy_part(int number) {
  Part& part = parts_[static_cast<size_t>(number - 1)];
  if (part.number == 0) {
    StoreCall call;
    call.request = {
        "PUT", {}, key_, false, {{"partNumber", std::to_string(number)}, {"uploadId", id_}}, origin_->source};
    call.request.headers.emplace_back(
        client_.settings().service.header_prefix + "copy-source-range",
        fmt::format("bytes={}-{}", offset(number), offset(number) + size(number) - 1));
    call.whole_answer = true;
    const http::Response response = TRY(client_.send(std::move(call)));
    part = {number, size(number), TRY(parse_finished(response.body)).etag, ""};
  }
  return show_whole(number);
}

Result<> MultipartUpload::show_whole(int number) {
  const Hold hold(mutex_);
  return show_bytes(size(number), progress_);
}

// A part that the store has from an earlier try is only summed, not sent.
Result<> MultipartUpload::send_read(int number, const ReadBytes& read) {
  const size_t at = static_cast<size_t>(number - 1);
  TRY(sum_part(number, read));
  const Checksum checksum = sums_[at].finish();
  if (parts_[at].number != 0) {
    const Service& service = client_.settings().service;
    const Checksum there = checksum_in(service, {{service.checksum_header, parts_[at].checksum}});
    if (there.kind == Checksum::Kind::none || there == checksum) return show_whole(number);
  }
  const auto show = [this](std::string_view bytes) {
    const Hold hold(mutex_);
    return progress_(bytes);
  };
  return put_part(number, shown_once(read, show), checksum, summed_[at].sha256);
}

// Bytes damaged on the way are sent again, a few times.
Result<> MultipartUpload::put_part(int number, const ReadBytes& read, const Checksum& checksum,
                                   const std::string& sha256) {
  constexpr int kTries = 3;
  const Service& service = client_.settings().service;
  StoreCall call;
  call.request = {"PUT",
                  {},
                  key_,
                  false,
                  {{"partNumber", std::to_string(number)}, {"uploadId", id_}},
                  client_.settings().key_headers};
  if (native_ || service.takes_checksum)
    call.request.headers.emplace_back(service.checksum_header, checksum_header_value(checksum));
  call.payload = {size(number), read, sha256};
  for (int tried = 1;; ++tried) {
    const http::Response response = TRY(client_.send(call));
    const Checksum kept = checksum_in(service, response.headers);
    if (kept.kind == Checksum::Kind::none || kept == checksum) {
      std::string etag(header(response.headers, "etag"));
      std::erase(etag, '"');
      parts_[static_cast<size_t>(number - 1)] = {number, size(number), std::move(etag),
                                                 native_ ? base64_encode(checksum_bytes(checksum)) : ""};
      return {};
    }
    if (tried < kTries) continue;
    return fail(Exit::integrity,
                fmt::format("part {} of {} did not arrive as it was sent", number, client_.url(key_)),
                "run the same command again");
  }
}

void MultipartUpload::abandon() {
  StoreCall abort;
  abort.request = {"DELETE", {}, key_, false, {{"uploadId", id_}}, {}};
  static_cast<void>(client_.send(std::move(abort)));  // it may have been aborted by others
  if (!journal_.empty()) static_cast<void>(sys::remove_tree(record()));
}

Checksum MultipartUpload::combined(const std::vector<Summer>& sums, Checksum::Kind kind) const {
  Summer all(kind);
  for (int number = 1; number <= count_; ++number)
    all.append(sums[static_cast<size_t>(number - 1)], size(number));
  return all.finish();
}

Checksum MultipartUpload::whole() const {
  return origin_ != nullptr ? origin_->checksum : combined(sums_, client_.settings().service.checksum);
}

Result<> MultipartUpload::check_read() {
  const Checksum& expected = content_.checksum;
  if (origin_ != nullptr) return origin_->unchanged();
  if (!can_combine(expected.kind)) return {};
  const Checksum read = source_sums_.empty() ? whole() : combined(source_sums_, expected.kind);
  if (read == expected) return {};
  abandon();
  return fail(Exit::integrity,
              fmt::format("the source of {} did not arrive as it was stored: {} {} expected, {} received",
                          client_.url(key_), name(read.kind), expected.value, read.value),
              "run the same command again");
}

Result<> MultipartUpload::complete(bool only_new) {
  TRY(check_read());
  const Service& service = client_.settings().service;
  const std::string document = complete_document(parts_, native_ ? "ChecksumCRC64NVME" : "");
  StoreCall call;
  call.request = {"POST", {}, key_, false, {{"uploadId", id_}}, client_.settings().key_headers};
  if (native_) {
    call.request.headers.emplace_back(service.checksum_header, base64_encode(checksum_bytes(whole())));
    call.request.headers.emplace_back("x-amz-checksum-type", "FULL_OBJECT");
  }
  if (only_new && !service.completes_conditionally) TRY(check_absent(client_, key_));
  if (only_new && service.completes_conditionally)
    call.request.headers.emplace_back(service.only_new.first, service.only_new.second);
  call.payload = {document.size(), [&](const TakeBytes& take) { return take(document); }, {}};
  call.whole_answer = true;
  const Result<http::Response> response = client_.send(call);
  if (!response) return confirm(response.error());
  const Checksum kept = checksum_in(service, response->headers);
  const Checksum expected = whole();
  if (kept.kind != Checksum::Kind::none && kept.kind == expected.kind && kept != expected) {
    call = {};
    call.request = {"DELETE", {}, key_, false, {}, {}};
    static_cast<void>(client_.send(std::move(call)));
    return fail(Exit::integrity, fmt::format("{} did not arrive as it was sent", client_.url(key_)),
                "run the same command again");
  }
  return {};
}

// For stores that can't be told not to replace: checked as late as possible.
Result<> check_absent(StoreClient& client, const std::string& key) {
  StoreCall call;
  call.request = {"HEAD", {}, key, false, {}, client.settings().key_headers};
  const Result<http::Response> there = client.send(std::move(call));
  if (there)
    return fail(Exit::conflict, fmt::format("{} exists", client.url(key)), "--overwrite replaces it");
  return there.error().code == Exit::not_found ? Result<>() : fail(there.error());
}

Result<> MultipartUpload::confirm(const Error& after) {
  const bool lost = after.code == Exit::network || after.code == Exit::timeout;
  if (!lost && after.code != Exit::not_found && after.code != Exit::conflict) return fail(after);
  StoreCall call;
  call.request = {"HEAD", {}, key_, false, {}, client_.settings().key_headers};
  if (native_) call.request.headers.emplace_back("x-amz-checksum-mode", "ENABLED");
  const Result<http::Response> response = client_.send(std::move(call));
  if (!response) return fail(after);
  const ObjectInfo there = object_of(client_.settings().service, key_, response->headers);
  const bool known = there.checksum.kind != Checksum::Kind::none;
  return known && there.size == content_.size && there.checksum == whole() ? Result<>() : fail(after);
}

}  // namespace mlctl
