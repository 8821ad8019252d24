#include "cloud/credentials/aws_sts.h"

#include <fmt/format.h>
#include <pugixml.hpp>

#include "cloud/credentials/answers.h"
#include "cloud/sign/sigv4.h"
#include "core/base/hash.h"

namespace mlctl::keys {

namespace {

QueryItems form_of(const Asking& asking, const char* action, const Role& role) {
  QueryItems form = {
      {"Action", action},
      {"Version", "2011-06-15"},
      {"RoleArn", role.arn},
      {"RoleSessionName",
       role.session.empty() ? fmt::format("mlctl-{}", asking.clock.unix_millis() / 1000) : role.session}};
  if (!role.external_id.empty()) form.emplace_back("ExternalId", role.external_id);
  if (!role.duration.empty()) form.emplace_back("DurationSeconds", role.duration);
  return form;
}

// <AssumeRole…Response><AssumeRole…Result><Credentials>
Result<Credentials> keys_in_xml(const std::string& body, const std::string& who, const std::string& source) {
  pugi::xml_document document;
  document.load_buffer(body.data(), body.size());
  const pugi::xml_node keys = document.document_element().first_child().child("Credentials")
                                  ? document.document_element().first_child().child("Credentials")
                                  : document.document_element().last_child().child("Credentials");
  Credentials found{keys.child("AccessKeyId").text().get(), keys.child("SecretAccessKey").text().get(),
                    keys.child("SessionToken").text().get(),
                    parse_time(keys.child("Expiration").text().get()), source};
  if (found.id.empty() || found.secret.empty() || found.expires_millis == 0)
    return fail(Exit::auth, fmt::format("{} answered with something else than keys", who));
  return found;
}

Result<Credentials> ask_sts(const Asking& asking, const Sts& sts, const Role& role, const QueryItems& form,
                            const Credentials* signer, const std::string& source) {
  const std::string who = fmt::format("STS, asked for the role {} by {},", role.arn, source);
  const Url url = TRY(parse_url(sts.endpoint));
  Http::Call call{
      "POST", sts.endpoint, {{"content-type", "application/x-www-form-urlencoded"}}, wire_query(form)};
  std::vector<std::string> secrets = {call.body};
  for (const auto& [name, value] : form)
    if (name == "WebIdentityToken") secrets.push_back(value);
  if (signer != nullptr) {
    StoreRequest request;
    request.method = "POST";
    const bool usual = url.port == (url.scheme == "https" ? "443" : "80");
    request.headers = call.headers;
    request.headers.emplace_back("host", usual ? url.host : url.host + ":" + url.port);
    sign_v4(request, *signer, {sts.region, "sts", asking.clock.unix_millis()}, sha256_hex(call.body));
    call.headers = request.headers;
    secrets.insert(secrets.end(), {signer->secret, signer->token});
  }
  const HttpResponse response = TRY(ask_service(asking, call, who, secrets));
  return keys_in_xml(response.body, who, source);
}

}  // namespace

Result<Credentials> assume_role(const Asking& asking, const Sts& sts, const Role& role,
                                const Credentials& from, const std::string& source) {
  return ask_sts(asking, sts, role, form_of(asking, "AssumeRole", role), &from, source);
}

Result<Credentials> assume_role_with_token(const Asking& asking, const Sts& sts, const Role& role,
                                           const std::string& token, const std::string& source) {
  QueryItems form = form_of(asking, "AssumeRoleWithWebIdentity", role);
  form.emplace_back("WebIdentityToken", token);
  return ask_sts(asking, sts, role, form, nullptr, source);
}

}  // namespace mlctl::keys
