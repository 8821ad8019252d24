#include "cloud/sign/sigv4.h"

#include <ostream>

#include <doctest/doctest.h>

using namespace mlctl;

namespace {

// The keys of AWS's own examples.
const Credentials kSuite{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "", 0, "test"};
const Credentials kExamples{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "", 0,
                            "test"};
const SigningScope kSuiteScope{"us-east-1", "service", 1440938160000};
const SigningScope kExampleScope{"us-east-1", "s3", 1369353600000};
constexpr const char* kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

StoreRequest get(const std::string& host, const std::string& key = "") {
  StoreRequest request;
  request.key = key;
  request.headers = {{"host", host}};
  return request;
}

std::string signature_of(StoreRequest request, const Credentials& credentials, const SigningScope& scope,
                         const std::string& hash = kEmpty) {
  return sign_v4(request, credentials, scope, hash);
}

std::string presigned(StoreRequest request, const Credentials& credentials, const SigningScope& scope,
                      int64_t seconds, const std::string& hash) {
  presign_v4(request, credentials, scope, seconds, hash);
  return request.query.back().second;
}

}  // namespace

TEST_CASE("SigV4 agrees with AWS's signing suite") {
  StoreRequest vanilla = get("example.amazonaws.com");
  StoreRequest ordered = vanilla;
  ordered.query = {{"Param-3", "Value3"}, {"Param", "Value2"}, {"\xe1\x88\xb4", "Value1"}};
  StoreRequest trimmed = vanilla;
  trimmed.headers.emplace_back("my-header1", " value1");
  trimmed.headers.emplace_back("my-header2", " \"a   b   c\"");
  CHECK(signature_of(vanilla, kSuite, kSuiteScope) ==
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  CHECK(presigned(vanilla, kSuite, kSuiteScope, 3600, kEmpty) ==
        "e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d");
  CHECK(signature_of(ordered, kSuite, kSuiteScope) ==
        "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac");
  CHECK(signature_of(trimmed, kSuite, kSuiteScope) ==
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
}

TEST_CASE("SigV4 agrees with S3's documented examples") {
  const std::string host = "examplebucket.s3.amazonaws.com";
  StoreRequest range = get(host, "test.txt");
  range.headers.emplace_back("range", "bytes=0-9");
  CHECK(signature_of(range, kExamples, kExampleScope) ==
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");

  StoreRequest put = get(host, "test$file.text");
  put.method = "PUT";
  put.headers.emplace_back("date", "Fri, 24 May 2013 00:00:00 GMT");
  put.headers.emplace_back("x-amz-storage-class", "REDUCED_REDUNDANCY");
  CHECK(signature_of(put, kExamples, kExampleScope,
                     "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072") ==
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");

  StoreRequest lifecycle = get(host);
  lifecycle.query = {{"lifecycle", ""}};
  CHECK(signature_of(lifecycle, kExamples, kExampleScope) ==
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");

  StoreRequest list = get(host);
  list.query = {{"prefix", "J"}, {"max-keys", "2"}};
  CHECK(signature_of(list, kExamples, kExampleScope) ==
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");

  CHECK(presigned(get(host, "test.txt"), kExamples, kExampleScope, 86400, kUnsignedPayload) ==
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST_CASE("the chunks of an aws-chunked body are signed one after the other, then its trailers") {
  StoreRequest put = get("s3.amazonaws.com", "chunkObject.txt");
  put.method = "PUT";
  put.bucket = "examplebucket";
  put.path_style = true;
  put.headers.emplace_back("content-encoding", "aws-chunked");
  put.headers.emplace_back("content-length", "66824");
  put.headers.emplace_back("x-amz-decoded-content-length", "66560");
  put.headers.emplace_back("x-amz-storage-class", "REDUCED_REDUNDANCY");
  const std::string seed = sign_v4(put, kExamples, kExampleScope, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
  CHECK(seed == "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
  const std::string first = chunk_signature_v4(kExamples, kExampleScope, seed, std::string(65536, 'a'));
  CHECK(first == "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");
  const std::string second = chunk_signature_v4(kExamples, kExampleScope, first, std::string(1024, 'a'));
  CHECK(second == "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497");
  const std::string last = chunk_signature_v4(kExamples, kExampleScope, second, "");
  CHECK(last == "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9");
  CHECK(trailer_signature_v4(kExamples, kExampleScope, last, "first:1st\nsecond:2nd\nthird:3rd\n") ==
        "df5735bd9f3295cd9386572292562fefc93ba94e80a0a1ddcbd652c4e0a75e6c");
}

TEST_CASE("a session token is signed, in the header and in a presigned URL") {
  Credentials temporary = kExamples;
  temporary.token = "TOKEN";
  StoreRequest signed_request = get("h", "k");
  sign_v4(signed_request, temporary, kExampleScope, kEmpty);
  CHECK(header(signed_request.headers, "x-amz-security-token") == "TOKEN");
  CHECK(header(signed_request.headers, "authorization").find("x-amz-security-token") !=
        std::string_view::npos);
  StoreRequest url = get("h", "k");
  presign_v4(url, temporary, kExampleScope, 60);
  CHECK(wire_query(url.query).find("X-Amz-Security-Token=TOKEN&X-Amz-SignedHeaders=host&X-Amz-Signature=") !=
        std::string::npos);
}

TEST_CASE("keys are encoded once and never normalised") {
  struct Row {
    const char *key, *path;
  };
  for (const Row& row : std::initializer_list<Row>{{"a b+c", "/a%20b%2Bc"},
                                                   {"100%", "/100%25"},
                                                   {"what?", "/what%3F"},
                                                   {"a//b", "/a//b"},
                                                   {"../x/./y", "/../x/./y"},
                                                   {"\x01", "/%01"},
                                                   {"\xff", "/%FF"},
                                                   {"兔", "/%E5%85%94"},
                                                   {"a~b_c-d.e", "/a~b_c-d.e"},
                                                   {"k=v&w", "/k%3Dv%26w"}}) {
    CHECK(wire_path(get("h", row.key)) == row.path);
  }
  StoreRequest styled = get("h", "k");
  styled.bucket = "b";
  styled.path_style = true;
  CHECK(wire_path(styled) == "/b/k");
  styled.key = "";
  CHECK(wire_path(styled) == "/b");
}

TEST_CASE("Google's store is signed for in Google's words, and no x-amz- header is sent") {
  StoreRequest request;
  request.method = "PUT";
  request.bucket = "photos";
  request.key = "a b+c/1.txt";
  request.path_style = true;
  request.headers = {{"host", "storage.googleapis.com"},
                     {"content-type", "text/plain"},
                     {"x-goog-meta-who", "a  b"},
                     {"x-goog-if-generation-match", "0"}};
  const SigningScope scope{"auto", "storage", 1795262400000};
  sign_v4(request, {"GOOG1E", "secret", "", 0, "test"}, scope, kUnsignedPayload);
  // By an implementation of its own in tests/real/gcs_server.py.
  CHECK(header(request.headers, "authorization") ==
        "GOOG4-HMAC-SHA256 Credential=GOOG1E/20261121/auto/storage/goog4_request, "
        "SignedHeaders=content-type;host;x-goog-content-sha256;x-goog-date;x-goog-if-generation-match;"
        "x-goog-meta-who, Signature=4a1d6a0574b06c5a040f9e1baec4fec9ada07dd533d0b8ec6595f15ac336904c");
  for (const auto& [name, value] : request.headers) CHECK_FALSE(name.starts_with("x-amz-"));
}
