#include "cloud/sign/oss.h"

#include <ostream>

#include <doctest/doctest.h>

using namespace mlctl;

namespace {

const Credentials kKeys{"ak", "sk", "", 0, "test"};

StoreRequest put_of_the_vectors() {
  StoreRequest request;
  request.method = "PUT";
  request.bucket = "bucket";
  request.key = "1234+-/123/1.txt";
  request.query = {{"param1", "value1"}, {"+param1", "value3"}, {"|param1", "value4"},
                   {"+param2", ""},      {"|param2", ""},       {"param2", ""}};
  return request;
}

std::string v4_signature(std::vector<std::string> additional, const SigningScope& scope) {
  StoreRequest request = put_of_the_vectors();
  request.headers = {{"x-oss-head1", "value"},
                     {"abc", "value"},
                     {"zabc", "value"},
                     {"xyz", "value"},
                     {"content-type", "text/plain"}};
  sign_oss_v4(request, kKeys, scope, std::move(additional));
  const std::string value(header(request.headers, "authorization"));
  return value.substr(value.find("Signature=") + 10);
}

std::string v1_signature(StoreRequest request, const std::vector<std::string>& more = {}) {
  sign_oss_v1(request, kKeys, 1672223261000, more);
  const std::string value(header(request.headers, "authorization"));
  REQUIRE(value.starts_with("OSS ak:"));
  return value.substr(7);
}

}  // namespace

TEST_CASE("OSS V4 agrees with the official SDKs' header vectors") {
  CHECK(v4_signature({}, {"cn-hangzhou", "oss", 1702743657000}) ==
        "e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe");
  CHECK(v4_signature({"zabc", "abc"}, {"cn-hangzhou", "oss", 1702747512000}) ==
        "4a4183c187c07c8947db7620deb0a6b38d9fbdd34187b6dbaccb316fa251212f");
  CHECK(v4_signature({}, {"cb-123", "oss-cloudbox", 1702743657000}) ==
        "94ce1f12c17d148ea681030275a94449d3357f5b5b21133996eec80af3e08a43");
}

TEST_CASE("OSS V4 agrees with the official SDKs' presigned vector") {
  StoreRequest request = put_of_the_vectors();
  request.headers = {{"x-oss-head1", "value"},
                     {"abc", "value"},
                     {"zabc", "value"},
                     {"xyz", "value"},
                     {"content-type", "application/octet-stream"}};
  presign_oss_v4(request, kKeys, {"cn-hangzhou", "oss", 1702781677000}, 599);
  CHECK(request.query.back().second == "a39966c61718be0d5b14e668088b3fa07601033f6518ac7b523100014269c0fe");
}

TEST_CASE("OSS V4 leaves the additional headers out where there are none") {
  StoreRequest request;
  sign_oss_v4(request, kKeys, {"cn-hangzhou", "oss", 0}, {"absent"});
  CHECK(header(request.headers, "authorization").find("AdditionalHeaders") == std::string_view::npos);
}

TEST_CASE("OSS V1 agrees with the official SDKs' header vectors") {
  StoreRequest put;
  put.method = "PUT";
  put.bucket = "examplebucket";
  put.key = "nelson";
  put.headers = {{"content-md5", "eB5eJF1ptWaXm4bijSPyxw=="},
                 {"content-type", "text/html"},
                 {"x-oss-date", "Wed, 28 Dec 2022 10:27:41 GMT"},
                 {"x-oss-meta-author", "alice"},
                 {"x-oss-meta-magic", "abracadabra"}};
  CHECK(v1_signature(put) == "kSHKmLxlyEAKtZPkJhG9bZb5k7M=");
  put.query = {{"acl", ""}};
  CHECK(v1_signature(put) == "/afkugFbmWDQ967j1vr6zygBLQk=");
  StoreRequest list;
  list.bucket = "examplebucket";
  list.query = {{"resourceGroup", ""}, {"acl", ""}};
  list.headers = {{"x-oss-date", "Wed, 28 Dec 2022 10:27:41 GMT"}};
  CHECK(v1_signature(list, {"resourceGroup"}) == "x3E5TgOvl/i7PN618s5mEvpJDYk=");
}

TEST_CASE("OSS V1 agrees with the official SDKs' presigned vectors") {
  StoreRequest versioned;
  versioned.bucket = "bucket";
  versioned.key = "key";
  versioned.query = {{"versionId", "versionId"}};
  presign_oss_v1(versioned, kKeys, 1699807420);
  CHECK(versioned.query.back().second == "dcLTea+Yh9ApirQ8o8dOPqtvJXQ=");
  Credentials temporary = kKeys;
  temporary.token = "token";
  StoreRequest plus;
  plus.bucket = "bucket";
  plus.key = "key+123";
  plus.query = {{"versionId", "versionId"}};
  presign_oss_v1(plus, temporary, 1699808204);
  CHECK(plus.query.back().second == "jzKYRrM5y6Br0dRFPaTGOsbrDhY=");
}
