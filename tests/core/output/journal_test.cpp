#include "core/output/journal.h"

#include <doctest/doctest.h>

#include <fstream>

#include "fakes/kill_anywhere.h"
#include "fakes/temp_folder.h"

using mlctl::Exit;
using mlctl::OutputFolder;
using mlctl::OutputState;
using mlctl::Result;
using mlctl::test::Death;
using mlctl::test::TempFolder;
namespace fs = std::filesystem;
namespace sys = mlctl::sys;

namespace {

constexpr const char* kUnits[] = {"a", "b", "c"};

// A command in miniature: three units, each a file, and an index of what they left.
Result<> build(const fs::path& output, const std::string& fingerprint, bool overwrite = false) {
  OutputFolder folder = TRY(OutputFolder::open(output, fingerprint, {overwrite}));
  if (folder.state() == OutputState::up_to_date) return {};
  for (const std::string unit : kUnits) {
    if (folder.done().contains(unit)) continue;
    TRY(sys::write_file(folder.work() / (unit + ".txt"), fingerprint + unit));
    TRY(folder.commit(unit, {{"size", 7}}));
  }
  std::string index;
  for (const auto& [unit, result] : folder.done()) index += unit + result.dump() + "\n";
  TRY(sys::write_file(folder.work() / "index", index));
  return folder.finish();
}

// Every file below `folder` (hidden ones too) with its bytes.
std::map<std::string, std::string> content(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      files[entry.path().lexically_relative(folder).string()] = *sys::read_file(entry.path());
    }
  }
  return files;
}

void append(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::app) << text;
}

}  // namespace

TEST_CASE("a finished output holds the units and its fingerprint, and nothing lies beside it") {
  TempFolder temp;
  REQUIRE(build(temp / "out", "v1"));
  CHECK(content(temp.path()) == std::map<std::string, std::string>{{"out/.mlctl-fingerprint", "v1\n"},
                                                                   {"out/a.txt", "v1a"},
                                                                   {"out/b.txt", "v1b"},
                                                                   {"out/c.txt", "v1c"},
                                                                   {"out/index",
                                                                    "a{\"size\":7}\nb{\"size\":7}\n"
                                                                    "c{\"size\":7}\n"}});
}

TEST_CASE("the same fingerprint again is up to date") {
  TempFolder temp;
  REQUIRE(build(temp / "out", "v1"));
  CHECK(OutputFolder::open(temp / "out", "v1", {false})->state() == OutputState::up_to_date);
  CHECK(OutputFolder::open(temp / "out", "v1", {true})->state() == OutputState::up_to_date);
}

TEST_CASE("another fingerprint conflicts, and overwrite replaces") {
  TempFolder temp;
  REQUIRE(build(temp / "out", "v1"));
  const auto refused = OutputFolder::open(temp / "out", "v2", {false});
  REQUIRE(!refused);
  CHECK(refused.error().code == Exit::conflict);
  REQUIRE(build(temp / "out", "v2", true));
  CHECK(content(temp.path()).at("out/a.txt") == "v2a");
  CHECK(content(temp.path()).size() == 5);
}

TEST_CASE("a folder that mlctl did not make is never replaced") {
  TempFolder temp;
  REQUIRE(sys::write_file(temp / "out" / "thesis.txt", "dear"));
  const auto refused = OutputFolder::open(temp / "out", "v1", {true});
  REQUIRE(!refused);
  CHECK(refused.error().code == Exit::conflict);
  CHECK(content(temp.path()) == std::map<std::string, std::string>{{"out/thesis.txt", "dear"}});
}

TEST_CASE("a user's own OUTPUT.partial is never touched") {
  TempFolder temp;
  REQUIRE(sys::write_file(temp / "out.partial" / "thesis.txt", "dear"));
  const auto refused = OutputFolder::open(temp / "out", "v1", {true});
  REQUIRE(!refused);
  CHECK(refused.error().code == Exit::conflict);
  CHECK(content(temp.path()) == std::map<std::string, std::string>{{"out.partial/thesis.txt", "dear"}});
}

TEST_CASE("an empty folder is taken as the output") {
  TempFolder temp;
  fs::create_directory(temp / "out");
  REQUIRE(build(temp / "out", "v1"));
  CHECK(fs::exists(temp / "out" / "index"));
}

TEST_CASE("a second opener gets 6 while the first works") {
  TempFolder temp;
  const auto first = OutputFolder::open(temp / "out", "v1", {false});
  REQUIRE(first);
  const auto second = OutputFolder::open(temp / "out", "v1", {false});
  REQUIRE(!second);
  CHECK(second.error().code == Exit::conflict);
}

