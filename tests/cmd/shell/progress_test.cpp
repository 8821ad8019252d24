#include "cmd/shell/progress.h"

#include <doctest/doctest.h>

#include "fakes/fake_clock.h"

using namespace mlctl;

namespace {

// Ten steps of a hundred images, a second each, as they show on stderr.
std::string shown(bool terminal, ProgressMode mode, const std::string& unit = "images") {
  std::string out, err;
  Io io = Io::test(out, err);
  io.err_is_tty = terminal;
  io.progress = mode;
  const sys::Env env;
  test::FakeClock clock;
  sys::StopFlag stop;
  Context context{io, env, clock, stop, {}};
  {
    Progress progress(context, "train", unit, 1000);
    for (int step = 0; step < 10; ++step) {
      clock.advance(1);
      progress.advance(100);
    }
  }
  CHECK(out.empty());
  return err;
}

}  // namespace

TEST_CASE("on a terminal a bar is redrawn in place and taken away at the end") {
  const std::string text = shown(true, ProgressMode::automatic);
  CHECK(text.find('\n') == std::string::npos);
  CHECK(text.find("train [============            ] 500/1,000 images 100/s ETA 5.0s") != std::string::npos);
  CHECK(text.ends_with("\r\x1b[K"));
}

TEST_CASE("in a log there is a line for each tenth") {
  const std::string text = shown(false, ProgressMode::automatic);
  CHECK(std::count(text.begin(), text.end(), '\n') == 10);
  CHECK(text.starts_with("train: 100/1,000 images 100/s ETA 9.0s\n"));
  CHECK(text.find('\x1b') == std::string::npos);
}

TEST_CASE("for tools there is a JSON line") {
  CHECK(shown(false, ProgressMode::json)
            .starts_with("{\"kind\":\"Progress\",\"label\":\"train\",\"done\":100"));
}

TEST_CASE("bytes are shown as sizes") {
  CHECK(shown(false, ProgressMode::automatic, "B").starts_with("train: 100 B/1000 B 100 B/s"));
}

TEST_CASE("no progress means nothing") {
  CHECK(shown(true, ProgressMode::none).empty());
}
