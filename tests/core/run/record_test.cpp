#include "core/run/record.h"

#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "core/sys/fs.h"
#include "fakes/fake_clock.h"
#include "fakes/temp_folder.h"

using namespace mlctl;

namespace {

struct Fixture {
  test::TempFolder folder;
  test::FakeClock clock;
  RunLog log{folder.path(), clock};

  RunRecord started(const std::string& command) {
    clock.advance(1);
    return log.start(command, {command}, {{"epochs", 3}}).value();
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a run's id says what and when") {
  CHECK(started("train").id.starts_with("train-20260131-120001-"));
}

TEST_CASE_FIXTURE(Fixture, "a started run is on disk at once, as running") {
  const RunRecord run = started("train");
  CHECK(log.find(run.id)->status == "running");
}

TEST_CASE_FIXTURE(Fixture, "a finished run keeps everything it was told") {
  RunRecord run = started("train");
  run.metrics = {{"accuracy", 0.9}};
  run.inputs = {{"data/a", "d1"}};
  run.outputs = {{"models/a", "d2"}};
  clock.advance(5);
  REQUIRE(log.finish(run, "succeeded", 0));
  const RunRecord read = log.find(run.id).value();
  CHECK(read.status == "succeeded");
  CHECK(read.exit_code == 0);
  CHECK(read.ended == "2026-01-31T12:00:06.000Z");
  CHECK(read.metrics["accuracy"] == 0.9);
  CHECK(read.parameters["epochs"] == 3);
  CHECK(read.outputs[0].digest == "d2");
}

TEST_CASE_FIXTURE(Fixture, "runs are listed newest first") {
  const std::string first = started("ingest").id, second = started("clean").id;
  const auto runs = log.list().value();
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].id == second);
  CHECK(runs[1].id == first);
}

TEST_CASE_FIXTURE(Fixture, "two runs that start in the same millisecond differ") {
  CHECK(log.start("train", {}, {})->id != log.start("train", {}, {})->id);
}

TEST_CASE_FIXTURE(Fixture, "a run is found by a unique prefix or as latest") {
  const RunRecord clean = started("clean");
  const RunRecord train = started("train");
  CHECK(log.find("cl")->id == clean.id);
  CHECK(log.find("latest")->id == train.id);
}

TEST_CASE_FIXTURE(Fixture, "a prefix of several runs is ambiguous") {
  started("train");
  started("train");
  CHECK(log.find("train").error().code == Exit::usage);
}

TEST_CASE_FIXTURE(Fixture, "an unknown run is not found") {
  CHECK(log.find("train").error().code == Exit::not_found);
  CHECK(log.find("latest").error().code == Exit::not_found);
}

TEST_CASE_FIXTURE(Fixture, "no runs folder means no runs") {
  CHECK(log.list()->empty());
}

TEST_CASE_FIXTURE(Fixture, "an unreadable record is skipped") {
  const RunRecord run = started("train");
  REQUIRE(sys::write_file(folder / "runs/train-torn/run.json", "{\"id\": "));
  CHECK(log.list()->size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "a run whose process is gone shows as interrupted") {
  const pid_t child = fork();
  if (child == 0) {
    const bool ok = log.start("train", {}, {}).has_value();
    _exit(ok ? 0 : 1);
  }
  REQUIRE(waitpid(child, nullptr, 0) == child);
  CHECK(log.find("latest")->status == "interrupted");
}

TEST_CASE("a record holds neither the values of variables nor the secrets of URLs, and is the user's alone") {
  test::TempFolder folder;
  test::FakeClock clock;
  const sys::Env env{{{"WHERE", "sesame-9"}}};
  RunLog log{folder.path(), clock, env, {{"${env:WHERE}", "sesame-9"}}};
  RunRecord run =
      log.start("train", {"train", "http://me:hunter2@h/k?sig=hunter2"}, {{"output", "m-sesame-9"}}).value();
  run.outputs = {{"m-sesame-9", "d"}};
  run.error = "cannot read m-sesame-9 of http://h?X-Amz-Signature=hunter2";
  REQUIRE(log.finish(run, "failed", 1));
  const auto file = log.folder(run) / "run.json";
  const std::string text = sys::read_file(file).value();
  CHECK(text.find("sesame-9") == std::string::npos);
  CHECK(text.find("hunter2") == std::string::npos);
  CHECK((std::filesystem::status(file).permissions() & std::filesystem::perms(0077)) ==
        std::filesystem::perms::none);
  const RunRecord read = log.find(run.id).value();
  CHECK(read.outputs[0].path == "m-${env:WHERE}");
  CHECK(place_of("/work", read.outputs[0]) == "/work/m-sesame-9");
}
