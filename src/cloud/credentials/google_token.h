#pragma once
// Google's OAuth access tokens: for a service account's key, or for what `gcloud auth application-default
// login` left.

#include "cloud/credentials/answers.h"

namespace mlctl::keys {

// {"access_token", "expires_in"} → a bearer token.
Result<Credentials> token_in_json(const Asking& asking, const Json& json, const std::string& source,
                                  const std::string& who);

// A token for the key file whose content is `text`, read from `path`: service_account, authorized_user or
// impersonated_service_account. No such file, or an unknown type → 4.
Result<Credentials> google_file_keys(const Asking& asking, const std::filesystem::path& path,
                                     const std::string& text);

// RFC 7515 compact form, RS256; a key that is no PEM → 4. `header` and `claims` are JSON.
Result<std::string> signed_token(const std::string& header, const std::string& claims,
                                 const std::string& private_key, const std::string& place);

}  // namespace mlctl::keys
