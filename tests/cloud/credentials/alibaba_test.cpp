#include "cloud/credentials/alibaba_sts.h"
#include "desk.h"

using namespace mlctl;
using namespace mlctl::test;
using mlctl::keys::rpc_signature;

namespace {

const char* const kSts = "POST https://sts.aliyuncs.com";
const std::string kLatest = "http://100.100.100.200/latest/";
const std::string kRoles = kLatest + "meta-data/ram/security-credentials/";

std::string keys_of(const std::string& id) {
  return R"({"Code": "Success", "AccessKeyId": ")" + id + R"(", "AccessKeySecret": "HIDDEN-of-)" + id +
         R"(", "SecurityToken": "HIDDEN-token", "Expiration": "2026-01-31T13:00:00Z"})";
}
Answer sts_keys() {
  return {200, R"({"RequestId": "1", "Credentials": )" + keys_of("ROLE") + "}"};
}
const std::map<std::string, Answer> kEcs = {{"PUT " + kLatest + "api/token", {200, "session"}},
                                            {"GET " + kRoles, {200, "web"}},
                                            {"GET " + kRoles + "web", {200, keys_of("ECS")}},
                                            {"GET " + kRoles + "other", {200, keys_of("OTHER")}}};
const Texts kCluster = {{"ALIBABA_CLOUD_ROLE_ARN", "acs:role"},
                        {"ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:oidc"},
                        {"ALIBABA_CLOUD_OIDC_TOKEN_FILE", "HOME/token"}};

std::string cli(const std::string& profiles, const char* current = "default") {
  return std::string(R"({"current": ")") + current + R"(", "profiles": [)" + profiles +
         "], \"meta_path\": \"\"}";
}
const std::string kAk =
    R"({"name": "default", "mode": "AK", "access_key_id": "CLI", "access_key_secret": "HIDDEN-of-CLI", "region_id": "cn-beijing"})";

std::map<std::string, Answer> with(std::map<std::string, Answer> answers, const std::string& call,
                                   Answer answer) {
  answers[call] = std::move(answer);
  return answers;
}

}  // namespace

