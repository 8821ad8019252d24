#include "cloud/store/copy.h"

#include <algorithm>

#include <fmt/format.h>

#include "cloud/store/headers.h"
#include "cloud/store/multipart.h"
#include "cloud/store/xml.h"

namespace mlctl {

namespace {

// A request to copy a part of this size takes seconds; smaller parts would take many requests.
constexpr uint64_t kCopiedPart = uint64_t{64} << 20;

bool has(const HttpHeaders& headers, const std::string& prefix) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& each) { return each.first.starts_with(prefix); });
}

class Copier {
 public:
  Copier(const ObjectCopy& copy, const TakeBytes& progress)
      : it_(copy),
        to_(copy.to.settings()),
        prefix_(to_.service.header_prefix),
        object_(copy.content.origin.object),
        progress_(progress) {}

  Result<> run(const std::filesystem::path& journal) {
    const Service& service = to_.service;
    if (it_.only_new && !service.copies_conditionally) TRY(check_absent(it_.to, it_.key));
    const uint64_t most = to_.part_size > 0 && service.copies_parts
                              ? std::min(to_.part_size, service.copied_at_once)
                              : service.copied_at_once;
    return object_.size <= most ? copy_whole() : copy_parts(journal);
  }

 private:
  HttpHeaders source() const {
    HttpHeaders headers = {{prefix_ + "copy-source",
                            "/" + it_.from.settings().bucket + "/" + percent_encode(object_.key, true)}};
    if (!object_.etag.empty())
      headers.emplace_back(prefix_ + "copy-source-if-match", "\"" + object_.etag + "\"");
    return headers;
  }

  Result<> copy_whole() {
    StoreCall put;
    put.request = {"PUT", {}, it_.key, false, {}, source()};
    HttpHeaders& headers = put.request.headers;
    const std::string meta = prefix_ + "meta-";
    if (has(to_.put_headers, meta) || !to_.content_type.empty()) {
      const http::Response there = TRY(head_of(it_.from, object_.key));
      headers.emplace_back(prefix_ + "metadata-directive", "REPLACE");
      for (auto& each : described_by(to_, to_.service, there.headers)) headers.push_back(std::move(each));
    }
    for (const auto& each : to_.put_headers)
      if (!each.first.starts_with(meta)) headers.push_back(each);
    if (has(to_.put_headers, prefix_ + "tagging"))
      headers.emplace_back(prefix_ + "tagging-directive",
                           to_.service.scheme == "oss" ? "Replace" : "REPLACE");
    if (it_.only_new) headers.emplace_back(to_.service.only_new.first, to_.service.only_new.second);
    put.whole_answer = true;
    const Result<http::Response> response = it_.to.send(std::move(put));
    if (!response) return explained(response.error());
    const std::string etag = TRY(parse_finished(response->body)).etag;
    TRY(show(object_.size));
    return !etag.empty() && etag == object_.etag ? Result<>() : compare();
  }

  Result<> copy_parts(const std::filesystem::path& journal) {
    const http::Response there = TRY(head_of(it_.from, object_.key));
    const PartsOrigin origin{source(), object_of(to_.service, object_.key, there.headers).checksum,
                             TRY(part_size(there.headers)), [this] { return unchanged(); }};
    Content content = it_.content;
    content.described = described_by(to_, to_.service, there.headers);
    TRY(add_tags(there.headers, content.described));
    if (origin.checksum.kind == Checksum::Kind::crc64_nvme &&
        !has(content.described, kept_checksum_header(to_.service)))
      content.described.emplace_back(kept_checksum_header(to_.service), origin.checksum.value);
    content.fingerprint = it_.from.url(object_.key) + " " + object_.etag;
    const Result<> done =
        MultipartUpload(it_.to, journal, it_.key, content, progress_, &origin).run(it_.only_new);
    return done ? compare() : explained(done.error());
  }

  // With parts of the source's size, the copy gets the source's ETag.
  Result<uint64_t> part_size(const HttpHeaders& source) {
    const bool in_parts = header(source, "etag").find('-') != std::string_view::npos;
    if (to_.part_size > 0) return to_.part_size;
    if (!in_parts || to_.service.scheme != "s3") return kCopiedPart;
    const Result<http::Response> first = head_of(it_.from, object_.key, {{"partNumber", "1"}});
    const uint64_t size = first ? object_of(to_.service, object_.key, first->headers).size : 0;
    return size < to_.service.smallest_part || size >= object_.size ? kCopiedPart : size;
  }