TEST_CASE("an interrupted work resumes with its finished units and without half-written files") {
  TempFolder temp;
  {
    auto folder = OutputFolder::open(temp / "out", "v1", {false});
    REQUIRE(folder->commit("a", {{"rows", 3}}));
    append(folder->work() / "b.txt.tmp-4711", "half");
  }
  const auto again = OutputFolder::open(temp / "out", "v1", {false});
  CHECK(again->state() == OutputState::resuming);
  CHECK(again->done().at("a") == nlohmann::ordered_json{{"rows", 3}});
  CHECK(!fs::exists(again->work() / "b.txt.tmp-4711"));
}

TEST_CASE("a torn or damaged last line of the journal is ignored, and later commits survive it") {
  for (const std::string bad :
       {"0123", "0123456789abcdef {\"unit\":\"x\",\"result\":1}\n", "\n", "x y z\n{"}) {
    CAPTURE(bad);
    TempFolder temp;
    {
      auto folder = OutputFolder::open(temp / "out", "v1", {false});
      REQUIRE(folder->commit("a", 1));
      append(folder->work() / ".mlctl-journal", bad);
    }
    REQUIRE(OutputFolder::open(temp / "out", "v1", {false})->commit("b", 2));
    const auto again = OutputFolder::open(temp / "out", "v1", {false});
    CHECK(again->done().size() == 2);
    CHECK(again->done().at("b") == 2);
  }
}

TEST_CASE("the work of another fingerprint is started over") {
  TempFolder temp;
  {
    auto folder = OutputFolder::open(temp / "out", "v1", {false});
    REQUIRE(sys::write_file(folder->work() / "sub" / "old.txt", "old"));
    REQUIRE(folder->commit("a", 1));
  }
  const auto other = OutputFolder::open(temp / "out", "v2", {false});
  CHECK(other->state() == OutputState::fresh);
  CHECK(!fs::exists(other->work() / "sub"));
}

TEST_CASE("discarded work leaves nothing behind") {
  TempFolder temp;
  auto folder = OutputFolder::open(temp / "out", "v1", {false});
  REQUIRE(sys::write_file(folder->work() / "a.txt", "a"));
  REQUIRE(folder->commit("a", 1));
  REQUIRE(folder->discard());
  CHECK(fs::is_empty(temp.path()));
}

TEST_CASE("a link as output leads to the folder it names") {
  TempFolder temp;
  fs::create_directory(temp / "disk");
  fs::create_directory_symlink(temp / "disk", temp / "out");
  REQUIRE(build(temp / "out", "v1"));
  CHECK(fs::is_symlink(temp / "out"));
  CHECK(fs::exists(temp / "disk" / "index"));
}

TEST_CASE("killed at any system call, the same command again gives the same bytes") {
  TempFolder expected;
  REQUIRE(build(expected / "out", "v1"));
  for (int n = 1; n < 100000; ++n) {
    TempFolder temp;
    const Death death = mlctl::test::run_killed_at(n, [&] { (void)build(temp / "out", "v1"); });
    if (death == Death::untraceable) return;
    const auto resumed = build(temp / "out", "v1");
    REQUIRE_MESSAGE(resumed, n, ": ", resumed.error().message);
    REQUIRE_MESSAGE(content(temp.path()) == content(expected.path()), n);
    if (death == Death::finished) break;
  }
}

TEST_CASE("killed at any system call of a replacement, the old output or the new one is whole") {
  TempFolder before, after;
  REQUIRE(build(before / "out", "v1"));
  REQUIRE(build(after / "out", "v2"));
  for (int n = 1; n < 100000; ++n) {
    TempFolder temp;
    REQUIRE(build(temp / "out", "v1"));
    const Death death = mlctl::test::run_killed_at(n, [&] { (void)build(temp / "out", "v2", true); });
    if (death == Death::untraceable) return;
    const bool in_place = fs::exists(temp / "out");
    const auto found = content(in_place ? temp / "out" : temp / ".out.mlctl-replaced");
    const bool whole = found == content(before / "out") || (in_place && found == content(after / "out"));
    REQUIRE_MESSAGE(whole, n);
    REQUIRE_MESSAGE(build(temp / "out", "v2", true), n);
    REQUIRE_MESSAGE(content(temp.path()) == content(after.path()), n);
    if (death == Death::finished) break;
  }
}
