#include "core/pipeline/pipeline.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/pipeline/run.h"
#include "core/sys/fs.h"
#include "fakes/small_dataset.h"
#include "fakes/temp_folder.h"

using namespace mlctl;

namespace {

// Three commands: `make SOURCE --to PATH [--size N] [--loud]`, `look PATH`, which always runs, and `judge
// MODEL`.
const Signature* signature(const std::string& command) {
  static const Signature make{{{"source", "", true, true, true, Use::input},
                               {"to", "--to", true, false, false, Use::output},
                               {"size", "--size", true, false, false, Use::parameter},
                               {"loud", "--loud", false, false, false, Use::parameter},
                               {"overwrite", "--overwrite", false, false, false, Use::parameter}},
                              false};
  static const Signature look{{{"path", "", true, false, true, Use::input}}, true};
  static const Signature judge{{{"model", "", true, false, true, Use::input}}, false};
  return command == "ingest" ? &make : command == "monitor" ? &look : command == "eval" ? &judge : nullptr;
}

Manifest manifest_of(const std::string& stages, const std::filesystem::path& folder = "") {
  const std::string text =
      "apiVersion: mlctl.dev/v1\nkind: Pipeline\nmetadata: {name: p}\nspec:\n  stages:\n" + stages;
  auto documents = read_documents({"p.yaml", text}, folder, {}, {});
  REQUIRE(documents.has_value());
  auto manifest = only_manifest(std::move(*documents), "p.yaml", "Pipeline");
  REQUIRE_MESSAGE(manifest.has_value(), manifest.error().message);
  return *manifest;
}

Pipeline decode(const std::string& stages, const std::filesystem::path& folder = "") {
  std::vector<Problem> problems;
  Pipeline pipeline = decode_pipeline(manifest_of(stages, folder), signature, {}, problems);
  REQUIRE(problems.empty());
  return pipeline;
}

std::string first_problem(const std::string& stages) {
  std::vector<Problem> problems;
  decode_pipeline(manifest_of(stages), signature, {}, problems);
  REQUIRE_FALSE(problems.empty());
  const Problem& problem = problems.front();
  return fmt::format("{}: {}{}", problem.place.line, problem_text(problem),
                     problem.hint.empty() ? "" : " | " + problem.hint);
}

const std::string kChain =
    "    - {name: c, run: ingest, with: {source: y, to: z}}\n"
    "    - {name: b, run: ingest, with: {source: x/d, to: y}}\n"
    "    - {name: a, run: ingest, with: {source: raw, to: x/d, size: 3}}\n";

// A pipeline over files in a folder whose `ingest` joins its sources and flags into --to.
struct World {
  test::TempFolder folder;
  sys::Clock clock;
  sys::StopFlag stop;
  std::vector<std::string> ran;
  std::string failing;

