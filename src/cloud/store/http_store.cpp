#include "cloud/store/http_store.h"

#include <algorithm>

#include <fmt/format.h>

#include "cloud/store/copy.h"
#include "cloud/store/headers.h"
#include "cloud/store/listing.h"
#include "cloud/store/multipart.h"
#include "core/base/base64.h"
#include "core/base/hash.h"

namespace mlctl {

namespace {

// Objects up to this go in one request.
constexpr uint64_t kWhole = uint64_t{16} << 20;
constexpr uint64_t kHeld = uint64_t{1} << 20;  // and up to this are read once

Error torn(const std::string& url, const Checksum& expected, const Checksum& found) {
  return {Exit::integrity,
          fmt::format("{} did not arrive as it was stored: {} {} expected, {} received", url,
                      name(expected.kind), expected.value, found.value),
          {},
          "run the same command again",
          {}};
}

Result<> quietly(std::string_view) {
  return {};
}

// The content's checksum of a kind and, where it is wanted, its SHA-256, in one reading.
struct Sums {
  Checksum checksum;
  std::string sha256;
};

Result<Sums> sum(const Content& content, Checksum::Kind kind, bool wants_sha256, const TakeBytes& progress) {
  Summer summer(kind);
  Sha256 hash;
  TRY(content.read(0, content.size, [&](std::string_view bytes) -> Result<> {
    summer.update(bytes);
    if (wants_sha256) hash.update(bytes);
    return progress(bytes);
  }));
  return Sums{summer.finish(), wants_sha256 ? hash.hex() : ""};
}

// The same content from memory: a small file is opened and read once.
Result<Content> held(const Content& content) {
  auto bytes = std::make_shared<std::string>();
  bytes->reserve(content.size);
  TRY(content.read(0, content.size, [&](std::string_view piece) -> Result<> {
    *bytes += piece;
    return {};
  }));
  Content copy = content;
  copy.read = [bytes](uint64_t offset, uint64_t size, const TakeBytes& take) {
    return take(std::string_view(*bytes).substr(offset, size));
  };
  return copy;
}

}  // namespace

Result<http::Response> HttpStore::call(const std::string& method, const std::string& key, QueryItems query,
                                       HttpHeaders headers) {
  StoreCall call;
  call.request = {method, {}, key, false, std::move(query), std::move(headers)};
  return client_->send(std::move(call));
}

Result<> HttpStore::check_length(const std::string& key) const {
  if (key.size() <= 1024) return {};
  return fail(Exit::usage, fmt::format("the key of {} is too long", url(key)),
              "keys have at most 1,024 bytes");
}

Result<> HttpStore::list(const std::string& prefix, bool recursive, const TakeObject& take) {
  std::string token;
  ListingCheck check(prefix, client_->url(prefix));
  for (;;) {
    QueryItems query = {{"list-type", "2"}, {"encoding-type", "url"}, {"max-keys", "1000"}};
    if (!prefix.empty()) query.emplace_back("prefix", prefix);
    if (!recursive) query.emplace_back("delimiter", "/");
    if (!token.empty()) query.emplace_back("continuation-token", token);
    const http::Response response = TRY(call("GET", "", std::move(query)));
    const ListPage page = TRY(parse_list(response.body));
    for (const ObjectInfo& object : page.objects) {
      TRY(check.key(object.key));
      TRY(check_size(object.size, url(object.key)));
    }
    TRY(check.page(page.objects.empty() ? "" : page.objects.front().key));
    for (const ObjectInfo& object : page.objects) TRY(take(object));
    if (page.next.empty()) return {};
    token = page.next;
  }
}

Result<ObjectInfo> HttpStore::head(const std::string& key) {
  if (key.empty()) return fail(Exit::not_found, fmt::format("{} is a bucket", url(key)));
  TRY(check_length(key));
  const http::Response response = TRY(head_of(*client_, key));
  ObjectInfo info = object_of(client_->settings().service, key, response.headers);
  TRY(check_size(info.size, url(key)));
  return info;
}

Result<> HttpStore::get(const std::string& key, uint64_t offset, uint64_t size, const TakeBytes& take,
                        const std::string& etag) {
  if (size == 0) return {};
  return read({key, offset, size, etag, false}, take);
}

Result<> HttpStore::get_whole(const ObjectInfo& info, const TakeBytes& take) {
  if (info.size == 0) return {};
  return read({info.key, 0, info.size, info.etag, true}, take);
}

namespace {

Error changed(const std::string& url) {
  return {
      Exit::conflict, fmt::format("{} changed while it was read", url), {}, "run the same command again", {}};
}

}  // namespace

// When a connection is lost, only the bytes that had not come are fetched again.
Result<> HttpStore::read(Read range, const TakeBytes& take) {
  const StoreSettings& settings = client_->settings();
  Checksum expected;
  Summer summer(Checksum::Kind::none);
  uint64_t done = 0, before = 0;
  const bool whole = range.whole;
  http::Sink sink;
  sink.begin = [&](const http::Response& response) -> Result<> {
    const ObjectInfo now = object_of(settings.service, range.key, response.headers);
    if (range.etag.empty()) range.etag = now.etag;
    if (now.etag != range.etag || now.size != range.size - done)
      return fail(changed(client_->url(range.key)));
    if (whole && done == 0) {
      expected = now.checksum;
      summer = Summer(expected.kind);
    }
    return {};
  };
  sink.take = [&](std::string_view bytes) -> Result<> {
    done += bytes.size();
    summer.update(bytes);
    return take(bytes);
  };
  for (int stuck = 0; done < range.size;) {
    StoreCall call;
    call.request = {"GET", {}, range.key, false, {}, settings.key_headers};
    call.request.query = version();
    HttpHeaders& headers = call.request.headers;
    if (settings.service.sends_checksum && whole) headers.emplace_back("x-amz-checksum-mode", "ENABLED");
    if (!whole || done > 0)
      headers.emplace_back("range",
                           fmt::format("bytes={}-{}", range.offset + done, range.offset + range.size - 1));
    if (!range.etag.empty()) headers.emplace_back("if-match", "\"" + range.etag + "\"");
    call.sink = &sink;
    const Result<http::Response> response = client_->send(std::move(call));
    if (response) continue;
    if (response.error().code == Exit::conflict) return fail(changed(client_->url(range.key)));
    stuck = done > before ? 0 : stuck + 1;
    before = done;
    const bool cut = response.error().code == Exit::network || response.error().code == Exit::timeout;
    if (!cut || done == 0 || stuck > 3) return fail(response.error());
  }
  if (expected.kind == Checksum::Kind::none) return {};
  const Checksum found = summer.finish();
  return found == expected ? Result<>() : fail(torn(client_->url(range.key), expected, found));
}

Result<bool> HttpStore::same(const ObjectInfo& there, const Content& content, const TakeBytes& progress) {
  if (there.size != content.size) return false;
  const auto* const other = dynamic_cast<HttpStore*>(content.origin.store);
  // An object and its copy have one ETag, unless the store made another of it.
  if (other != nullptr && other->client_->settings().service.scheme == client_->settings().service.scheme &&
      !there.etag.empty() && there.etag == content.origin.object.etag)
    return true;
  Checksum kept = there.checksum;
  if (kept.kind == Checksum::Kind::none) kept = TRY(head(there.key)).checksum;
  if (kept.kind == Checksum::Kind::none) return false;  // nothing to compare with: copied again
  if (other != nullptr) {
    const Checksum theirs = TRY(checksum_of(content.origin));
    if (theirs.kind == kept.kind) return theirs == kept;
  }
  return TRY(sum(content, kept.kind, false, progress)).checksum == kept;
}

Result<> HttpStore::put(const std::string& key, const Content& content, bool only_new,
                        const TakeBytes& progress) {
  TRY(check_length(key));
  if (const auto* const from = dynamic_cast<HttpStore*>(content.origin.store); from != nullptr) {
    if (can_copy(from->client_->settings(), client_->settings(), content.size)) {
      Result<> copied = copy_object({*from->client_, *client_, content, key, only_new}, journal_, progress);
      // The source exists but the copy says it does not: RGW can't copy parts of keys with "%".
      const bool lost = !copied && copied.error().code == Exit::not_found;
      if (!lost || !content.origin.store->head(content.origin.object.key)) return copied;
    }
    return put_through(*from->client_, key, content, only_new, progress);
  }
  return put_read(key, content, only_new, progress);
}

// From another store: read once, and held for as long as it is sent.
Result<> HttpStore::put_through(StoreClient& from, const std::string& key, const Content& content,
                                bool only_new, const TakeBytes& progress) {
  const Service& theirs = from.settings().service;
  const ObjectInfo& object = content.origin.object;
  const http::Response there = TRY(head_of(from, object.key));
  Content given = content;
  given.described = described_by(client_->settings(), theirs, there.headers);
  std::erase_if(given.described, [&](const auto& each) {  // it is written anew where it is needed
    return each.first == kept_checksum_header(client_->settings().service);
  });
  if (content.size > kWhole) {
    given.checksum = object_of(theirs, object.key, there.headers).checksum;
    return put_read(key, given, only_new, progress);
  }
  const Budget::Share room = client_->room().wait_for(content.size);
  return put_read(key, TRY(held(given)), only_new, progress);
}

Result<> HttpStore::put_read(const std::string& key, const Content& content, bool only_new,
                             const TakeBytes& progress) {
  if (content.size <= kWhole) {
    const Content given = content.size <= kHeld ? TRY(held(content)) : content;
    Result<> stored = put_whole(key, given, only_new, progress);
    if (stored || !only_new || stored.error().code != Exit::conflict) return stored;
    // A first try may have succeeded though its answer was lost: then the object that exists is ours.
    const Result<ObjectInfo> there = head(key);
    return there && same(*there, given, quietly).value_or(false) ? Result<>() : stored;
  }
  return MultipartUpload(*client_, journal_, key, content, progress).run(only_new);
}

Result<> HttpStore::put_whole(const std::string& key, const Content& content, bool only_new,
                              const TakeBytes& progress) {
  const StoreSettings& settings = client_->settings();
  const bool wants_sha256 = settings.signs_payload() || !content.sha256.empty();
  const Sums sums = TRY(sum(content, settings.service.checksum, wants_sha256, quietly));
  if (!content.sha256.empty() && sums.sha256 != content.sha256) {
    return fail(Exit::integrity,
                fmt::format("the source of {} is not what its SHA-256 says: {} expected, {} read", url(key),
                            content.sha256.substr(0, 12), sums.sha256.substr(0, 12)),
                "the source was changed or damaged: make it again");
  }
  StoreCall put;
  put.request = {"PUT", {}, key, false, {}, object_headers(settings, key, content)};
  HttpHeaders& headers = put.request.headers;
  const bool native = client_->keeps_checksums();
  if (native || settings.service.takes_checksum)
    headers.emplace_back(settings.service.checksum_header, checksum_header_value(sums.checksum));
  // With a customer's key an ETag is no MD5, so a store that keeps no checksum would leave us none at all.
  if (settings.service.sends_checksum && (!native || !settings.key_headers.empty()))
    headers.emplace_back(kept_checksum_header(settings.service), sums.checksum.value);
  if (only_new) headers.emplace_back(settings.service.only_new.first, settings.service.only_new.second);
  const ReadBytes read = [&](const TakeBytes& take) { return content.read(0, content.size, take); };
  put.payload = {content.size, shown_once(read, progress), sums.sha256};
  const http::Response response = TRY(client_->send(std::move(put)));
  const Checksum kept = checksum_in(settings.service, response.headers);
  // A store that keeps the checksum repeats it in its answer; one that ignored it gets it as metadata from
  // now on.
  const bool says = kept.kind != Checksum::Kind::none;
  if (settings.service.sends_checksum && native != says) client_->learn_checksums(says);
  if (kept.kind == Checksum::Kind::none || kept == sums.checksum) return {};
  static_cast<void>(call("DELETE", key));  // nobody should read it
  return fail(torn(url(key), sums.checksum, kept));
}

Result<> HttpStore::remove(const std::string& key) {
  const Result<http::Response> response = call("DELETE", key, version());
  if (response || response.error().code == Exit::not_found) return {};
  return fail(response.error());
}

Result<> HttpStore::remove_all(const std::vector<std::string>& keys,
                               const std::function<Result<>(size_t)>& gone) {
  constexpr size_t kBatch = 1000;  // what one request may name
  std::vector<std::string> batch, single;
  size_t done = 0;
  for (const std::string& key : keys) {
    (client_->settings().service.deletes_many && fits_xml(key) ? batch : single).push_back(key);
    if (batch.size() < kBatch) continue;
    TRY(remove_batch(batch));
    TRY(gone(done += batch.size()));
    batch.clear();
  }
  if (!batch.empty()) TRY(remove_batch(batch));
  TRY(gone(done += batch.size()));
  return ObjectStore::remove_all(single, [&](size_t count) { return gone(done + count); });
}

Result<> HttpStore::remove_batch(const std::vector<std::string>& keys) {
  const std::string document = delete_document(keys);
  Summer md5(Checksum::Kind::md5);
  md5.update(document);
  StoreCall call;
  call.request = {"POST", {}, "", false, {{"delete", ""}}, {}};
  call.request.headers.emplace_back("content-md5", base64_encode(checksum_bytes(md5.finish())));
  call.request.headers.emplace_back("content-type", "application/xml");
  call.payload = {document.size(), [&](const TakeBytes& take) { return take(document); }, {}};
  call.whole_answer = true;
  const http::Response response = TRY(client_->send(std::move(call)));
  const std::vector<DeleteFailure> failures = TRY(parse_deletes(response.body));
  if (failures.empty()) return {};
  const DeleteFailure& first = failures.front();
  StoreError said;
  said.code = first.code;
  said.message = first.message;
  return fail(store_error({"DELETE", url(first.key), client_->settings().bucket, 200}, said));
}

QueryItems HttpStore::version() const {
  const StoreSettings& settings = client_->settings();
  if (settings.version.empty()) return {};
  return {{settings.service.version_item, settings.version}};
}

Result<> HttpStore::versions(const std::string& prefix,
                             const std::function<Result<>(const ObjectVersion&)>& take) {
  const bool google = client_->settings().service.scheme == "gs";
  std::string key, id;
  ListingCheck check(prefix, client_->url(prefix));
  do {
    QueryItems query = {{"versions", ""}, {"encoding-type", "url"}, {"max-keys", "1000"}};
    if (!prefix.empty()) query.emplace_back("prefix", prefix);
    if (!key.empty()) query.emplace_back("key-marker", key);
    if (!id.empty()) query.emplace_back(google ? "generation-marker" : "version-id-marker", id);
    const http::Response response = TRY(call("GET", "", std::move(query)));
    const VersionPage page = TRY(parse_versions(response.body));
    for (const ObjectVersion& version : page.versions) TRY(check.key(version.object.key));
    TRY(check.page(
        page.versions.empty() ? "" : page.versions.front().object.key + "\n" + page.versions.front().id));
    for (const ObjectVersion& version : page.versions) TRY(take(version));
    key = page.next_key;
    id = page.next_id;
  } while (!key.empty());
  return {};
}

Result<std::vector<Upload>> HttpStore::incomplete(const std::string& prefix) {
  std::vector<Upload> all;
  std::string key, id;
  ListingCheck check(prefix, client_->url(prefix));
  do {
    QueryItems query = {{"uploads", ""}, {"encoding-type", "url"}};
    if (!prefix.empty()) query.emplace_back("prefix", prefix);
    if (!key.empty()) query.insert(query.end(), {{"key-marker", key}, {"upload-id-marker", id}});
    const http::Response response = TRY(call("GET", "", std::move(query)));
    const UploadPage page = TRY(parse_uploads(response.body));
    for (const Upload& upload : page.uploads) TRY(check.key(upload.key));
    TRY(check.page(page.uploads.empty() ? "" : page.uploads.front().key + "\n" + page.uploads.front().id));
    all.insert(all.end(), page.uploads.begin(), page.uploads.end());
    key = page.next_key;
    id = page.next_id;
  } while (!key.empty());
  return all;
}

Result<> HttpStore::abort(const Upload& upload) {
  const Result<http::Response> response = call("DELETE", upload.key, {{"uploadId", upload.id}});
  if (response || response.error().code == Exit::not_found) return {};
  return fail(response.error());
}

}  // namespace mlctl
