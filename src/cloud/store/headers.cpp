#include "cloud/store/headers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include <fmt/format.h>

#include "core/base/base64.h"
#include "core/base/strings.h"

namespace mlctl {

namespace {

std::string unquoted(std::string_view text) {
  std::string plain(text);
  std::erase(plain, '"');
  return plain;
}

bool is_md5(const std::string& etag) {
  return etag.size() == 32 && etag.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
}

int64_t modified_of(const HttpHeaders& headers) {
  std::tm t{};
  const std::string text(header(headers, "last-modified"));
  if (::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &t) == nullptr) return 0;
  return static_cast<int64_t>(timegm(&t)) * 1000;
}

}  // namespace

Checksum checksum_in(const Service& service, const HttpHeaders& headers) {
  for (const auto& [name, value] : headers) {
    if (name != service.checksum_header) continue;
    if (service.checksum == Checksum::Kind::crc64_xz) {
      uint64_t number = 0;
      std::from_chars(value.data(), value.data() + value.size(), number);
      return {service.checksum, fmt::format("{:016x}", number)};
    }
    std::string text = value;
    if (service.checksum == Checksum::Kind::crc32c) {  // "crc32c=…,md5=…", in one header or two
      const size_t at = value.find("crc32c=");
      if (at == std::string::npos) continue;
      text = value.substr(at + 7, value.find(',', at) - at - 7);
    }
    const std::string raw = base64_decode(text);
    if (!raw.empty()) return checksum_from_bytes(service.checksum, raw);
  }
  return {};
}

std::string checksum_header_value(const Checksum& checksum) {
  const char* const label = checksum.kind == Checksum::Kind::crc32c ? "crc32c=" : "";
  return label + base64_encode(checksum_bytes(checksum));
}

std::string kept_checksum_header(const Service& service) {
  return service.header_prefix + "meta-mlctl-crc64nvme";
}

ObjectInfo object_of(const Service& service, const std::string& key, const HttpHeaders& headers) {
  ObjectInfo info{key};
  const std::string_view length = header(headers, "content-length");
  std::from_chars(length.data(), length.data() + length.size(), info.size);
  info.modified_millis = modified_of(headers);
  info.etag = unquoted(header(headers, "etag"));
  info.storage_class = header(headers, service.header_prefix + "storage-class");
  info.checksum = checksum_in(service, headers);
  if (info.checksum.kind != Checksum::Kind::none) return info;
  if (const std::string_view kept = header(headers, kept_checksum_header(service)); kept.size() == 16) {
    info.checksum = {Checksum::Kind::crc64_nvme, std::string(kept)};
  } else if (is_md5(info.etag) && header(headers, service.header_prefix + "server-side-encryption").empty() &&
             header(headers, service.header_prefix + "server-side-encryption-customer-algorithm").empty()) {
    info.checksum = {Checksum::Kind::md5, to_lower(info.etag)};
  }
  return info;
}

HttpHeaders object_headers(const StoreSettings& settings, const std::string& key, const Content& content) {
  HttpHeaders headers = content.described;
  headers.insert(headers.end(), settings.key_headers.begin(), settings.key_headers.end());
  for (const auto& each : settings.put_headers)
    if (header(content.described, each.first).empty()) headers.push_back(each);
  if (header(headers, "content-type").empty())
    headers.emplace_back("content-type",
                         settings.content_type.empty() ? content_type_of(key) : settings.content_type);
  return headers;
}

HttpHeaders described_by(const StoreSettings& to, const Service& from, const HttpHeaders& source) {
  static constexpr std::array<std::string_view, 6> kKept = {"content-type",     "cache-control",
                                                            "content-encoding", "content-disposition",
                                                            "content-language", "expires"};
  const std::string meta = to.service.header_prefix + "meta-", their_meta = from.header_prefix + "meta-";
  HttpHeaders described;
  for (const auto& each : to.put_headers)
    if (each.first.starts_with(meta)) described.push_back(each);
  if (!to.content_type.empty()) described.emplace_back("content-type", to.content_type);
  for (const auto& [name, value] : source) {
    const bool is_meta = name.starts_with(their_meta);
    if (!is_meta && std::find(kKept.begin(), kKept.end(), name) == kKept.end()) continue;
    const std::string ours = is_meta ? meta + name.substr(their_meta.size()) : name;
    if (header(described, ours).empty()) described.emplace_back(ours, value);
  }
  return described;
}

std::string content_type_of(const std::string& key) {
  static constexpr std::array<std::pair<std::string_view, const char*>, 14> kTypes = {
      {{".jpg", "image/jpeg"},
       {".jpeg", "image/jpeg"},
       {".png", "image/png"},
       {".webp", "image/webp"},
       {".json", "application/json"},
       {".jsonl", "application/x-ndjson"},
       {".csv", "text/csv"},
       {".tsv", "text/tab-separated-values"},
       {".txt", "text/plain"},
       {".html", "text/html"},
       {".yaml", "application/yaml"},
       {".tar", "application/x-tar"},
       {".gz", "application/gzip"},
       {".zip", "application/zip"}}};
  const std::string lower = to_lower(key);
  for (const auto& [extension, type] : kTypes)
    if (lower.ends_with(extension)) return type;
  return "application/octet-stream";
}

}  // namespace mlctl
