// IAM Identity Center. The clock stands at 2026-01-31T12:00:00Z.

#include "desk.h"

using namespace mlctl;
using namespace mlctl::test;

namespace {

// SHA-1 of "corp", and of "https://corp.example/start": the names aws gives its files.
const char* const kCache = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
const char* const kOldCache = ".aws/sso/cache/f7c9b39d0b4c7a7d82c79307585f77e1c5e74378.json";

const char* const kConfig =
    "[default]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = dev\n"
    "[sso-session corp]\nsso_start_url = https://corp.example/start\nsso_region = eu-west-1\n";
const char* const kOldConfig =
    "[default]\nsso_start_url = https://corp.example/start\nsso_region = eu-west-1\nsso_account_id = 1\n"
    "sso_role_name = dev\n";
const char* const kValid = R"({"accessToken": "HIDDEN-access", "expiresAt": "2026-01-31T13:00:00Z"})";
const char* const kStale = R"({"accessToken": "HIDDEN-old", "expiresAt": "2026-01-31T11:00:00Z",
  "refreshToken": "HIDDEN-refresh", "clientId": "client", "clientSecret": "HIDDEN-client",
  "registrationExpiresAt": "2026-03-01T00:00:00Z", "region": "eu-west-1"})";
const char* const kStaleForGood = R"({"accessToken": "HIDDEN-old", "expiresAt": "2026-01-31T11:00:00Z"})";

const std::string kPortal =
    "GET https://portal.sso.eu-west-1.amazonaws.com/federation/credentials?role_name=dev&account_id=1";
const std::string kTokens = "POST https://oidc.eu-west-1.amazonaws.com/token";
const Answer kKeys = {200, R"({"roleCredentials": {"accessKeyId": "SSO", "secretAccessKey": "HIDDEN-of-SSO",
  "sessionToken": "HIDDEN-t", "expiration": 1769864400000}})"};
const Answer kFresh = {
    200, R"({"accessToken": "HIDDEN-access", "expiresIn": 28800, "refreshToken": "HIDDEN-next"})"};

}  // namespace

TEST_CASE("an SSO session that aws began is used") {
  check_found("s3", {
                        {{"a session", {}, {{".aws/config", kConfig}, {kCache, kValid}}, {{kPortal, kKeys}}},
                         "SSO",
                         "SSO role dev, profile default of HOME/.aws/config"},
                        {{"a profile of the old kind",
                          {},
                          {{".aws/config", kOldConfig}, {kOldCache, kValid}},
                          {{kPortal, kKeys}}},
                         "SSO",
                         "SSO role dev"},
                        {{"one that has expired but can be renewed",
                          {},
                          {{".aws/config", kConfig}, {kCache, kStale}},
                          {{kPortal, kKeys}, {kTokens, kFresh}}},
                         "SSO",
                         "SSO role dev"},
                    });
}

TEST_CASE("an SSO session that cannot be used names the command that begins one") {
  check_refused(
      "s3", {
                {{"never begun", {}, {{".aws/config", kConfig}}},
                 Exit::auth,
                 "has not begun | aws sso login --profile default"},
                {{"expired", {}, {{".aws/config", kConfig}, {kCache, kStaleForGood}}},
                 Exit::auth,
                 "has expired | aws sso login"},
                {{"ended by the server",
                  {},
                  {{".aws/config", kConfig}, {kCache, kStale}},
                  {{kTokens, {400, R"({"error": "invalid_grant", "error_description": "HIDDEN-refresh"})"}}}},
                 Exit::auth,
                 "has ended | aws sso login"},
                {{"broken", {}, {{".aws/config", kConfig}, {kCache, "{\"accessToken\": \"HIDDEN"}}},
                 Exit::auth,
                 "is broken in HOME/.aws"},
                {{"a role that is not ours",
                  {},
                  {{".aws/config", kConfig}, {kCache, kValid}},
                  {{kPortal, {403, R"({"message": "No access", "__type": "ForbiddenException"})"}}}},
                 Exit::auth,
                 "asked for the role dev of account 1 by profile default of HOME/.aws/config, gave no keys: "
                 "ForbiddenException: No access"},
                {{"no session",
                  {},
                  {{".aws/config", "[default]\nsso_session = x\nsso_account_id = 1\nsso_role_name = r\n"}}},
                 Exit::auth,
                 "names the sso-session x, which is not there"},
                {{"no role", {}, {{".aws/config", "[default]\nsso_session = x\nsso_account_id = 1\n"}}},
                 Exit::auth,
                 "uses SSO, but has no sso_role_name"},
                {{"no account", {}, {{".aws/config", "[default]\nsso_session = x\n"}}},
                 Exit::auth,
                 "sso_account_id"},
            });
}

TEST_CASE("what renews an SSO session is kept for aws and the next time") {
  Desk desk;
  desk.write({{".aws/config", kConfig}, {kCache, kStale}});
  desk.answer({{kPortal, kKeys}, {kTokens, kFresh}});
  REQUIRE(desk.find("s3"));
  CHECK(desk.http->calls[0].body.find(R"("refreshToken":"HIDDEN-refresh")") != std::string::npos);
  CHECK(header(desk.http->calls[1].headers, "x-amz-sso_bearer_token") == "HIDDEN-access");
  const std::string kept = *sys::read_file(desk.home / kCache);
  CHECK(kept.find(R"("accessToken":"HIDDEN-access")") != std::string::npos);
  CHECK(kept.find(R"("expiresAt":"2026-01-31T20:00:00Z")") != std::string::npos);
  CHECK(kept.find(R"("refreshToken":"HIDDEN-next")") != std::string::npos);
  CHECK(kept.find(R"("region":"eu-west-1")") != std::string::npos);
  CHECK(std::filesystem::status(desk.home / kCache).permissions() ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  desk.http->calls.clear();
  REQUIRE(desk.find("s3"));
  CHECK(desk.http->calls.size() == 1);
}
