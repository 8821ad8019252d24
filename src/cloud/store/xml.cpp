#include "cloud/store/xml.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <sstream>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "core/base/strings.h"
#include "core/net/http.h"

namespace mlctl {

namespace {

std::string text_of(const pugi::xml_node& node, const char* name) {
  return node.child(name).text().get();
}

// As it goes into a header again.
std::string unquoted(std::string etag) {
  std::erase_if(etag, [](char c) { return c == '"' || static_cast<unsigned char>(c) < ' '; });
  return etag;
}

uint64_t number_of(const std::string& text) {
  uint64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc::result_out_of_range ? UINT64_MAX : value;
}

// The root element called `name`. A body that trickled blanks before it (a slow Complete) is well-formed too.
Result<pugi::xml_node> root_of(pugi::xml_document& document, std::string_view body, const char* name) {
  const std::string_view trimmed = trim(body);
  const pugi::xml_parse_result parsed = document.load_buffer(trimmed.data(), trimmed.size());
  const pugi::xml_node root = document.document_element();
  if (parsed && std::string_view(root.name()) == name) return root;
  return fail(Exit::network,
              fmt::format("the store's answer is not a {} document: {}", name, trimmed.substr(0, 80)),
              "check that the endpoint is an object store's");
}

// Keys are percent-encoded by form rules when the store took encoding-type=url.
std::string decoded(const std::string& text, bool encoded) {
  if (!encoded) return text;
  std::string spaced = text;
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return percent_decode(spaced).value_or(text);
}

// The checksum among the children, whatever its kind ("ChecksumCRC64NVME", …).
std::string checksum_of(const pugi::xml_node& node) {
  for (const char* name : {"ChecksumCRC64NVME", "ChecksumCRC32C", "ChecksumSHA256", "HashCrc64ecma"})
    if (const pugi::xml_node found = node.child(name)) return found.text().get();
  return {};
}

std::string written(const pugi::xml_document& document) {
  std::ostringstream out;
  document.save(out, "", pugi::format_raw | pugi::format_no_declaration);
  return out.str();
}

void add(pugi::xml_node& node, const char* name, const std::string& text) {
  node.append_child(name).text().set(text.c_str());
}

}  // namespace

int64_t parse_xml_time(std::string_view text) {
  std::tm t{};
  double seconds = 0;  // with a fraction of any length
  const std::string copy(text);
  if (std::sscanf(copy.c_str(), "%d-%d-%dT%d:%d:%lf", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour,
                  &t.tm_min, &seconds) < 6)
    return 0;
  t.tm_year -= 1900;
  t.tm_mon -= 1;
  return static_cast<int64_t>(timegm(&t)) * 1000 + std::llround(seconds * 1e3);
}

StoreError parse_store_error(std::string_view body) {
  pugi::xml_document document;
  const Result<pugi::xml_node> root = root_of(document, body, "Error");
  if (!root) return {};
  std::string resource = text_of(*root, "Resource");
  if (resource.empty()) resource = text_of(*root, "Key");
  return {text_of(*root, "Code"),
          text_of(*root, "Message"),
          text_of(*root, "Region"),
          text_of(*root, "Endpoint"),
          resource,
          text_of(*root, "RequestId")};
}

Result<ListPage> parse_list(std::string_view body) {
  pugi::xml_document document;
  const pugi::xml_node root = TRY(root_of(document, body, "ListBucketResult"));
  const bool encoded = text_of(root, "EncodingType") == "url";
  ListPage page;
  for (const pugi::xml_node& each : root.children("Contents")) {
    ObjectInfo info{decoded(text_of(each, "Key"), encoded), number_of(text_of(each, "Size")),
                    parse_xml_time(text_of(each, "LastModified"))};
    info.etag = unquoted(text_of(each, "ETag"));
    info.storage_class = text_of(each, "StorageClass");
    page.objects.push_back(std::move(info));
  }
  for (const pugi::xml_node& each : root.children("CommonPrefixes")) {
    page.objects.push_back({decoded(text_of(each, "Prefix"), encoded), 0, 0});
    if (page.objects.back().folder()) continue;
    return fail(Exit::network, fmt::format("the store lists a folder \"{}\", without a slash at its end",
                                           page.objects.back().key));
  }
  std::sort(page.objects.begin(), page.objects.end(),
            [](const ObjectInfo& a, const ObjectInfo& b) { return a.key < b.key; });
  if (text_of(root, "IsTruncated") == "true") page.next = text_of(root, "NextContinuationToken");
  return page;
}

Result<UploadPage> parse_uploads(std::string_view body) {
  pugi::xml_document document;
  const pugi::xml_node root = TRY(root_of(document, body, "ListMultipartUploadsResult"));
  const bool encoded = text_of(root, "EncodingType") == "url";
  UploadPage page;
  for (const pugi::xml_node& each : root.children("Upload"))
    page.uploads.push_back({decoded(text_of(each, "Key"), encoded), text_of(each, "UploadId"),
                            parse_xml_time(text_of(each, "Initiated"))});
  if (text_of(root, "IsTruncated") == "true") {
    page.next_key = decoded(text_of(root, "NextKeyMarker"), encoded);
    page.next_id = text_of(root, "NextUploadIdMarker");
  }
  return page;
}

Result<PartPage> parse_parts(std::string_view body) {
  pugi::xml_document document;
  const pugi::xml_node root = TRY(root_of(document, body, "ListPartsResult"));
  PartPage page;
  for (const pugi::xml_node& each : root.children("Part"))
    page.parts.push_back({each.child("PartNumber").text().as_int(), number_of(text_of(each, "Size")),
                          unquoted(text_of(each, "ETag")), checksum_of(each)});
  if (text_of(root, "IsTruncated") == "true") page.next = root.child("NextPartNumberMarker").text().as_int();
  return page;
}

Result<std::string> parse_upload_id(std::string_view body) {
  pugi::xml_document document;
  const pugi::xml_node root = TRY(root_of(document, body, "InitiateMultipartUploadResult"));
  std::string id = text_of(root, "UploadId");
  if (id.empty()) return fail(Exit::network, "the store began a multipart upload without an UploadId");
  return id;
}

Result<Finished> parse_finished(std::string_view body) {
  pugi::xml_document document;
  const std::string_view trimmed = trim(body);
  document.load_buffer(trimmed.data(), trimmed.size());
  const pugi::xml_node root = document.document_element();
  if (root.child("ETag").empty())
    return fail(Exit::network, fmt::format("the store's answer names no ETag: {}", trimmed.substr(0, 80)));
  return Finished{unquoted(text_of(root, "ETag")), checksum_of(root)};
}

Result<BucketPage> parse_buckets(std::string_view body) {
  pugi::xml_document document;
  const pugi::xml_node root = TRY(root_of(document, body, "ListAllMyBucketsResult"));
  BucketPage page;
  for (const pugi::xml_node& each : root.child("Buckets").children("Bucket")) {
    std::string region = text_of(each, "BucketRegion");
    if (region.empty()) region = text_of(each, "Location");  // OSS: "oss-cn-hangzhou"
    if (region.starts_with("oss-")) region.erase(0, 4);
    page.buckets.push_back({text_of(each, "Name"), parse_xml_time(text_of(each, "CreationDate")), region});
  }
  page.next = text_of(root, "ContinuationToken");
  if (text_of(root, "IsTruncated") == "true") page.next = text_of(root, "NextMarker");
  return page;
}

Result<VersionPage> parse_versions(std::string_view body) {
  pugi::xml_document document;
  const bool google = body.find("<ListBucketResult") != std::string_view::npos;
  const pugi::xml_node root =
      TRY(root_of(document, body, google ? "ListBucketResult" : "ListVersionsResult"));
  const bool encoded = text_of(root, "EncodingType") == "url";
  VersionPage page;
  for (const pugi::xml_node& each : root.children()) {
    const bool deleted = std::string_view(each.name()) == "DeleteMarker";
    if (!deleted && std::string_view(each.name()) != "Version") continue;
    ObjectInfo object{decoded(text_of(each, "Key"), encoded), number_of(text_of(each, "Size")),
                      parse_xml_time(text_of(each, "LastModified"))};
    object.etag = unquoted(text_of(each, "ETag"));
    object.storage_class = text_of(each, "StorageClass");
    page.versions.push_back({std::move(object), text_of(each, google ? "Generation" : "VersionId"),
                             text_of(each, "IsLatest") == "true", deleted});
  }
  if (text_of(root, "IsTruncated") == "true") {
    page.next_key = decoded(text_of(root, "NextKeyMarker"), encoded);
    page.next_id = text_of(root, google ? "NextGenerationMarker" : "NextVersionIdMarker");
  }
  return page;
}

Result<std::vector<std::pair<std::string, std::string>>> parse_tags(std::string_view body) {
  pugi::xml_document document;
  const pugi::xml_node root = TRY(root_of(document, body, "Tagging"));
  std::vector<std::pair<std::string, std::string>> tags;
  for (const pugi::xml_node& each : root.child("TagSet").children("Tag"))
    tags.emplace_back(text_of(each, "Key"), text_of(each, "Value"));
  return tags;
}

Result<std::vector<DeleteFailure>> parse_deletes(std::string_view body) {
  std::vector<DeleteFailure> failures;
  if (trim(body).empty()) return failures;  // quiet, and all went well
  pugi::xml_document document;
  const pugi::xml_node root = TRY(root_of(document, body, "DeleteResult"));
  for (const pugi::xml_node& each : root.children("Error"))
    failures.push_back({text_of(each, "Key"), text_of(each, "Code"), text_of(each, "Message")});
  return failures;
}

std::string complete_document(const std::vector<Part>& parts, const std::string& checksum_name) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("CompleteMultipartUpload");
  for (const Part& part : parts) {
    pugi::xml_node node = root.append_child("Part");
    add(node, "PartNumber", std::to_string(part.number));
    add(node, "ETag", "\"" + part.etag + "\"");
    if (!checksum_name.empty() && !part.checksum.empty()) add(node, checksum_name.c_str(), part.checksum);
  }
  return written(document);
}

bool fits_xml(std::string_view key) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < ' '; };
  return is_valid_utf8(key) && std::none_of(key.begin(), key.end(), control) &&
         key.find("\xef\xbf\xbe") == std::string_view::npos &&
         key.find("\xef\xbf\xbf") == std::string_view::npos;
}

std::string delete_document(const std::vector<std::string>& keys) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("Delete");
  add(root, "Quiet", "true");
  for (const std::string& key : keys) {
    pugi::xml_node node = root.append_child("Object");
    add(node, "Key", key);
  }
  return written(document);
}

}  // namespace mlctl
