#include "cmd/shell/io.h"

#include <cerrno>

#include <doctest/doctest.h>

#include "cmd/shell/output.h"
#include "cmd/shell/stream.h"
#include "fakes/test_app.h"

using namespace mlctl;

namespace {

// A stdout that takes so many bytes and then fails.
struct Full {
  size_t room = 0;
  int error = ENOSPC;
  std::string written{};
  Io::Sink sink() {
    return [this](std::string_view bytes) -> int64_t {
      const size_t taken = std::min(bytes.size(), room - written.size());
      written += bytes.substr(0, taken);
      if (taken > 0) return static_cast<int64_t>(taken);
      errno = error;
      return -1;
    };
  }
};

struct World {
  explicit World(Full& full) : io(Io::test(full.sink(), err)) {}
  std::string err;
  Io io;
  sys::Env env;
  sys::Clock clock;
  sys::StopFlag stop;
  Context context{io, env, clock, stop, {}};
};

}  // namespace

TEST_CASE("a result that cannot be written is 12, and says how much of it was") {
  Full full{.room = 10};
  World world(full);
  world.io.unit = "answer";
  world.io.out("one\n");
  world.io.out("two\n");
  CHECK(world.io.written());
  world.io.out("three\n");
  const Result<> written = world.io.written();
  REQUIRE(!written);
  CHECK(written.error().code == Exit::resource);
  CHECK(written.error().message ==
        "cannot write the result: No space left on device; 2 answers were written");
  world.io.out("four\n");  // nothing follows a hole
  CHECK(full.written == "one\ntwo\nth");
}

TEST_CASE("every command that cannot print ends with 12, and with one error") {
  const std::vector<std::vector<std::string>> commands = {
      {},
      {"help"},
      {"help", "exit-codes"},
      {"version"},
      {"version", "-o", "json"},
      {"version", "-o", "yaml"},
      {"version", "-o", "name"},
      {"version", "-o", "jsonpath={.version}"},
      {"completion", "bash"},
      {"explain", "train.spec.epochs"},
      {"train", "--help"},
      {"doctor", "-o", "json"},
  };
  for (const auto& arguments : commands) {
    for (const int error : {ENOSPC, EIO, EFBIG, EDQUOT, EBADF}) {
      CAPTURE(arguments.size() > 0 ? arguments[0] : "");
      Full full{.error = error};
      World world(full);
      CHECK(run_app(arguments, world.context) == 12);
      const size_t first = world.err.find("cannot write the result: ");
      CHECK(first != std::string::npos);
      CHECK(world.err.find("cannot write the result: ", first + 1) == std::string::npos);
    }
  }
}

TEST_CASE("a reader who has gone ends the work, and is no failure") {
  Full full{.room = 4, .error = EPIPE};
  World world(full);
  int made = 0;
  Result<> outcome;
  while (outcome && made < 100) {
    ++made;
    outcome = print_item(world.context, {{"n", made}}, "");
  }
  CHECK(made < 100);
  CHECK(outcome.error().code == Exit::ok);
  Full gone{.error = EPIPE};
  World quiet(gone);
  CHECK(run_app({"version"}, quiet.context) == 0);
  CHECK(quiet.err.empty());
}

TEST_CASE("whatever way a foreign name takes, it does not act on the terminal or forge a line") {
  const std::string name = "\x1b]0;pwn\x07\nerror: forged \u009b31m\u202e\xff";
  std::string out, err;
  Io io = Io::test(out, err);
  io.colour = true;
  io.out_line(name);
  io.out(name);
  io.note(name);
  io.detail(name);
  io.warn(name);
  io.err(name);
  io.err_json(Json({{"name", name}}).dump(-1, ' ', false, Json::error_handler_t::replace));
  io.out("\n" + io.styled(name, "31") + "\n");
  io.out(render({{"NAME"}, {{name}, {"b"}}}, false));
  const std::string all = out + err;
  CHECK(all.find("\x1b]") == std::string::npos);
  CHECK(all.find("\x07") == std::string::npos);
  CHECK(all.find("\u009b") == std::string::npos);
  CHECK(all.find("\u202e") == std::string::npos);
  CHECK(all.find("\xff") == std::string::npos);
  CHECK(out.find("\x1b[31m\\x1b]0;pwn\\x07\\nerror: forged") != std::string::npos);  // our own style stays
  CHECK(err.find("\x1b[33mwarning:\x1b[0m \\x1b]0;pwn\\x07\\nerror: forged") != std::string::npos);
}

TEST_CASE("documents are escaped by their formats' rules") {
  const Json document = {{"name", "\x1b[31m\u009b\x7f\u202e"}};
  CHECK(json_text(document) == "{\"name\":\"\\u001b[31m\\u009b\\u007f\\u202e\"}");
  CHECK(to_yaml(document) == "name: \"\\u001b[31m\\u009b\\u007f\\u202e\"\n");
  CHECK(jsonpath(document, "{.name}").value() == "\\x1b[31m\\u009b\\x7f\\u202e");
  CHECK(json_text(Json("caf\xe9")) == "\"caf\uFFFD\"");
}

TEST_CASE("messages are rid of the secrets in URLs, results and payload are not") {
  std::string out, err;
  Io io = Io::test(out, err);
  io.warn("cannot read http://me:hunter2@host/k?sig=hunter2");
  io.out_bytes("http://me:hunter2@host\x1b");
  CHECK(err.find("hunter2") == std::string::npos);
  CHECK(out == "http://me:hunter2@host\x1b");
}
