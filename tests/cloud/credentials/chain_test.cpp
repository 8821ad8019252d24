// What the sources of keys share: files, times, programs, HTTP, and what doctor says.

#include "cloud/credentials/answers.h"
#include "cloud/credentials/ini.h"
#include "cloud/credentials/process.h"
#include "cloud/http/client.h"
#include "cloud/store/xml.h"
#include "core/http/http_server.h"
#include "desk.h"

using namespace mlctl;
using namespace mlctl::test;

TEST_CASE("an INI file of aws or ossutil is read as they read it") {
  TempFolder folder;
  REQUIRE(
      sys::write_file(folder / "f",
                      "# comment\r\n[a]\r\nKey = value # not it\r\nsecret=x#y;z==\n  nested = 1\n\n"
                      "[  profile \t\"b c\" ]\n  indented = all\n  same = depth\nempty =\n[services]\ns3 =\n"
                      "    endpoint_url = http://h\n    region = r\nlast = 2"));
  const auto file = keys::read_ini(folder / "f");
  REQUIRE(file);
  using Section = keys::IniSection;
  CHECK(*file->section("a") == Section{{"key", "value"}, {"secret", "x#y;z=="}, {"secret.nested", "1"}});
  CHECK(*file->section("profile b c") == Section{{"indented", "all"}, {"same", "depth"}, {"empty", ""}});
  CHECK(*file->section("services") ==
        Section{{"s3", ""}, {"s3.endpoint_url", "http://h"}, {"s3.region", "r"}, {"last", "2"}});
  CHECK(file->section("b") == nullptr);
  CHECK(keys::read_ini(folder / "absent")->sections.empty());
}

TEST_CASE("times of answers are read with their zone") {
  const std::pair<const char*, int64_t> rows[] = {{"2026-01-31T12:00:00Z", 1769860800000},
                                                  {"2026-01-31T12:00:00.123456789Z", 1769860800000},
                                                  {"2026-01-31T12:00:00UTC", 1769860800000},
                                                  {"2026-01-31T20:00:00+08:00", 1769860800000},
                                                  {"2026-01-31T04:30:00-07:30", 1769860800000},
                                                  {"soon", 0},
                                                  {"", 0}};
  for (const auto& [text, millis] : rows) {
    CAPTURE(std::string(text));
    CHECK(keys::parse_time(text) == millis);
  }
}

TEST_CASE("a store's times keep milliseconds, whatever length their fraction has") {
  CHECK(parse_xml_time("2026-01-31T12:00:00Z") == 1769860800000);
  CHECK(parse_xml_time("2026-01-31T12:00:00.007Z") == 1769860800007);
  CHECK(parse_xml_time("2026-01-31T12:00:00.5Z") == 1769860800500);
  CHECK(parse_xml_time("2026-01-31T12:00:00.123456789Z") == 1769860800123);
  CHECK(parse_xml_time("yesterday") == 0);
}

TEST_CASE("a command is split as a shell splits it, expanding nothing") {
  using Words = std::vector<std::string>;
  const std::pair<const char*, Words> rows[] = {{"a b\tc", {"a", "b", "c"}},
                                                {"'/a b/c' \"d e\"", {"/a b/c", "d e"}},
                                                {"a\\ b \"c\\\"d\" 'e\\f'", {"a b", "c\"d", "e\\f"}},
                                                {"$HOME `x` *", {"$HOME", "`x`", "*"}},
                                                {"a '' b", {"a", "", "b"}}};
  for (const auto& [line, words] : rows) {
    CAPTURE(std::string(line));
    CHECK(*keys::split_words(line, "here") == words);
  }
  CHECK(keys::split_words("a 'b", "here").error().code == Exit::auth);
  CHECK(keys::split_words("  ", "here").error().code == Exit::auth);
}

