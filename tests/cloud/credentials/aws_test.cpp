#include <doctest/doctest.h>

#include "cloud/credentials/aws.h"
#include "desk.h"

using namespace mlctl;
using namespace mlctl::test;

namespace {

const char* const kSts = "POST https://sts.amazonaws.com";

Answer sts_keys(const char* action, const std::string& id = "ROLE") {
  return {200,
          std::string("<?xml version=\"1.0\"?><") + action +
              "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" + action +
              "Result><Credentials><AccessKeyId>" + id + "</AccessKeyId><SecretAccessKey>HIDDEN-of-" + id +
              "</SecretAccessKey><SessionToken>HIDDEN-token</SessionToken><Expiration>2026-01-31T13:00:00Z"
              "</Expiration></Credentials></" +
              action + "Result><ResponseMetadata/></" + action + "Response>"};
}

std::string machine_keys(const std::string& id) {
  return R"({"Code": "Success", "AccessKeyId": ")" + id + R"(", "SecretAccessKey": "HIDDEN-of-)" + id +
         R"(", "Token": "HIDDEN-token", "Expiration": "2026-01-31T18:00:00Z"})";
}

const std::string kInstance = "http://169.254.169.254/latest/";
const std::string kRoles = kInstance + "meta-data/iam/security-credentials/";
const std::map<std::string, Answer> kEc2 = {{"PUT " + kInstance + "api/token", {200, "session"}},
                                            {"GET " + kRoles, {200, "web\n"}},
                                            {"GET " + kRoles + "web", {200, machine_keys("EC2")}}};

std::map<std::string, Answer> with(std::map<std::string, Answer> answers,
                                   const std::map<std::string, Answer>& more) {
  for (const auto& [call, answer] : more) answers[call] = answer;
  return answers;
}

const Texts kVariables = {{"AWS_ACCESS_KEY_ID", "ENV"}, {"AWS_SECRET_ACCESS_KEY", "HIDDEN-of-ENV"}};
const Texts kWebIdentity = {{"AWS_WEB_IDENTITY_TOKEN_FILE", "HOME/token"}, {"AWS_ROLE_ARN", "arn:role"}};
const char* const kStatic = "[default]\naws_access_key_id = FILE\naws_secret_access_key = HIDDEN-of-FILE\n";
const char* const kBase = "[base]\naws_access_key_id=BASE\naws_secret_access_key=HIDDEN-of-BASE\n";
const char* const kRole = "[profile p]\nrole_arn = arn:p\nsource_profile = base\n";

Texts both(Texts a, const Texts& b) {
  a.insert(b.begin(), b.end());
  return a;
}