  void put(const std::string& name, const std::string& text) {
    REQUIRE(sys::write_file(folder / name, text).has_value());
  }
  Result<Exit> run_line(const std::vector<std::string>& line) {
    ran.push_back(line.front());
    std::string to, text;
    for (const std::string& word : line) {
      if (word.starts_with("--to=")) to = word.substr(5);
      if (word.starts_with("--size=")) text += word;
      if (word.front() == '/') text += sys::read_file(word).value_or("");
    }
    if (!failing.empty() && to.ends_with(failing)) return Exit::data;
    if (!to.empty()) TRY(sys::write_file(to, text));
    return Exit::ok;
  }
  std::vector<StageOutcome> go(const std::string& stages, bool dry_run = false) {
    const PipelineHooks hooks{[&](const auto& line) { return run_line(line); }, [](const std::string&) {},
                              clock, stop};
    ran.clear();
    const auto outcomes =
        run_pipeline(decode(stages, folder.path()), folder / "state/p.json", hooks, dry_run);
    REQUIRE(outcomes.has_value());
    return *outcomes;
  }
  std::string statuses(const std::string& stages, bool dry_run = false) {
    std::vector<std::string> words;
    for (const StageOutcome& each : go(stages, dry_run))
      words.push_back(each.name + " " + each.status + ": " + each.reason);
    return join(words, "; ");
  }
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("stages run after those whose output they read, or that they need") {
  std::vector<std::string> names;
  for (const Stage& stage : decode(kChain).stages) names.push_back(stage.name);
  CHECK(join(names, " ") == "a b c");
  const Pipeline named = decode(
      "    - {name: second, run: ingest, with: {source: s}, needs: [first]}\n"
      "    - {name: first, run: ingest, with: {source: t}}\n");
  CHECK(named.stages.front().name == "first");
}

TEST_CASE("a stage is a command line, its paths from the manifest's folder") {
  const Pipeline pipeline = decode(
      "    - {name: a, run: ingest, with: {source: [raw, /abs, file:///u], to: out, size: 10, "
      "loud: true, overwrite: false}}\n",
      "here");
  const Stage& stage = pipeline.stages.front();
  CHECK(join(stage.arguments, " ") == "--to=here/out --size=10 --loud -- here/raw /abs file:///u");
  CHECK(stage.parameters.dump() == R"({"size":["10"],"loud":true,"overwrite":false})");
  CHECK_FALSE(stage.can_overwrite);
}

TEST_CASE("mistakes in stages have their place and remedy") {
  const std::pair<const char*, const char*> cases[] = {
      {"    - {name: a, run: ingest, with: {sorce: x}}\n",
       "6: spec.stages[0].with.sorce: ingest has no flag or argument \"sorce\" | did you mean source?"},
      {"    - {name: a, run: ingest, with: {to: x}}\n", "6: spec.stages[0].with: ingest needs \"source\""},
      {"    - {name: a, run: ingest, with: {source: x, loud: 3}}\n",
       "6: spec.stages[0].with.loud: is a switch: true or false"},
      {"    - {name: a, run: ingest, with: {source: x, size: [1, 2]}}\n",
       "6: spec.stages[0].with.size: can be given only once"},
      {"    - {name: a, run: export}\n", "6: spec.stages[0].run: this mlctl has no command export"},
      {"    - {name: a, run: ingest, with: {source: x}}\n    - {name: a, run: ingest, with: {source: x}}\n",
       "7: spec.stages[1].name: a stage \"a\" was there before"},
      {"    - {name: abc, run: ingest, with: {source: x}, needs: [abd]}\n",
       "6: spec.stages[0].needs[0]: there is no stage \"abd\" | did you mean abc?"},
      {"    - {name: a, run: ingest, with: {source: x, to: y}}\n"
       "    - {name: b, run: ingest, with: {source: x, to: ./y}}\n",
       "7: spec.stages[1]: writes ./y, as stage \"a\" does"},
      {"    - {name: a, run: ingest, with: {source: x, to: y}}\n"
       "    - {name: b, run: ingest, with: {source: y, to: x}}\n",
       "6: spec.stages[0].needs: stages need each other: a needs b needs a"},
      {"    - {name: a, run: ingest, with: {source: x}, needs: [a]}\n",
       "6: spec.stages[0].needs: stages need each other: a needs a"},
  };
  for (const auto& [stages, expected] : cases) {
    std::string found = first_problem(stages);
    CHECK(found == expected);
  }
}

TEST_CASE("a second run does nothing, and a change runs what depends on it") {
  World world;
  world.put("raw", "1");
  CHECK(world.statuses(kChain) ==
        "a ran: it has not run yet; b ran: it has not run yet; c ran: it has not run yet");
  CHECK(world.statuses(kChain) == "a skipped: up to date; b skipped: up to date; c skipped: up to date");
  CHECK(world.ran.empty());
  world.put("raw", "2");
  CHECK(world.statuses(kChain, true) ==
        "a stale: raw has changed; b stale: a writes x/d anew; c stale: b writes y anew");
  CHECK(world.statuses(kChain) == "a ran: raw has changed; b ran: x/d has changed; c ran: y has changed");
}

TEST_CASE(
    "a dry run names the stage that a stale one reads from, and takes running after one for no reason") {
  const std::string chain =
      "    - {name: a, run: ingest, with: {source: raw, to: x}}\n"
      "    - {name: b, run: ingest, with: {source: x, to: y, size: 1}}\n"
      "    - {name: c, run: ingest, with: {source: [x, y], to: z}, needs: [a]}\n"
      "    - {name: d, run: ingest, with: {source: z, to: w}, needs: [a, b]}\n"
      "    - {name: e, run: ingest, with: {source: x, to: v}, needs: [d]}\n";
  World world;
  world.put("raw", "1");
  world.go(chain);
  const std::string changed = replaced(chain, "size: 1", "size: 2");
  CHECK(world.statuses(changed, true) ==
        "a skipped: up to date; b stale: size changed from 1 to 2; c stale: b writes y anew; "
        "d stale: c writes z anew; e skipped: up to date");
  CHECK(world.statuses(changed) ==
        "a skipped: up to date; b ran: size changed from 1 to 2; c ran: y has changed; d ran: z has changed; "
        "e skipped: up to date");
}

TEST_CASE("a parameter, a lost output and a changed output make a stage stale") {
  World world;
  world.put("raw", "1");
  world.go(kChain);
  CHECK(world.statuses(replaced(kChain, "size: 3", "size: 4"))
            .starts_with("a ran: size changed from 3 to 4; b ran: "));
  REQUIRE(sys::remove_tree(world.folder / "z").has_value());
  CHECK(world.statuses(replaced(kChain, "size: 3", "size: 4")).ends_with("c ran: z is missing"));
  world.put("y", "tampered");
  CHECK(world.statuses(replaced(kChain, "size: 3", "size: 4")).find("b ran: y has changed") !=
        std::string::npos);
}

TEST_CASE("a stage that leaves the same as before makes nothing after it stale") {
  World world;
  world.put("raw", "1");
  world.go(kChain);
  CHECK(world.statuses(replaced(kChain, "size: 3", "size: 3, loud: true")) ==
        "a ran: loud true is new; b skipped: up to date; c skipped: up to date");
}

TEST_CASE("the first failure ends the run, and the next run goes on from there") {
  World world;
  world.put("raw", "1");
  world.failing = "y";
  const auto outcomes = world.go(kChain);
  CHECK(outcomes[1].status == "failed");
  CHECK(outcomes[1].code == Exit::data);
  CHECK(outcomes[2].status == "waiting");
  world.failing.clear();
  CHECK(world.statuses(kChain) ==
        "a skipped: up to date; b ran: it has not run yet; c ran: it has not run yet");
}

TEST_CASE("what a pipeline made it replaces, what it finds it does not") {
  const std::string one = "    - {name: a, run: ingest, with: {source: raw, to: z}}\n";
  World world;
  std::vector<std::vector<std::string>> lines;
  const PipelineHooks hooks{[&](const auto& line) {
                              lines.push_back(line);
                              return world.run_line(line);
                            },
                            [](const std::string&) {}, world.clock, world.stop};
  for (const char* text : {"1", "2"}) {
    world.put("raw", text);
    REQUIRE(
        run_pipeline(decode(one, world.folder.path()), world.folder / "s.json", hooks, false).has_value());
  }
  REQUIRE(lines.size() == 2);
  CHECK(lines[0][1] != "--overwrite");
  CHECK(lines[1][1] == "--overwrite");
}

TEST_CASE("a dataset that is not whole makes its stage stale, and is made anew") {
  const std::string one = "    - {name: a, run: ingest, with: {source: raw, to: d}}\n";
  World world;
  world.put("raw", "1");
  std::vector<std::string> line;
  const PipelineHooks hooks{[&](const auto& words) -> Result<Exit> {
                              line = words;
                              TRY(sys::remove_tree(world.folder / "d"));
                              test::write_table(world.folder / "d", true);
                              return Exit::ok;
                            },
                            [](const std::string&) {}, world.clock, world.stop};
  const auto go = [&](bool dry_run) {
    const auto outcomes =
        run_pipeline(decode(one, world.folder.path()), world.folder / "s.json", hooks, dry_run);
    REQUIRE_MESSAGE(outcomes, outcomes.error().message);
    return outcomes->front().status + ": " + outcomes->front().reason;
  };
  CHECK(go(false) == "ran: it has not run yet");
  CHECK(go(false) == "skipped: up to date");
  const std::filesystem::path shard = world.folder / "d/train-000000.csv";
  const std::pair<const char*, std::function<void()>> damages[] = {
      {"is missing", [&] { std::filesystem::remove(shard); }},
      {"has 30 bytes, dataset.json says", [&] { std::filesystem::resize_file(shard, 30); }},
      {"does not match its SHA-256",
       [&] { world.put("d/train-000000.csv", sys::read_file(shard).value().replace(20, 1, "x")); }},
      {"not valid JSON", [&] { world.put("d/dataset.json", ""); }},
      {"d is missing", [&] { REQUIRE(sys::remove_tree(world.folder / "d")); }}};
  for (const auto& [words, harm] : damages) {
    CAPTURE(words);
    harm();
    CHECK(go(true).starts_with("stale: "));
    const std::string ran = go(false);
    CHECK(ran.starts_with("ran: "));
    CHECK_MESSAGE(ran.find(words) != std::string::npos, ran);
    CHECK(line[1] == "--overwrite");
    CHECK(go(false) == "skipped: up to date");
  }
}

TEST_CASE("an evaluation that is gone or edited makes its stage stale, one that others added does not") {
  const std::string stage = "    - {name: e, run: eval, with: {model: m}}\n";
  World world;
  world.put("m/model.json", "{}");
  int judged = 0;
  const PipelineHooks hooks{[&](const auto&) -> Result<Exit> {
                              world.put(fmt::format("m/evaluations/000{}-test.json", ++judged), "{}");
                              return Exit::ok;
                            },
                            [](const std::string&) {}, world.clock, world.stop,
                            [](const std::string& path) -> Result<std::string> {
                              return sys::is_folder(path) ? "folder" : sys::read_file(path).value_or("");
                            }};
  const auto go = [&] {
    const auto outcomes =
        run_pipeline(decode(stage, world.folder.path()), world.folder / "s.json", hooks, false);
    REQUIRE(outcomes.has_value());
    return outcomes->front().status;
  };
  CHECK(go() == "ran");
  CHECK(go() == "skipped");
  world.put("m/evaluations/0002-validation.json", "{}");
  CHECK(go() == "skipped");
  world.put("m/evaluations/0001-test.json", "{\"metrics\":{}}");
  judged = 2;
  CHECK(go() == "ran");
  CHECK(go() == "skipped");
  REQUIRE(sys::remove_tree(world.folder / "m/evaluations"));
  CHECK(go() == "ran");
}

TEST_CASE("a command that looks at the world always runs") {
  World world;
  world.put("raw", "1");
  const std::string stage = "    - {name: m, run: monitor, with: {path: raw}}\n";
  world.go(stage);
  CHECK(world.statuses(stage) == "m ran: monitor always runs");
}

TEST_CASE("an interrupted pipeline starts no further stage") {
  World world;
  world.put("raw", "1");
  world.stop.raise(15);
  CHECK(world.go(kChain)[0].code == Exit::sigterm);
  CHECK(world.ran.empty());
}