TEST_CASE("keys are asked for over HTTP, and a stalled answer is not waited for") {
  const int fd = *serve::listen_on("127.0.0.1", 0);
  const std::string url = "http://" + serve::socket_address(fd);
  HttpRequest seen;
  const auto server =
      *serve::HttpServer::start(fd,
                                [&](HttpRequest&& request, const auto&) {
                                  seen = std::move(request);
                                  return HttpResponse{201, "text/plain", "yes", {{"x-a", "b"}}};
                                },
                                {.threads = 1});
  // A proxy that is not there: this machine's own addresses are reached without it.
  const auto client = http::make_client({}, {{{"http_proxy", "http://127.0.0.1:1"}}});
  const auto answer = client->send({"PUT", url + "/p?q=1", {{"x-token", "t"}}, "body"});
  REQUIRE(answer);
  CHECK(answer->status == 201);
  CHECK(answer->body == "yes");
  CHECK(header(answer->headers, "x-a") == "b");
  CHECK(seen.method == "PUT");
  CHECK(seen.path + "?" + seen.query == "/p?q=1");
  CHECK(seen.body == "body");
  CHECK("http://" + std::string(header(seen.headers, "host")) == url);

  const int silent = *serve::listen_on("127.0.0.1", 0);  // nobody accepts
  const auto slow = client->send({.url = "http://" + serve::socket_address(silent), .timeout = 0.05});
  REQUIRE_FALSE(slow);
  CHECK(slow.error().code == Exit::timeout);
  ::close(silent);
}

TEST_CASE("doctor's words name the source that wins, and ask only the metadata server that can be there") {
  struct Row {
    const char *scheme, *maker, *words;
    Texts variables{}, files{};
  };
  const Row rows[] = {
      {"s3", "", ""},
      {"s3", "Amazon EC2", "EC2 instance role web"},
      {"s3", "QEMU", ""},
      {"oss", "Amazon EC2", ""},
      {"gs", "Amazon EC2", ""},
      {"s3",
       "",
       "environment (AWS_ACCESS_KEY_ID)",
       {{"AWS_ACCESS_KEY_ID", "a"}, {"AWS_SECRET_ACCESS_KEY", "b"}}},
      {"oss",
       "",
       "HOME/.ossutilconfig",
       {},
       {{".ossutilconfig", "[default]\naccessKeyId=a\naccessKeySecret=b\n"}}},
  };
  for (const Row& row : rows) {
    CAPTURE(std::string(row.words));
    Desk desk;
    desk.set(row.variables);
    desk.write(row.files);
    const std::string root = "http://169.254.169.254/latest/";
    desk.answer({{"PUT " + root + "api/token", {200, "s"}},
                 {"GET " + root + "meta-data/iam/security-credentials/", {200, "web"}},
                 {"GET " + root + "meta-data/iam/security-credentials/web",
                  {200, R"({"AccessKeyId": "a", "SecretAccessKey": "b"})"}}});
    const auto words =
        keys_in_words(*find_service(row.scheme), "", desk.env, desk.clock, *desk.http, row.maker);
    REQUIRE(words);
    CHECK(*words == desk.in_home(row.words));
  }
}

TEST_CASE("doctor waits a second for the network, however often it is asked") {
  Desk desk;
  desk.write({{".aws/config", "[default]\nrole_arn = r\nweb_identity_token_file = HOME/t\n"}, {"t", "x"}});
  class Slow : public Http {
   public:
    explicit Slow(FakeClock& clock) : clock_(clock) {}
    Result<HttpResponse> send(const Call& call) override {
      clock_.advance(call.timeout);
      return fail(Exit::timeout, "slow");
    }

   private:
    FakeClock& clock_;
  } slow(desk.clock);
  const auto words = keys_in_words(*find_service("s3"), "", desk.env, desk.clock, slow, "");
  REQUIRE_FALSE(words);
  CHECK(words.error().code == Exit::timeout);
  CHECK(desk.clock.monotonic() < 1.5);
}
