#pragma once
// A home folder, variables, a clock and token services that answer what a test wrote down.

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "cloud/credentials/chain.h"
#include "core/sys/fs.h"
#include "fakes/fake_clock.h"
#include "fakes/temp_folder.h"

namespace mlctl::test {

struct Answer {
  int status = 200;
  std::string body{};
  HttpHeaders headers{};
};

// "METHOD URL" → answers: the first ones once each, the last for ever. Everything else cannot be reached.
class FakeHttp : public Http {
 public:
  std::map<std::string, std::vector<Answer>> answers;
  std::vector<Call> calls;

  Result<HttpResponse> send(const Call& call) override {
    calls.push_back(call);
    const auto found = answers.find(call.method + " " + call.url);
    if (found == answers.end()) return fail(Exit::network, "cannot reach " + call.url);
    const Answer answer = found->second.front();
    if (found->second.size() > 1) found->second.erase(found->second.begin());
    return HttpResponse{answer.status, "", answer.body, answer.headers};
  }
};

using Texts = std::map<std::string, std::string>;

struct Desk {
  TempFolder home;
  sys::Env env{{{"HOME", home.path().string()}}};
  FakeClock clock;
  std::shared_ptr<FakeHttp> http = std::make_shared<FakeHttp>();

  void set(const Texts& variables) {
    for (const auto& [name, value] : variables) env.variables[name] = in_home(value);
  }
  void write(const Texts& files) {
    for (const auto& [name, text] : files) REQUIRE(sys::write_file(home / name, in_home(text)));
  }
  void answer(const std::map<std::string, Answer>& answers) {
    for (const auto& [call, answer] : answers) http->answers[call] = {answer};
  }
  std::shared_ptr<CredentialsCache> cache(const char* scheme, const std::string& profile = "") {
    return credentials_for(*find_service(scheme), profile, env, clock, http);
  }
  Result<Credentials> find(const char* scheme, const std::string& profile = "") {
    return cache(scheme, profile)->get();
  }
  // "HOME/" in a variable or a file is this home.
  std::string in_home(std::string text) const {
    for (size_t at = text.find("HOME/"); at != std::string::npos; at = text.find("HOME/", at + 1))
      text.replace(at, 4, home.path().string());
    return text;
  }
};

// One way to have keys, or to fail to. Secrets in all of them contain "HIDDEN", which no error may.
struct Case {
  const char* name;
  Texts variables{}, files{};
  std::map<std::string, Answer> answers{};
  const char* profile = "";
};
struct Found {
  Case setup;
  const char *id, *source;
};
struct Refused {
  Case setup;
  Exit code;
  const char* message;
};

inline Result<Credentials> outcome(Desk& desk, const char* scheme, const Case& setup) {
  desk.set(setup.variables);
  desk.write(setup.files);
  desk.answer(setup.answers);
  return desk.find(scheme, setup.profile);
}

inline void check_found(const char* scheme, const std::vector<Found>& cases) {
  for (const Found& each : cases) {
    CAPTURE(std::string(each.setup.name));
    Desk desk;
    const Result<Credentials> keys = outcome(desk, scheme, each.setup);
    INFO((keys ? "" : keys.error().message));
    REQUIRE(keys);
    CHECK((keys->is_bearer() ? keys->token : keys->id) == each.id);
    CHECK(keys->secret == (keys->is_bearer() ? "" : "HIDDEN-of-" + keys->id));
    CHECK_MESSAGE(keys->source.find(desk.in_home(each.source)) != std::string::npos, keys->source);
    CHECK(keys->source.find("HIDDEN") == std::string::npos);
  }
}

inline void check_refused(const char* scheme, const std::vector<Refused>& cases) {
  for (const Refused& each : cases) {
    CAPTURE(std::string(each.setup.name));
    Desk desk;
    const Result<Credentials> keys = outcome(desk, scheme, each.setup);
    REQUIRE_FALSE(keys);
    const Error& error = keys.error();
    const std::string text = error.where + ": " + error.message + " | " + error.hint + " | " + error.detail;
    CHECK(error.code == each.code);
    CHECK_MESSAGE(text.find(desk.in_home(each.message)) != std::string::npos, text);
    CHECK_MESSAGE(text.find("HIDDEN") == std::string::npos, text);
  }
}

}  // namespace mlctl::test
