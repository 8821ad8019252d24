// init, config and profiles, delete, wait, why, gc, doctor and version.

#include <doctest/doctest.h>

#include "core/manifest/manifest.h"
#include "core/sys/fs.h"
#include "fakes/project.h"

using namespace mlctl;

namespace {

struct Filled : test::Project {
  Filled() { fill(); }
};

}  // namespace

TEST_CASE_FIXTURE(test::Project, "init makes manifests that are valid") {
  CHECK(mlctl({"init", "mine"}).code == 0);
  CHECK(load_manifest("mine/manifests/train.yaml", {}, env, "Train").has_value());
  CHECK(load_manifest("mine/manifests/pipeline.yaml", {}, env, "Pipeline").has_value());
  CHECK(sys::is_folder("mine/.mlctl"));
}

TEST_CASE_FIXTURE(test::Project, "init overwrites nothing and completes .gitignore") {
  REQUIRE(sys::write_file("manifests/train.yaml", "mine"));
  REQUIRE(sys::write_file(".gitignore", "/data/"));
  CHECK(mlctl({"init"}).code == 0);
  CHECK(*sys::read_file("manifests/train.yaml") == "mine");
  CHECK(*sys::read_file(".gitignore") == "/data/\n/.mlctl/\n/models/\n*.partial/\n");
  CHECK(mlctl({"init"}).out.find("made") == std::string::npos);
}

TEST_CASE_FIXTURE(test::Project, "config keeps values by profile") {
  CHECK(mlctl({"config", "set", "region", "eu-central-1", "--profile", "work"}).code == 0);
  CHECK(mlctl({"config", "set", "region", "us-east-1", "--profile", "home"}).code == 0);
  CHECK(mlctl({"config", "get", "region"}).out == "eu-central-1\n");
  CHECK(mlctl({"config", "use", "home"}).code == 0);
  CHECK(mlctl({"config", "get", "region"}).out == "us-east-1\n");
  CHECK(mlctl({"config", "get", "region", "--profile", "work"}).out == "eu-central-1\n");
}

TEST_CASE_FIXTURE(test::Project, "the environment wins over the profile, a flag over both") {
  CHECK(mlctl({"config", "set", "output", "json"}).code == 0);
  CHECK(mlctl({"get", "models"}).out.starts_with("{"));
  env.variables["MLCTL_OUTPUT"] = "yaml";
  CHECK(mlctl({"get", "models"}).out.starts_with("apiVersion"));
  CHECK(mlctl({"get", "models", "-o", "jsonpath={.kind}"}).out == "List\n");
}

TEST_CASE_FIXTURE(test::Project, "config refuses what its schema does not know") {
  const auto outcome = mlctl({"config", "set", "regoin", "x"});
  CHECK(outcome.code == 3);
  CHECK(outcome.err.find("did you mean") != std::string::npos);
  CHECK_FALSE(sys::exists(path() / "config/mlctl/config.yaml"));
}

TEST_CASE_FIXTURE(test::Project, "a profile that does not exist is refused, with the nearest") {
  CHECK(mlctl({"config", "set", "region", "x", "--profile", "work"}).code == 0);
  const auto outcome = mlctl({"get", "models", "--profile", "wrk"});
  CHECK(outcome.code == 3);
  CHECK(outcome.err.find("did you mean work?") != std::string::npos);
}

TEST_CASE_FIXTURE(Filled, "delete asks on a terminal, and needs --yes elsewhere") {
  CHECK(mlctl({"delete", "model", "models/risk"}).code == 2);
  CHECK(mlctl({"delete", "model", "models/risk"}, true, "n\n").code == 1);
  CHECK(sys::exists("models/risk/model.json"));
  CHECK(mlctl({"delete", "model", "models/risk"}, true, "y\n").code == 0);
  CHECK_FALSE(sys::exists("models/risk"));
  CHECK(mlctl({"delete", "dataset/risk", "--yes"}).out == "dataset/data/risk deleted\n");
  CHECK_FALSE(sys::exists("data/risk"));
}

TEST_CASE_FIXTURE(Filled, "delete takes no folder that is not of its type") {
  CHECK(mlctl({"delete", "model", "data/risk", "--yes"}).code == 5);
  CHECK(mlctl({"delete", "models/risk", "--yes"}).code == 2);
  CHECK(sys::exists("data/risk/dataset.json"));
}

TEST_CASE_FIXTURE(Filled, "delete --dry-run deletes nothing") {
  CHECK(mlctl({"delete", "run", "train", "--dry-run"}).out.find("would be deleted") != std::string::npos);
  CHECK(log().find("train").has_value());
}

TEST_CASE_FIXTURE(Filled, "why names the cause of a failed run and a fix") {
  RunRecord run = log().start("ingest", {"ingest", "x", "--to", "d"}, {}).value();
  run.error = "x does not exist";
  REQUIRE(log().finish(run, "failed", 5));
  const auto outcome = mlctl({"why", "run", run.id});
  CHECK(outcome.code == 0);
  CHECK(outcome.out.find("Cause:  x does not exist\nFix:    check the paths") != std::string::npos);
}

TEST_CASE_FIXTURE(Filled, "why says that a whole model is, and where it comes from") {
  const std::string text = mlctl({"why", "model", "risk"}).out;
  CHECK(text.find("it is whole") != std::string::npos);
  CHECK(text.find("risk.csv") != std::string::npos);
}