TEST_CASE("keys for oss:// are found as ossutil, aliyun and the SDKs find them") {
  check_found(
      "oss",
      {
          {{"ossutil's variables",
            {{"OSS_ACCESS_KEY_ID", "OSS"},
             {"OSS_ACCESS_KEY_SECRET", "HIDDEN-of-OSS"},
             {"ALIBABA_CLOUD_ACCESS_KEY_ID", "ENV"},
             {"ALIBABA_CLOUD_ACCESS_KEY_SECRET", "HIDDEN-of-ENV"}}},
           "OSS",
           "environment (OSS_ACCESS_KEY_ID)"},
          {{"the SDKs' variables",
            {{"ALIBABA_CLOUD_ACCESS_KEY_ID", "ENV"}, {"ALIBABA_CLOUD_ACCESS_KEY_SECRET", "HIDDEN-of-ENV"}},
            {{".aliyun/config.json", cli(kAk)}}},
           "ENV",
           "environment (ALIBABA_CLOUD_ACCESS_KEY_ID)"},
          {{"RRSA before files",
            kCluster,
            {{"token", "HIDDEN"}, {".aliyun/config.json", cli(kAk)}},
            {{kSts, sts_keys()}}},
           "ROLE",
           "RRSA, role acs:role"},
          {{"the current profile",
            {},
            {{".aliyun/config.json", cli(kAk + R"(, {"name": "b", "mode": "AK", "access_key_id": "B",
          "access_key_secret": "HIDDEN-of-B"})",
                                         "b")}}},
           "B",
           "profile b of HOME/.aliyun/config.json"},
          {{"ALIBABA_CLOUD_PROFILE",
            {{"ALIBABA_CLOUD_PROFILE", "default"}},
            {{".aliyun/config.json", cli(kAk, "b")}}},
           "CLI",
           "profile default"},
          {{"a token",
            {},
            {{".aliyun/config.json", cli(R"({"name": "default", "mode": "StsToken", "access_key_id": "T",
          "access_key_secret": "HIDDEN-of-T", "sts_token": "HIDDEN"})")}}},
           "T",
           "profile default"},
          {{"a role",
            {},
            {{".aliyun/config.json", cli(R"({"name": "default", "mode": "RamRoleArn", "access_key_id": "A",
          "access_key_secret": "HIDDEN", "ram_role_arn": "acs:r", "ram_session_name": "s", "expired_seconds": 900})")}},
            {{kSts, sts_keys()}}},
           "ROLE",
           "role acs:r, profile default"},
          {{"a role by another profile, in a region of its own",
            {},
            {{".aliyun/config.json",
              cli(kAk + R"(, {"name": "r", "mode": "ChainableRamRoleArn", "source_profile":
          "default", "ram_role_arn": "acs:r", "sts_region": "cn-hangzhou", "enable_vpc": true})",
                  "r")}},
            {{"POST https://sts-vpc.cn-hangzhou.aliyuncs.com", sts_keys()}}},
           "ROLE",
           "role acs:r, profile r"},
          {{"a role by the cluster's token",
            {},
            {{"token", "HIDDEN"},
             {".aliyun/config.json", cli(R"({"name": "default", "mode": "OIDC", "oidc_provider_arn": "o",
           "oidc_token_file": "HOME/token", "ram_role_arn": "acs:r"})")}},
            {{kSts, sts_keys()}}},
           "ROLE",
           "role acs:r"},
          {{"an instance's named role",
            {},
            {{".aliyun/config.json",
              cli(R"({"name": "default", "mode": "EcsRamRole", "ram_role_name": "other"})")}},
            kEcs},
           "OTHER",
           "ECS instance role other"},
          {{"a program",
            {},
            {{"out",
              R"({"mode": "StsToken", "access_key_id": "P", "access_key_secret": "HIDDEN-of-P", "sts_token": "t"})"},
             {".aliyun/config.json",
              cli(R"({"name": "default", "mode": "External", "process_command": "/bin/cat HOME/out"})")}}},
           "P",
           "the program of profile default"},
          {{"~/.alibabacloud/credentials",
            {},
            {{".alibabacloud/credentials",
              "[default]\ntype = access_key\naccess_key_id = SDK\naccess_key_secret = HIDDEN-of-SDK\n"}}},
           "SDK",
           "profile default of HOME/.alibabacloud/credentials"},
          {{"ossutil, version 1",
            {},
            {{".ossutilconfig",
              "[Credentials]\nlanguage=CH\nendpoint=oss-cn-beijing.aliyuncs.com\naccessKeyID=O1\n"
              "accessKeySecret=HIDDEN-of-O1\n[Bucket-Endpoint]\nb=oss-cn-hangzhou.aliyuncs.com\n"}}},
           "O1",
           "HOME/.ossutilconfig"},
          {{"ossutil, version 1, by the instance's role",
            {},
            {{".ossutilconfig",
              "[Credentials]\nlanguage=EN\n[AkService]\necsAk=http://100.100.100.200/latest/meta-data/Ram/"
              "security-credentials/other\n"}},
            kEcs},
           "OTHER",
           "ECS instance role other"},
          {{"ossutil, version 2, in any spelling",
            {},
            {{".ossutilconfig",
              "[default]\naccess-key-id=D\naccess-key-secret=x\n[profile p]\naccess_key_id = O2\n"
              "accessKeySecret = HIDDEN-of-O2\n"}},
            {},
            "p"},
           "O2",
           "profile p of HOME/.ossutilconfig"},
          {{"a URL",
            {{"ALIBABA_CLOUD_CREDENTIALS_URI", "http://127.0.0.1:1/keys"}},
            {},
            {{"GET http://127.0.0.1:1/keys", {200, keys_of("URI")}}}},
           "URI",
           "ALIBABA_CLOUD_CREDENTIALS_URI"},
          {{"an instance", {}, {}, kEcs}, "ECS", "ECS instance role web"},
          {{"an instance without tokens", {}, {}, with(kEcs, "PUT " + kLatest + "api/token", {404, ""})},
           "ECS",
           "ECS instance role web"},
          {{"an instance's role by variable", {{"ALIBABA_CLOUD_ECS_METADATA", "other"}}, {}, kEcs},
           "OTHER",
           "role other"},
      });
}

