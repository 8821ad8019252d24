// What token services and metadata servers answer.

#include "cloud/credentials/answers.h"
#include "cloud/credentials/aws_sts.h"
#include "cloud/credentials/google_token.h"
#include "fakes/fake_clock.h"
#include "fuzz/fuzz.h"

using namespace mlctl;
using namespace mlctl::keys;

namespace {

class SameAnswer : public Http {
 public:
  HttpResponse answer;
  Result<HttpResponse> send(const Call&) override { return answer; }
};

}  // namespace

FUZZ(input) {
  static SameAnswer http;
  static test::FakeClock clock;
  static const sys::Env env;
  static const Asking asking{"", env, clock, http};
  http.answer.status = fuzz::choose(input, 2) == 0 ? 200 : 403;
  http.answer.body = input;
  const std::string secret = "0123456789abcdef";
  const auto asked = ask_service(asking, {.url = "http://127.0.0.1/"}, "the service", {secret});
  if (!asked)
    fuzz::claim(asked.error().message.find(secret) == std::string::npos, "an error quotes no secret");
  (void)assume_role(asking, {"http://127.0.0.1", "eu"}, {"arn:aws:iam::1:role/x"}, {"id", secret, "", 0, ""},
                    "a role");
  const auto json = json_of(http.answer, "the service");
  if (!json) return;
  (void)keys_in_json(*json, kAwsNames, "a source", "the service");
  (void)keys_in_json(*json, kAlibabaNames, "a source", "the service");
  (void)token_in_json(asking, *json, "a source", "the service");
}