TEST_CASE_FIXTURE(Filled,
                  "why names the file of a model or dataset that is not as it was made, and ends with 10") {
  for (const auto& [name, file] : {std::pair{"models/risk", "models/risk/weights.safetensors"},
                                   {"data/risk", "data/risk/train-000000.csv"}}) {
    REQUIRE(sys::write_file(file, "torn"));
    const auto outcome = mlctl({"why", name, "-o", "json"});
    CHECK(outcome.code == 10);
    CHECK(outcome.out.find("\"healthy\": false") != std::string::npos);
    CHECK(outcome.out.find(file) != std::string::npos);
  }
}

TEST_CASE_FIXTURE(Filled, "why says that an output is unfinished, and what goes on with it") {
  REQUIRE(sys::write_file("data/half.partial/.mlctl-journal", "x"));
  CHECK(mlctl({"why", "data/half"}).out.find("no record tells") != std::string::npos);
  RunRecord run = log().start("ingest", {"ingest", "x", "--to", "data/half"}, {}).value();
  run.error = "killed";
  REQUIRE(log().finish(run, "interrupted", 75));
  const auto outcome = mlctl({"why", "dataset", "data/half.partial"});
  CHECK(outcome.code == 0);
  CHECK(outcome.out.find("was interrupted: killed") != std::string::npos);
  CHECK(outcome.out.find("mlctl ingest x --to data/half\n") != std::string::npos);
}

TEST_CASE_FIXTURE(Filled, "a refused deployment is recorded as failed, with its cause and its own fix") {
  write_model("models/bad", "data/risk", 0.5);
  CHECK(mlctl({"deploy", "models/bad", "--name", "bad"}).code == 11);
  CHECK(mlctl({"get", "run", "latest", "-o", "jsonpath={.status}"}).out == "failed\n");
  const std::string text = mlctl({"why", "run/latest"}).out;
  CHECK(text.find("accuracy>=0.90") != std::string::npos);
  CHECK(text.find("--force") != std::string::npos);
}

TEST_CASE_FIXTURE(Filled, "wait ends with the run's own exit code") {
  CHECK(mlctl({"wait", "run/latest"}).code == 0);
  RunRecord run = log().start("eval", {"eval"}, {}).value();
  REQUIRE(log().finish(run, "failed", 11));
  CHECK(mlctl({"wait", "run", run.id}).code == 11);
}

TEST_CASE_FIXTURE(Filled, "wait gives up after --timeout with 13") {
  const RunRecord run = log().start("train", {"train"}, {}).value();
  CHECK(mlctl({"wait", "run", run.id, "--timeout", "5s"}).code == 13);
}

TEST_CASE_FIXTURE(Filled, "an endpoint that is gone has been waited for") {
  CHECK(mlctl({"wait", "endpoint/gone", "--for", "deleted"}).code == 0);
  CHECK(mlctl({"wait", "endpoint/gone"}).code == 5);
}

TEST_CASE_FIXTURE(Filled, "gc previews, and deletes with --yes: unfinished work and old runs") {
  REQUIRE(sys::write_file("data/half.partial/.mlctl-journal", "x"));
  REQUIRE(sys::write_file("data/mine.partial/file", "not mlctl's"));
  add_run("eval", "models/risk", "", {}, {});
  const auto preview = mlctl({"gc", "--keep", "0"});
  CHECK(preview.code == 0);
  CHECK(preview.out.find("data/half.partial") != std::string::npos);
  CHECK(preview.out.find("mine.partial") == std::string::npos);
  CHECK(preview.out.find("old run record") != std::string::npos);
  CHECK(sys::exists("data/half.partial"));
  CHECK(mlctl({"gc", "--keep", "0", "--yes"}).code == 0);
  CHECK_FALSE(sys::exists("data/half.partial"));
  CHECK(sys::exists("data/mine.partial/file"));
  CHECK_FALSE(log().find("eval").has_value());
}

TEST_CASE_FIXTURE(Filled, "gc keeps the records that lead to what there is, and says to what") {
  const auto preview = mlctl({"gc", "--keep", "0"});
  CHECK(preview.out.find("kept: models/risk comes from it") != std::string::npos);
  CHECK(preview.out.find("kept: data/films comes from it") != std::string::npos);
  std::filesystem::remove_all("data/films");
  CHECK(mlctl({"gc", "--keep", "0", "--yes"}).code == 0);
  CHECK(log().list()->size() == 2);
  CHECK(mlctl({"describe", "models/risk"}).out.find("risk.csv") != std::string::npos);
}

TEST_CASE_FIXTURE(test::Project, "gc leaves work that goes on alone") {
  REQUIRE(sys::write_file("data/half.partial/.mlctl-journal", "x"));
  const auto held = sys::Lock::take("data/.half.lock");
  REQUIRE(held);
  CHECK(mlctl({"gc", "--yes"}).err == "nothing to delete\n");
}

TEST_CASE("version -o json says what the binary is made of, and no time") {
  const auto outcome = test::run({"version", "-o", "json"});
  for (const char* key : {"\"version\"", "\"commit\"", "\"compiler\"", "\"libraries\""})
    CHECK(outcome.out.find(key) != std::string::npos);
}