TEST_CASE("keys for oss:// that are set up but broken end the search, and no secret is told") {
  check_refused(
      "oss",
      {
          {{"nothing"},
           Exit::auth,
           "there are no keys for oss://: looked at the variables OSS_ACCESS_KEY_ID"},
          {{"half of ossutil's variables", {{"OSS_ACCESS_KEY_ID", "X"}}, {}, kEcs},
           Exit::auth,
           "OSS_ACCESS_KEY_ID is set, but OSS_ACCESS_KEY_SECRET is not"},
          {{"half of the SDKs' variables", {{"ALIBABA_CLOUD_ACCESS_KEY_SECRET", "HIDDEN"}}, {}, kEcs},
           Exit::auth,
           "ALIBABA_CLOUD_ACCESS_KEY_ID is not"},
          {{"part of RRSA never ends with the node's role",
            {{"ALIBABA_CLOUD_ROLE_ARN", "acs:role"}},
            {},
            kEcs},
           Exit::auth,
           "ALIBABA_CLOUD_OIDC_PROVIDER_ARN is not set"},
          {{"RRSA refused, with the token quoted",
            kCluster,
            {{"token", "HIDDEN-jwt"}},
            {{kSts,
              {400, R"({"Code": "AuthenticationFail.OIDCToken.Expired", "Message": "HIDDEN-jwt is old"})"}}}},
           Exit::auth,
           "AuthenticationFail.OIDCToken.Expired: *** is old"},
          {{"RRSA without its file", kCluster}, Exit::auth, "ALIBABA_CLOUD_OIDC_TOKEN_FILE: "},
          {{"a broken file", {}, {{".aliyun/config.json", "{\n\"current\": \"HIDDEN\" \"HIDDEN\""}}},
           Exit::auth,
           "HOME/.aliyun/config.json: not valid JSON at line 2"},
          {{"a file of another shape", {}, {{".aliyun/config.json", "[\"HIDDEN\"]"}}},
           Exit::auth,
           "not a JSON object"},
          {{"a current profile that is gone", {}, {{".aliyun/config.json", cli(kAk, "gone")}}},
           Exit::auth,
           "the current profile \"gone\" is not in HOME/.aliyun/config.json"},
          {{"a profile that is not there", {}, {{".aliyun/config.json", cli(kAk)}}, kEcs, "gone"},
           Exit::auth,
           "there is no Alibaba Cloud profile \"gone\" in HOME/.aliyun/config.json"},
          {{"half a profile",
            {},
            {{".aliyun/config.json",
              cli(R"({"name": "default", "mode": "AK", "access_key_secret": "HIDDEN"})")}}},
           Exit::auth,
           "has only one of the access key's id and secret"},
          {{"an unknown mode",
            {},
            {{".aliyun/config.json", cli(R"({"name": "default", "mode": "CloudSSO"})")}}},
           Exit::auth,
           "mlctl cannot use the mode CloudSSO"},
          {{"a role without its name",
            {},
            {{".aliyun/config.json",
              cli(R"({"name": "default", "mode": "RamRoleArn", "access_key_id": "A", "access_key_secret": "HIDDEN"})")}}},
           Exit::auth,
           "has no ram_role_arn"},
          {{"a circle",
            {},
            {{".aliyun/config.json",
              cli(R"({"name": "default", "mode": "ChainableRamRoleArn", "source_profile": "b",
          "ram_role_arn": "r"}, {"name": "b", "mode": "ChainableRamRoleArn", "source_profile": "default",
          "ram_role_arn": "r"})")}}},
           Exit::auth,
           "is its own source_profile"},
          {{"an instance's role elsewhere",
            {},
            {{".aliyun/config.json", cli(R"({"name": "default", "mode": "EcsRamRole"})")}}},
           Exit::auth,
           "takes the role of an ECS instance, which this machine is not"},
          {{"an instance, not wanted", {{"ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true"}}, {}, kEcs},
           Exit::auth,
           "there are no keys for oss://"},
          {{"an instance without tokens, refused",
            {{"ALIBABA_CLOUD_IMDSV1_DISABLED", "true"}},
            {},
            with(kEcs, "PUT " + kLatest + "api/token", {404, ""})},
           Exit::auth,
           "gave no token: status 404"},
          {{"ossutil's file with a broken line", {}, {{".ossutilconfig", "[default]\nHIDDEN\n"}}},
           Exit::auth,
           "HOME/.ossutilconfig:2: "},
      });
}

// The example of help.aliyun.com, "RPC mechanism": a DescribeRegions by testid with testsecret.
TEST_CASE("an RPC call is signed as the documentation's example") {
  CHECK(rpc_signature("GET",
                      {{"Timestamp", "2016-02-23T12:46:24Z"},
                       {"Format", "XML"},
                       {"AccessKeyId", "testid"},
                       {"Action", "DescribeRegions"},
                       {"SignatureMethod", "HMAC-SHA1"},
                       {"SignatureNonce", "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf"},
                       {"Version", "2014-05-26"},
                       {"SignatureVersion", "1.0"}},
                      "testsecret") == "OLeaidS1JvxuMvnyHOwuJ+uX5qY=");
}

TEST_CASE("an ECS instance is asked with a token, each call for a second") {
  Desk desk;
  desk.answer(kEcs);
  REQUIRE(desk.find("oss"));
  REQUIRE(desk.http->calls.size() == 3);
  CHECK(header(desk.http->calls[0].headers, "x-aliyun-ecs-metadata-token-ttl-seconds") == "21600");
  CHECK(header(desk.http->calls[2].headers, "x-aliyun-ecs-metadata-token") == "session");
  for (const Http::Call& call : desk.http->calls) CHECK(call.timeout <= 1);
}

TEST_CASE("the region and endpoint of Alibaba Cloud's files are exposed") {
  struct Row {
    Texts files;
    const char *region, *endpoint;
  };
  const Row rows[] = {
      {{{".aliyun/config.json", cli(kAk)}}, "cn-beijing", ""},
      {{{".ossutilconfig", "[default]\nregion=cn-hangzhou\nendpoint=oss.example\n"}},
       "cn-hangzhou",
       "oss.example"},
      {{{".ossutilconfig", "[Credentials]\nendpoint=oss.example\n"}, {".aliyun/config.json", cli(kAk)}},
       "cn-beijing",
       "oss.example"},
      {{}, "", ""},
  };
  for (const Row& row : rows) {
    Desk desk;
    desk.write(row.files);
    const auto settings = profile_settings(*find_service("oss"), "", desk.env);
    REQUIRE(settings);
    CHECK(settings->region == row.region);
    CHECK(settings->endpoint == row.endpoint);
  }
}
