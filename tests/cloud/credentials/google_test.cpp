#include <openssl/evp.h>
#include <openssl/pem.h>

#include "cloud/credentials/google_token.h"
#include "desk.h"

using namespace mlctl;
using namespace mlctl::test;

namespace {

const std::string kTokens = "POST https://oauth2.googleapis.com/token";
const Answer kToken = {200, R"({"access_token": "TOKEN", "expires_in": 3599, "token_type": "Bearer"})"};
const std::string kAccount = "http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/";
const std::map<std::string, Answer> kMachine = {
    {"GET " + kAccount + "email", {200, "me@project\n", {{"metadata-flavor", "Google"}}}},
    {"GET " + kAccount + "token", kToken}};
const char* const kGcloud = ".config/gcloud/application_default_credentials.json";
const char* const kUser = R"({"type": "authorized_user", "client_id": "id", "client_secret": "HIDDEN-client",
  "refresh_token": "HIDDEN-refresh"})";
const Texts kNamed = {{"GOOGLE_APPLICATION_CREDENTIALS", "HOME/key.json"}};

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Key make_key() {
  return {EVP_RSA_gen(2048), EVP_PKEY_free};
}

std::string pem_of(const Key& key) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<size_t>(size)};
}

std::string account_file(const std::string& pem) {
  const keys::Json file = {{"type", "service_account"},
                           {"client_email", "robot@project"},
                           {"private_key_id", "k1"},
                           {"private_key", pem},
                           {"token_uri", "https://tokens.example/token"}};
  return file.dump(2);
}

std::string from_url_base64(std::string text) {
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  const size_t missing = (4 - text.size() % 4) % 4;
  text.append(missing, '=');
  std::string bytes(text.size(), '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  bytes.resize(static_cast<size_t>(size) - missing);
  return bytes;
}

bool verifies(const Key& key, const std::string& text, const std::string& signature) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                          signature.size(), reinterpret_cast<const unsigned char*>(text.data()),
                          text.size()) == 1;
}

}  // namespace

TEST_CASE("keys for gs:// are found as gcloud and gsutil find them") {
  check_found(
      "gs",
      {
          {{"HMAC keys",
            {{"GS_ACCESS_KEY_ID", "GOOG"},
             {"GS_SECRET_ACCESS_KEY", "HIDDEN-of-GOOG"},
             {"GOOGLE_APPLICATION_CREDENTIALS", "HOME/nothing"}}},
           "GOOG",
           "environment (GS_ACCESS_KEY_ID)"},
          {{"a file that is named",
            kNamed,
            {{"key.json", kUser}, {".boto", "[Credentials]\nx = y\n"}},
            {{kTokens, kToken}}},
           "TOKEN",
           "the user of HOME/key.json"},
          {{"HMAC keys of gsutil",
            {},
            {{".boto", "[Credentials]\ngs_access_key_id = BOTO\ngs_secret_access_key = HIDDEN-of-BOTO\n"},
             {kGcloud, kUser}}},
           "BOTO",
           "HOME/.boto"},
          {{"gcloud's login", {}, {{kGcloud, kUser}}, {{kTokens, kToken}}},
           "TOKEN",
           "application_default_credentials.json"},
          {{"gcloud's login elsewhere",
            {{"CLOUDSDK_CONFIG", "HOME/sdk"}},
            {{"sdk/application_default_credentials.json", kUser}},
            {{kTokens, kToken}}},
           "TOKEN",
           "HOME/sdk/application_default_credentials.json"},
          {{"a service account impersonated",
            {},
            {{kGcloud,
              std::string(R"({"type": "impersonated_service_account", "service_account_impersonation_url":
           "https://iam.example/robot:generateAccessToken", "source_credentials": )") +
                  kUser + "}"}},
            {{kTokens, {200, R"({"access_token": "HIDDEN-own", "expires_in": 3599})"}},
             {"POST https://iam.example/robot:generateAccessToken",
              {200, R"({"accessToken": "ROBOT", "expireTime": "2026-01-31T13:00:00Z"})"}}}},
           "ROBOT",
           "impersonation by HOME/.config/gcloud"},
          {{"interoperability by AWS's variables",
            {{"AWS_ACCESS_KEY_ID", "AWS"}, {"AWS_SECRET_ACCESS_KEY", "HIDDEN-of-AWS"}},
            {},
            kMachine},
           "AWS",
           "environment (AWS_ACCESS_KEY_ID, taken for an HMAC key of Google's)"},
          {{"a machine", {}, {}, kMachine}, "TOKEN", "service account me@project of this machine"},
      });
}

