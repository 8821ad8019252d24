#include "cloud/credentials/google_token.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <fmt/format.h>

#include "cloud/sign/request.h"
#include "core/base/base64.h"
#include "core/text/json.h"

namespace mlctl::keys {

namespace {

constexpr const char* kScope = "https://www.googleapis.com/auth/cloud-platform";
constexpr const char* kTokens = "https://oauth2.googleapis.com/token";

struct KeyFile {
  const std::filesystem::path& path;
  Json json;
};

Result<std::string> needed(const KeyFile& file, const char* key) {
  std::string text = text_at(file.json, key);
  if (text.empty()) return fail(Exit::auth, fmt::format("{} has no \"{}\"", file.path.string(), key));
  return text;
}

std::string url_base64(std::string_view bytes) {
  std::string text = base64_encode(bytes);
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

Result<Credentials> token_for(const Asking& asking, const std::string& url, const QueryItems& form,
                              const std::vector<std::string>& secrets, const std::string& source,
                              const char* remedy) {
  const std::string who = fmt::format("Google, asked for a token by {},", source);
  const Http::Call call{
      "POST", url, {{"content-type", "application/x-www-form-urlencoded"}}, wire_query(form)};
  Result<HttpResponse> response = ask_service(asking, call, who, secrets);
  if (!response) {
    if (response.error().code == Exit::auth) response.error().hint = remedy;
    return fail(response.error());
  }
  const Json json = TRY(json_of(*response, who));
  return token_in_json(asking, json, source, who);
}

Result<Credentials> service_account(const Asking& asking, const KeyFile& file) {
  const std::string email = TRY(needed(file, "client_email"));
  const std::string key = TRY(needed(file, "private_key"));
  const std::string named = text_at(file.json, "token_uri");
  const std::string url = named.empty() ? kTokens : named;
  const int64_t now = asking.clock.unix_millis() / 1000;
  const Json head = {{"alg", "RS256"}, {"typ", "JWT"}, {"kid", text_at(file.json, "private_key_id")}};
  const Json claims = {{"iss", email}, {"scope", kScope}, {"aud", url}, {"iat", now}, {"exp", now + 3600}};
  const std::string token = TRY(signed_token(dump_json(head), dump_json(claims), key, file.path.string()));
  return token_for(asking, url,
                   {{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"}, {"assertion", token}},
                   {token}, fmt::format("service account {} of {}", email, file.path.string()),
                   "make a new key of the service account; a clock that is wrong is refused, too");
}

Result<Credentials> authorized_user(const Asking& asking, const KeyFile& file) {
  const std::string id = TRY(needed(file, "client_id"));
  const std::string secret = TRY(needed(file, "client_secret"));
  const std::string refresh = TRY(needed(file, "refresh_token"));
  return token_for(asking, kTokens,
                   {{"grant_type", "refresh_token"},
                    {"client_id", id},
                    {"client_secret", secret},
                    {"refresh_token", refresh}},
                   {secret, refresh}, fmt::format("the user of {}", file.path.string()),
                   "gcloud auth application-default login");
}

Result<Credentials> keys_of_type(const Asking& asking, const KeyFile& file);

// Exchanges the token of `source_credentials` for one of the service account.
Result<Credentials> impersonated(const Asking& asking, const KeyFile& file) {
  const std::string url = TRY(needed(file, "service_account_impersonation_url"));
  const auto from = file.json.find("source_credentials");
  const Credentials own =
      TRY(keys_of_type(asking, {file.path, from == file.json.end() ? Json::object() : *from}));
  const std::string source = fmt::format("impersonation by {}", file.path.string());
  const Json body = {{"scope", {kScope}}, {"lifetime", "3600s"}};
  const HttpResponse response =
      TRY(ask_service(asking,
                      {"POST",
                       url,
                       {{"content-type", "application/json"}, {"authorization", "Bearer " + own.token}},
                       dump_json(body)},
                      "Google, asked for " + source + ",", {own.token}));
  const Json json = TRY(json_of(response, "Google"));
  const Credentials token{"", "", text_at(json, "accessToken"), parse_time(text_at(json, "expireTime")),
                          source};
  if (token.token.empty() || token.expires_millis == 0)
    return fail(Exit::auth, fmt::format("Google answered without a token for {}", source));
  return token;
}

Result<Credentials> keys_of_type(const Asking& asking, const KeyFile& file) {
  const std::string type = TRY(needed(file, "type"));
  if (type == "service_account") return service_account(asking, file);
  if (type == "authorized_user") return authorized_user(asking, file);
  if (type == "impersonated_service_account") return impersonated(asking, file);
  return fail(Exit::auth,
              fmt::format("{} is of the type {}, which mlctl cannot use", file.path.string(), type),
              "use a service account's key, gcloud auth application-default login, or HMAC keys");
}

}  // namespace

Result<Credentials> token_in_json(const Asking& asking, const Json& json, const std::string& source,
                                  const std::string& who) {
  const int64_t seconds = time_at(json, "expires_in");
  const std::string token = text_at(json, "access_token");
  if (token.empty() || seconds == 0) return fail(Exit::auth, fmt::format("{} answered without a token", who));
  return Credentials{"", "", token, asking.clock.unix_millis() + seconds * 1000, source};
}

Result<Credentials> google_file_keys(const Asking& asking, const std::filesystem::path& path,
                                     const std::string& text) {
  return keys_of_type(asking, {path, TRY(parse_json(text, path.string(), Exit::auth))});
}

Result<std::string> signed_token(const std::string& header, const std::string& claims,
                                 const std::string& private_key, const std::string& place) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bytes(
      BIO_new_mem_buf(private_key.data(), static_cast<int>(private_key.size())), BIO_free);
  // An encrypted key must not ask for its password on the terminal.
  const auto no_password = [](char*, int, int, void*) { return -1; };
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(bytes.get(), nullptr, no_password, nullptr), EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const std::string text = url_base64(header) + "." + url_base64(claims);
  const auto* const data = reinterpret_cast<const unsigned char*>(text.data());
  std::string signature(1024, '\0');
  size_t size = signature.size();
  if (!key || EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA ||
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, data,
                     text.size()) != 1)
    return fail(Exit::auth, fmt::format("the \"private_key\" of {} is not an RSA key", place));
  return text + "." + url_base64(std::string_view(signature).substr(0, size));
}

}  // namespace mlctl::keys
