#pragma once
// Headers that more than one kind of request reads or sends.

#include "cloud/store/service.h"
#include "core/store/checksum.h"

namespace mlctl {

// An object as HEAD and GET describe it. `checksum`: the store's own of the whole object, or mlctl's in the
// metadata, or an ETag that is an MD5; kind none when there is nothing to compare with.
ObjectInfo object_of(const Service& service, const std::string& key, const HttpHeaders& headers);

// "x-amz-checksum-crc64nvme: base64", "x-goog-hash: crc32c=base64", "x-oss-hash-crc64ecma: decimal" → the
// checksum; kind none when the header is absent.
Checksum checksum_in(const Service& service, const HttpHeaders& headers);

// … and back, for a request.
std::string checksum_header_value(const Checksum& checksum);

// mlctl's own record of a checksum, for stores that keep none: a metadata header's name.
std::string kept_checksum_header(const Service& service);

// The headers of a request that writes an object: from the settings and the content, at least its type.
HttpHeaders object_headers(const StoreSettings& settings, const std::string& key, const Content& content);

// The headers that describe an object (type, encoding, metadata), taken from an answer to HEAD of `from`
// and written for `to`. The settings of `to` have precedence.
HttpHeaders described_by(const StoreSettings& to, const Service& from, const HttpHeaders& source);

// By the key's extension: "image/jpeg", …, "application/octet-stream".
std::string content_type_of(const std::string& key);

}  // namespace mlctl
