#include "cmd/shell/completer.h"

#include <doctest/doctest.h>

#include "core/sys/fs.h"
#include "fakes/source_folder.h"
#include "fakes/test_app.h"

using namespace mlctl;

namespace {

// Offers one name for each kind of value, so that a test sees which kind was asked for.
Completion echo(const ValueRequest& request) {
  Completion found;
  if (request.kind == Value::shell) found.candidates = {{"a shell", ""}};
  if (request.kind == Value::topic) found.candidates = {{"a topic", ""}};
  if (request.kind == Value::dataset) found.candidates = {{"data/a", ""}, {"data/b", ""}};
  return found;
}

std::vector<std::string> offered(const std::vector<std::string>& words) {
  std::vector<std::string> values;
  for (const Candidate& candidate : complete(words, echo).candidates) values.push_back(candidate.value);
  return values;
}

bool offers(const std::vector<std::string>& words, const std::string& value) {
  const auto values = offered(words);
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

TEST_CASE("Tab offers verbs by prefix, with their summaries") {
  const Completion found = complete({"vers"}, echo);
  REQUIRE(found.candidates.size() == 1);
  CHECK(found.candidates[0].value == "version");
  CHECK(found.candidates[0].description == "Print the version");
}

TEST_CASE("Tab hides hidden verbs") {
  CHECK_FALSE(offers({""}, "__complete"));
  CHECK_FALSE(offers({"__"}, "__complete"));
}

TEST_CASE("Tab offers flags where a flag begins") {
  CHECK(offers({"version", "--"}, "--output"));
  CHECK(offers({"--"}, "--profile"));
}

TEST_CASE("Tab does not offer a flag twice") {
  CHECK_FALSE(offers({"version", "-o", "json", "--"}, "--output"));
}

TEST_CASE("Tab offers the choices of a flag, after a blank and after =") {
  CHECK(offered({"version", "-o", "j"}) == std::vector<std::string>{"json", "jsonpath="});
  CHECK(offered({"version", "--output=js"}) ==
        std::vector<std::string>{"--output=json", "--output=jsonpath="});
}

TEST_CASE("no blank follows a value that goes on") {
  CHECK(complete({"version", "-o", "jsonp"}, echo).no_space);
  CHECK_FALSE(complete({"version", "-o", "y"}, echo).no_space);
}

TEST_CASE("Tab finds the verb behind global flags") {
  CHECK(offered({"-o", "json", "--quiet", "completion", ""}) == std::vector<std::string>{"a shell"});
}

TEST_CASE("Tab asks for the value that stands at this place") {
  CHECK(offered({"completion", ""}) == std::vector<std::string>{"a shell"});
  CHECK(offered({"help", ""}) == std::vector<std::string>{"a topic"});
}

TEST_CASE("when no argument is left Tab offers flags") {
  CHECK(offers({"completion", "bash", ""}, "--output"));
}

TEST_CASE("after -- everything is an argument") {
  CHECK(offered({"completion", "--", "a"}) == std::vector<std::string>{"a shell"});
  CHECK(offered({"completion", "--", "--out"}).empty());
}

TEST_CASE("an unknown verb offers nothing") {
  CHECK(offered({"nonsense", ""}).empty());
}

TEST_CASE("words are freed of the shell's quotes") {
  CHECK(unquote("my\\ data") == "my data");
  CHECK(unquote("\"my data\"") == "my data");
  CHECK(unquote("'my da") == "my da");
  CHECK(unquote("\"a\\\"b") == "a\"b");
  CHECK(unquote("'a\\b'") == "a\\b");
}

TEST_CASE("a help flag to be completed is not a call for help") {
  CHECK(test::run({"__complete", "--", "version", "--help"}).out == "--help\tthis help\n:\n");
}

TEST_CASE("the scripts in completions/ are those that mlctl prints") {
  for (const auto& [shell, file] :
       {std::pair{"bash", "mlctl.bash"}, {"zsh", "_mlctl"}, {"fish", "mlctl.fish"}}) {
    const auto stored = sys::read_file(test::source_folder() / "completions" / file);
    REQUIRE(stored);
    CHECK(test::run({"completion", shell}).out == *stored);
  }
}