  // A copy in one request includes the tags; for one in parts they must be sent.
  Result<> add_tags(const HttpHeaders& source, HttpHeaders& headers) {
    const std::string_view count = header(source, prefix_ + "tagging-count");
    if (count.empty() || count == "0" || has(to_.put_headers, prefix_ + "tagging")) return {};
    StoreCall call;
    call.request = {"GET", {}, object_.key, false, {{"tagging", ""}}, {}};
    const http::Response response = TRY(it_.from.send(std::move(call)));
    std::string tags;
    for (const auto& [key, value] : TRY(parse_tags(response.body)))
      tags += (tags.empty() ? "" : "&") + percent_encode(key, false) + "=" + percent_encode(value, false);
    headers.emplace_back(prefix_ + "tagging", tags);
    return {};
  }

  // Progress by a size, without bytes.
  Result<> show(uint64_t size) { return show_bytes(size, progress_); }

  // Compares the checksums of both, if they are of one kind.
  Result<> compare() {
    const http::Response first = TRY(head_of(it_.from, object_.key)), second = TRY(head_of(it_.to, it_.key));
    const ObjectInfo here = object_of(to_.service, object_.key, first.headers),
                     there = object_of(to_.service, it_.key, second.headers);
    const bool comparable = here.checksum.kind == there.checksum.kind;
    if (here.size == there.size && (!comparable || here.checksum == there.checksum)) return {};
    StoreCall remove;
    remove.request = {"DELETE", {}, it_.key, false, {}, {}};
    static_cast<void>(it_.to.send(std::move(remove)));  // nobody should read it
    return fail(Exit::integrity,
                fmt::format("{} did not become what {} is", it_.to.url(it_.key), it_.from.url(object_.key)),
                "run the same command again");
  }

  Result<> unchanged() {
    const http::Response response = TRY(head_of(it_.from, object_.key));
    if (object_.etag.empty() || object_of(to_.service, object_.key, response.headers).etag == object_.etag)
      return {};
    return fail(Exit::conflict, fmt::format("{} changed while it was copied", it_.from.url(object_.key)),
                "run the same command again");
  }

  // The error of a refused copy names one object. Looking at both finds out which of the two it was about.
  Result<> explained(const Error& refused) {
    if (refused.code != Exit::not_found && refused.code != Exit::auth && refused.code != Exit::conflict)
      return fail(refused);
    TRY(unchanged());
    if (refused.code != Exit::conflict) return fail(refused);
    // A first try may have succeeded though its answer was lost.
    const Result<http::Response> response = head_of(it_.to, it_.key);
    if (!response) return fail(refused);
    const ObjectInfo there = object_of(to_.service, it_.key, response->headers), &now = object_;
    const bool ours = there.size == now.size &&
                      (there.etag == now.etag ||
                       (there.checksum == now.checksum && now.checksum.kind != Checksum::Kind::none));
    return ours ? Result<>() : fail(refused);
  }

  const ObjectCopy& it_;
  const StoreSettings& to_;
  const std::string& prefix_;
  const ObjectInfo& object_;
  const TakeBytes& progress_;
};

}  // namespace

Result<http::Response> head_of(StoreClient& client, const std::string& key, QueryItems query) {
  StoreCall call;
  const StoreSettings& settings = client.settings();
  if (!settings.version.empty()) query.emplace_back(settings.service.version_item, settings.version);
  call.request = {"HEAD", {}, key, false, std::move(query), settings.key_headers};
  if (client.settings().service.sends_checksum)
    call.request.headers.emplace_back("x-amz-checksum-mode", "ENABLED");
  return client.send(std::move(call));
}

bool can_copy(const StoreSettings& from, const StoreSettings& to, uint64_t size) {
  return from.key_headers.empty() && to.key_headers.empty() && from.service.scheme == to.service.scheme &&
         from.endpoint.scheme == to.endpoint.scheme && from.endpoint.host == to.endpoint.host &&
         from.endpoint.port == to.endpoint.port &&
         (to.service.copies_parts || size <= to.service.copied_at_once);
}

Result<> copy_object(const ObjectCopy& copy, const std::filesystem::path& journal,
                     const TakeBytes& progress) {
  return Copier(copy, progress).run(journal);
}

}  // namespace mlctl