const Found kFound[] = {
    {{"variables", kVariables}, "ENV", "environment (AWS_ACCESS_KEY_ID)"},
    {{"variables before everything",
      both(kVariables, kWebIdentity),
      {{".aws/credentials", kStatic}, {"token", "HIDDEN"}}},
     "ENV",
     "environment"},
    {{"web identity before a profile",
      kWebIdentity,
      {{"token", "HIDDEN-jwt\n"}, {".aws/credentials", kStatic}},
      {{kSts, sts_keys("AssumeRoleWithWebIdentity")}}},
     "ROLE",
     "web identity, role arn:role"},
    {{"the default profile", {}, {{".aws/credentials", kStatic}}},
     "FILE",
     "profile default of HOME/.aws/credentials"},
    {{"keys in config", {}, {{".aws/config", kStatic}}}, "FILE", "profile default of HOME/.aws/config"},
    {{"credentials before config",
      {},
      {{".aws/credentials", kStatic},
       {".aws/config", "[default]\naws_access_key_id = OTHER\naws_secret_access_key = x\n"}}},
     "FILE",
     "credentials"},
    {{"a named profile", {}, {{".aws/credentials", kBase}}, {}, "base"}, "BASE", "profile base"},
    {{"AWS_PROFILE", {{"AWS_PROFILE", "base"}}, {{".aws/credentials", kBase}}}, "BASE", "profile base"},
    {{"other files",
      {{"AWS_SHARED_CREDENTIALS_FILE", "~/keys"}, {"AWS_CONFIG_FILE", "HOME/config"}},
      {{"keys", kStatic}}},
     "FILE",
     "HOME/keys"},
    {{"a name with blanks and quotes",
      {{"AWS_PROFILE", "my team"}},
      {{".aws/config",
        "[profile \"my team\"] # ours\naws_access_key_id=T\naws_secret_access_key=HIDDEN-of-T ; old\n"}}},
     "T",
     "profile my team"},
    {{"a role",
      {},
      {{".aws/credentials", kBase}, {".aws/config", kRole}},
      {{kSts, sts_keys("AssumeRole")}},
      "p"},
     "ROLE",
     "role arn:p, profile p"},
    {{"a role by its own keys",
      {},
      {{".aws/config",
        "[profile p]\n"
        "role_arn=arn:p\n"
        "source_profile=p\n"
        "aws_access_key_id=P\n"
        "aws_secret_access_key=HIDDEN\n"}},
      {{kSts, sts_keys("AssumeRole")}},
      "p"},
     "ROLE",
     "role arn:p"},
    {{"a role by a role",
      {},
      {{".aws/credentials", kBase},
       {".aws/config", std::string(kRole) + "[profile q]\nrole_arn = arn:q\nsource_profile = p\n"}},
      {{kSts, sts_keys("AssumeRole")}},
      "q"},
     "ROLE",
     "role arn:q, profile q"},
    {{"a role by the instance's",
      {},
      {{".aws/config", "[default]\nrole_arn = arn:p\ncredential_source = Ec2InstanceMetadata\n"}},
      with(kEc2, {{kSts, sts_keys("AssumeRole")}})},
     "ROLE",
     "role arn:p"},
    {{"a role by a token",
      {},
      {{".aws/config", "[default]\nrole_arn = arn:p\nweb_identity_token_file = HOME/token\n"},
       {"token", "HIDDEN"}},
      {{kSts, sts_keys("AssumeRoleWithWebIdentity")}}},
     "ROLE",
     "role arn:p"},
    {{"a region's STS",
      {},
      {{".aws/credentials", kBase}, {".aws/config", std::string(kRole) + "region = eu-west-1\n"}},
      {{"POST https://sts.eu-west-1.amazonaws.com", sts_keys("AssumeRole")}},
      "p"},
     "ROLE",
     "role arn:p"},
    {{"an STS of one's own",
      {},
      {{".aws/credentials", kBase},
       {".aws/config",
        std::string(kRole) + "services = s\n[services s]\nsts =\n  endpoint_url = http://sts.lab\n"}},
      {{"POST http://sts.lab", sts_keys("AssumeRole")}},
      "p"},
     "ROLE",
     "role arn:p"},
    {{"a program",
      {},
      {{".aws/config", "[default]\ncredential_process = /bin/cat \"HOME/key's\"\n"},
       {"key's", R"({"Version": 1, "AccessKeyId": "PROC", "SecretAccessKey": "HIDDEN-of-PROC"})"}}},
     "PROC",
     "credential_process of profile default"},
    {{"ECS",
      {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x"}},
      {},
      {{"GET http://169.254.170.2/v2/x", {200, machine_keys("ECS")}}}},
     "ECS",
     "container (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI)"},
    {{"EKS Pod Identity",
      {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials"},
       {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "HOME/token"}},
      {{"token", "HIDDEN-pod"}},
      {{"GET http://169.254.170.23/v1/credentials", {200, machine_keys("POD")}}}},
     "POD",
     "AWS_CONTAINER_CREDENTIALS_FULL_URI"},
    {{"EC2", {}, {}, kEc2}, "EC2", "EC2 instance role web"},
    {{"a profile without keys leaves it to EC2", {}, {{".aws/config", "[default]\nregion = x\n"}}, kEc2},
     "EC2",
     "EC2 instance role web"},
    {{"EC2 of version 1", {}, {}, with(kEc2, {{"PUT " + kInstance + "api/token", {404, ""}}})},
     "EC2",
     "EC2 instance role web"},
    {{"EC2 elsewhere",
      {{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1338/"}},
      {},
      {{"PUT http://127.0.0.1:1338/latest/api/token", {200, "s"}},
       {"GET http://127.0.0.1:1338/latest/meta-data/iam/security-credentials/", {200, "r"}},
       {"GET http://127.0.0.1:1338/latest/meta-data/iam/security-credentials/r",
        {200, machine_keys("NEAR")}}}},
     "NEAR",
     "role r"},
};

const Refused kRefused[] = {
    {{"nothing"}, Exit::auth, "there are no keys for s3://: looked at the variables AWS_ACCESS_KEY_ID"},
    {{"nothing: the remedy"}, Exit::auth, "aws configure"},
    {{"half of the variables", {{"AWS_ACCESS_KEY_ID", "X"}}, {{".aws/credentials", kStatic}}},
     Exit::auth,
     "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not"},
    {{"the other half", {{"AWS_SECRET_ACCESS_KEY", "HIDDEN"}}},
     Exit::auth,
     "AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not"},
    {{"half of web identity never ends with the node's role",
      {{"AWS_WEB_IDENTITY_TOKEN_FILE", "HOME/t"}},
      {},
      kEc2},
     Exit::auth,
     "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not"},
    {{"a token's file that is not there", kWebIdentity}, Exit::auth, "AWS_WEB_IDENTITY_TOKEN_FILE: "},
    {{"an empty token", kWebIdentity, {{"token", "\n"}}}, Exit::auth, "does not hold one token"},
    {{"a refused token, quoted",
      kWebIdentity,
      {{"token", "HIDDEN-jwt"}},
      {{kSts,
        {400,
         "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidIdentityToken</Code><Message>not good: "
         "HIDDEN-jwt</Message></Error></ErrorResponse>"}}}},
     Exit::auth,
     "InvalidIdentityToken: not good: ***"},
    {{"STS that fails", kWebIdentity, {{"token", "HIDDEN"}}, {{kSts, {503, "HIDDEN oops"}}}},
     Exit::network,
     "status 503"},
    {{"STS that cannot be reached", kWebIdentity, {{"token", "HIDDEN"}}},
     Exit::network,
     "cannot reach https://sts.amazonaws.com"},
    {{"STS that answers nonsense", kWebIdentity, {{"token", "HIDDEN"}}, {{kSts, {200, "{HIDDEN"}}}},
     Exit::auth,
     "something else than keys"},
    {{"a profile that is not there", {{"AWS_PROFILE", "bse"}}, {{".aws/credentials", kBase}}, kEc2},
     Exit::auth,
     "there is no AWS profile \"bse\" in HOME/.aws/config or HOME/.aws/credentials | did you mean base?"},
    {{"half a profile", {}, {{".aws/credentials", "[default]\naws_secret_access_key = HIDDEN\n"}}},
     Exit::auth,
     "has only one of aws_access_key_id and aws_secret_access_key"},
    {{"a broken line", {}, {{".aws/credentials", "[default]\naws_access_key_id = X\nHIDDEN\n"}}},
     Exit::auth,
     "HOME/.aws/credentials:3: neither \"key = value\" nor a [section]"},
    {{"a broken section", {}, {{".aws/config", "\n[default\nHIDDEN = x\n"}}},
     Exit::auth,
     "HOME/.aws/config:2: "},
    {{"a line before any section", {}, {{".aws/config", "key = HIDDEN\n"}}},
     Exit::auth,
     "HOME/.aws/config:1: "},
    {{"a role without a source", {}, {{".aws/config", "[default]\nrole_arn = a\n"}}},
     Exit::auth,
     "neither source_profile nor credential_source"},
    {{"a role with two",
      {},
      {{".aws/config", "[default]\nrole_arn = a\nsource_profile = b\ncredential_source = Environment\n"}}},
     Exit::auth,
     "both source_profile and credential_source"},
    {{"a circle",
      {},
      {{".aws/config",
        "[profile p]\nrole_arn=a\nsource_profile=q\n[profile q]\nrole_arn=b\nsource_profile=p\n"}},
      {},
      "p"},
     Exit::auth,
     "the AWS profile p is its own source_profile"},
    {{"a source that is not there", {}, {{".aws/config", kRole}}, {}, "p"},
     Exit::auth,
     "no AWS profile \"base\""},
    {{"an unknown source", {}, {{".aws/config", "[default]\nrole_arn = a\ncredential_source = Moon\n"}}},
     Exit::auth,
     "credential_source = Moon is unknown"},
    {{"a second factor",
      {},
      {{".aws/credentials", kBase}, {".aws/config", std::string(kRole) + "mfa_serial = arn:m\n"}},
      {},
      "p"},
     Exit::auth,
     "asks for a second factor"},
    {{"a role that is refused",
      {},
      {{".aws/credentials", kBase}, {".aws/config", kRole}},
      {{kSts,
        {403,
         "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no\nHIDDEN</Message></Error>"
         "</ErrorResponse>"}}},
      "p"},
     Exit::auth,
     "asked for the role arn:p by role arn:p, profile p of HOME/.aws/config, gave no keys: AccessDenied: no"},
    {{"a program that fails", {}, {{".aws/config", "[default]\ncredential_process = /bin/false HIDDEN\n"}}},
     Exit::auth,
     "/bin/false failed"},
    {{"a program that is not there",
      {},
      {{".aws/config", "[default]\ncredential_process = no-such-program HIDDEN\n"}}},
     Exit::auth,
     "no-such-program cannot be started"},
    {{"a program that prints no keys",
      {},
      {{".aws/config", "[default]\ncredential_process = /bin/echo HIDDEN\n"}}},
     Exit::auth,
     "/bin/echo did not print JSON"},
    {{"a program of another version",
      {},
      {{".aws/config", "[default]\ncredential_process = /bin/echo '{\"Version\": 2}'\n"}}},
     Exit::auth,
     "another Version than 1"},
    {{"a program with an open quote",
      {},
      {{".aws/config", "[default]\ncredential_process = echo \"HIDDEN\n"}}},
     Exit::auth,
     "open quote"},
    {{"a container's address that leaves the machine",
      {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.200/"}},
      {},
      kEc2},
     Exit::auth,
     "neither https nor an address of this machine"},
    {{"a container that refuses",
      {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x"}, {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "HIDDEN"}},
      {},
      with(kEc2,
           {{"GET http://169.254.170.2/x", {403, R"({"code": "AccessDenied", "message": "HIDDEN"})"}}})},
     Exit::auth,
     "AccessDenied: ***"},
    {{"an authorization of two lines",
      {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x"},
       {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "HIDDEN\r\nHost: x"}}},
     Exit::auth,
     "more than one line"},
    {{"EC2, not wanted", {{"AWS_EC2_METADATA_DISABLED", "true"}}, {}, kEc2},
     Exit::auth,
     "there are no keys for s3://"},
    {{"EC2 without a role", {}, {}, with(kEc2, {{"GET " + kRoles, {404, ""}}})},
     Exit::auth,
     "there are no keys"},
    {{"EC2 of version 1, refused",
      {{"AWS_EC2_METADATA_V1_DISABLED", "true"}},
      {},
      with(kEc2, {{"PUT " + kInstance + "api/token", {404, ""}}})},
     Exit::auth,
     "gave no session: status 404"},
    {{"another cloud's metadata server", {}, {}, {{"PUT " + kInstance + "api/token", {400, ""}}}},
     Exit::auth,
     "there are no keys"},
    {{"an EC2 role without keys",
      {},
      {},
      with(kEc2, {{"GET " + kRoles + "web", {200, R"({"Code": "AssumeRoleUnauthorizedAccess"})"}}})},
     Exit::auth,
     "AssumeRoleUnauthorizedAccess"},
};

}  // namespace

TEST_CASE("keys for s3:// are found as aws finds them") {
  check_found("s3", {std::begin(kFound), std::end(kFound)});
}

TEST_CASE("keys for s3:// that are set up but broken end the search, and no secret is told") {
  check_refused("s3", {std::begin(kRefused), std::end(kRefused)});
}

// The signature is botocore's (1.43.11) for the same request and time.
TEST_CASE("a role is asked for with all that its profile says, signed") {
  Desk desk;
  desk.write({{".aws/credentials", kBase},
              {".aws/config", std::string(kRole) + "external_id = 4 2\n"
                                                   "role_session_name = me\n"
                                                   "duration_seconds = 900\n"
                                                   "region = eu-west-1\n"}});
  desk.answer({{"POST https://sts.eu-west-1.amazonaws.com", sts_keys("AssumeRole")}});
  const Result<Credentials> keys = desk.find("s3", "p");
  REQUIRE(keys);
  CHECK(keys->token == "HIDDEN-token");
  CHECK(keys->expires_millis == desk.clock.unix_millis() + 3'600'000);
  const Http::Call& call = desk.http->calls.at(0);
  CHECK(call.body ==
        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Ap&RoleSessionName=me&ExternalId=4%202&"
        "DurationSeconds=900");
  CHECK(header(call.headers, "authorization") ==
        "AWS4-HMAC-SHA256 Credential=BASE/20260131/eu-west-1/sts/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=b7ef76b274b4406dd2293bcc38898bb7d05f0ddc4dfc9694ec21e38c95da10ac");
}

TEST_CASE("a session of EC2's metadata server is used for what follows") {
  Desk desk;
  desk.answer(kEc2);
  REQUIRE(desk.find("s3"));
  REQUIRE(desk.http->calls.size() == 3);
  CHECK(header(desk.http->calls[0].headers, "x-aws-ec2-metadata-token-ttl-seconds") == "21600");
  CHECK(header(desk.http->calls[2].headers, "x-aws-ec2-metadata-token") == "session");
  for (const Http::Call& call : desk.http->calls) CHECK(call.timeout <= 2);
}

TEST_CASE("a metadata server gets a second chance, not a third") {
  Desk desk;
  CHECK_FALSE(desk.find("s3"));
  CHECK(desk.http->calls.size() == 2);
  desk.answer(kEc2);
  desk.http->answers["GET " + kRoles + "web"] = {{503, ""}, {200, machine_keys("EC2")}};
  CHECK(desk.find("s3"));
}

TEST_CASE("the container's token goes along") {
  Desk desk;
  desk.set({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://[fd00:ec2::23]/v1"},
            {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "ignored"},
            {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "HOME/token"}});
  desk.write({{"token", "HIDDEN-pod\n"}});
  desk.answer({{"GET http://[fd00:ec2::23]/v1", {200, machine_keys("POD")}}});
  REQUIRE(desk.find("s3"));
  CHECK(header(desk.http->calls[0].headers, "authorization") == "HIDDEN-pod");
}

TEST_CASE("a profile's region and endpoint are exposed") {
  struct Row {
    const char *config, *region, *endpoint;
    Texts variables{};
  };
  const Row rows[] = {
      {"[default]\nregion = eu-west-1\n", "eu-west-1", ""},
      {"[default]\nendpoint_url = http://all\n", "", "http://all"},
      {"[default]\nendpoint_url = http://all\ns3 =\n  endpoint_url = http://s3\n", "", "http://s3"},
      {"[default]\n"
       "services = lab\n"
       "[services lab]\n"
       "sts =\n"
       "  endpoint_url = http://sts\n"
       "s3 = \n"
       "  endpoint_url = http://lab\n",
       "", "http://lab"},
      {"[default]\nendpoint_url = http://all\n", "", "", {{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.config);
    Desk desk;
    desk.set(row.variables);
    desk.write({{".aws/config", row.config}});
    const auto settings = profile_settings(*find_service("s3"), "", desk.env);
    REQUIRE(settings);
    CHECK(settings->region == row.region);
    CHECK(settings->endpoint == row.endpoint);
  }
}