TEST_CASE("keys for gs:// that are set up but broken end the search, and no secret is told") {
  check_refused(
      "gs",
      {
          {{"nothing"}, Exit::auth, "there are no keys for gs://: looked at the variables GS_ACCESS_KEY_ID"},
          {{"half of the HMAC keys", {{"GS_ACCESS_KEY_ID", "x"}}}, Exit::auth, "GS_SECRET_ACCESS_KEY is not"},
          {{"half of gsutil's", {}, {{".boto", "[Credentials]\ngs_secret_access_key = HIDDEN\n"}}},
           Exit::auth,
           "HOME/.boto has only one of"},
          {{"a named file that is not there", kNamed, {{kGcloud, kUser}}, kMachine},
           Exit::auth,
           "GOOGLE_APPLICATION_CREDENTIALS: "},
          {{"a broken file", kNamed, {{"key.json", "{\"private_key\": \"HIDDEN"}}},
           Exit::auth,
           "HOME/key.json: not valid JSON at line 1"},
          {{"another kind of file", kNamed, {{"key.json", R"({"type": "external_account"})"}}},
           Exit::auth,
           "HOME/key.json is of the type external_account, which mlctl cannot use"},
          {{"a file of no kind", kNamed, {{"key.json", R"({"installed": {}})"}}},
           Exit::auth,
           "has no \"type\""},
          {{"a service account without its key",
            kNamed,
            {{"key.json", R"({"type": "service_account", "client_email": "x"})"}}},
           Exit::auth,
           "has no \"private_key\""},
          {{"a service account's broken key", kNamed, {{"key.json", account_file("-----BEGIN HIDDEN")}}},
           Exit::auth,
           "the \"private_key\" of HOME/key.json is not an RSA key"},
          {{"a login that has ended",
            {},
            {{kGcloud, kUser}},
            {{kTokens, {400, R"({"error": "invalid_grant", "error_description": "gone: HIDDEN-refresh"})"}}}},
           Exit::auth,
           "invalid_grant: gone: *** | gcloud auth application-default login"},
          {{"an answer without a token",
            {},
            {{kGcloud, kUser}},
            {{kTokens, {200, R"({"id_token": "HIDDEN"})"}}}},
           Exit::auth,
           "answered without a token"},
          {{"a token service that cannot be reached", {}, {{kGcloud, kUser}}},
           Exit::network,
           "cannot reach https://oauth2"},
          {{"a machine of another cloud", {}, {}, {{"GET " + kAccount + "email", {404, ""}}}},
           Exit::auth,
           "there are no keys"},
          {{"a machine without a service account",
            {},
            {},
            {{"GET " + kAccount + "email", {404, "", {{"metadata-flavor", "Google"}}}}}},
           Exit::auth,
           "there are no keys"},
      });
}

TEST_CASE("a service account signs for its token with its key") {
  const Key key = make_key();
  Desk desk;
  desk.set(kNamed);
  desk.write({{"key.json", account_file(pem_of(key))}});
  desk.answer({{"POST https://tokens.example/token", kToken}});
  const Result<Credentials> found = desk.find("gs");
  REQUIRE(found);
  CHECK(found->is_bearer());
  CHECK(found->token == "TOKEN");
  CHECK(found->source == "service account robot@project of " + (desk.home / "key.json").string());
  CHECK(found->expires_millis == desk.clock.unix_millis() + 3599'000);

  const std::string body = desk.http->calls.at(0).body;
  const std::string start = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
  REQUIRE(body.starts_with(start));
  const std::string token = body.substr(start.size());
  const size_t first = token.find('.'), last = token.rfind('.');
  CHECK(from_url_base64(token.substr(0, first)) == R"({"alg":"RS256","typ":"JWT","kid":"k1"})");
  CHECK(from_url_base64(token.substr(first + 1, last - first - 1)) ==
        R"({"iss":"robot@project","scope":"https://www.googleapis.com/auth/cloud-platform",)"
        R"("aud":"https://tokens.example/token","iat":1769860800,"exp":1769864400})");
  CHECK(verifies(key, token.substr(0, last), from_url_base64(token.substr(last + 1))));
}

TEST_CASE("Google's metadata server is asked as itself, each call for a second") {
  Desk desk;
  desk.answer(kMachine);
  REQUIRE(desk.find("gs"));
  for (const Http::Call& call : desk.http->calls) {
    CHECK(header(call.headers, "metadata-flavor") == "Google");
    CHECK(call.timeout <= 1);
  }
}
