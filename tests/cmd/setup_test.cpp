// init, config and profiles, delete, wait, why, gc, doctor and version.

#include <doctest/doctest.h>

#include "core/endpoint/endpoints.h"
#include "core/manifest/manifest.h"
#include "core/model/package.h"
#include "core/sys/fs.h"
#include "fakes/project.h"

using namespace mlctl;

namespace {

struct Filled : test::Project {
  Filled() { fill(); }
};

// … and endpoint e, "supervised" by this very process, that serves models/risk.
struct Served : Filled {
  std::filesystem::path endpoint() { return path() / "state/mlctl/endpoints/e"; }
  Served() {
    const std::string digest = model_digest("models/risk").value();
    RunRecord deployed = log().start("deploy", {"deploy", "models/risk"}, {}).value();
    deployed.inputs = {{"models/risk", digest}};
    deployed.outputs = {{"endpoint/e", digest}};
    REQUIRE(log().finish(deployed, "succeeded", 0));
    serve::EndpointSpec spec;
    spec.name = "e";
    serve::EndpointStatus status;
    status.supervisor = sys::current_process();
    status.state = "ready";
    status.revision = 1;
    REQUIRE(serve::write_spec(endpoint(), spec));
    REQUIRE(serve::write_status(endpoint(), status));
    REQUIRE(serve::write_revision(endpoint(), {1, "models/risk", digest, false, 0}));
  }
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

TEST_CASE_FIXTURE(test::Project,
                  "doctor says where the keys of a store are from, and only of a store that is set up") {
  for (const char* off : {"AWS_EC2_METADATA_DISABLED", "ALIBABA_CLOUD_ECS_METADATA_DISABLED", "NO_GCE_CHECK"})
    env.variables[off] = "true";  // wherever this test runs
  CHECK(mlctl({"doctor"}).out.find("keys of") == std::string::npos);
  env.variables["OSS_ACCESS_KEY_ID"] = "id-of-mine";
  CHECK(mlctl({"doctor"}).out.find("OSS_ACCESS_KEY_ID is set, but OSS_ACCESS_KEY_SECRET is not") !=
        std::string::npos);
  env.variables["OSS_ACCESS_KEY_SECRET"] = "secret-of-mine";
  const std::string out = mlctl({"doctor"}).out;
  CHECK(out.find("environment (OSS_ACCESS_KEY_ID)") != std::string::npos);
  CHECK(out.find("s3://") == std::string::npos);
  CHECK(out.find("of-mine") == std::string::npos);
}

TEST_CASE_FIXTURE(test::Project, "config keeps values by profile") {
  CHECK(mlctl({"config", "set", "region", "eu-central-1", "--profile", "work"}).code == 0);
  CHECK(mlctl({"config", "set", "region", "us-east-1", "--profile", "home"}).code == 0);
  CHECK(mlctl({"config", "get", "region"}).code == 5);  // nobody said that one of them is to be used
  CHECK(mlctl({"config", "use", "home"}).code == 0);
  CHECK(mlctl({"config", "get", "region"}).out == "us-east-1\n");
  CHECK(mlctl({"config", "get", "region", "--profile", "work"}).out == "eu-central-1\n");
  CHECK(mlctl({"config", "use", "default"}).code == 0);
  CHECK(mlctl({"config", "get", "region"}).code == 5);
}

TEST_CASE_FIXTURE(test::Project, "the profile called default is there without being made") {
  CHECK(mlctl({"config", "use", "default"}).code == 0);
  CHECK(mlctl({"get", "models", "--profile", "default"}).code == 0);
  CHECK(mlctl({"config", "set", "region", "here"}).err.find("in profile default") != std::string::npos);
  CHECK(mlctl({"config", "get", "region"}).out == "here\n");
}

TEST_CASE_FIXTURE(test::Project, "the environment wins over the profile, a flag over both") {
  CHECK(mlctl({"config", "set", "output", "json"}).code == 0);
  CHECK(mlctl({"get", "models"}).out.starts_with("{"));
  env.variables["MLCTL_OUTPUT"] = "yaml";
  CHECK(mlctl({"get", "models"}).out.starts_with("apiVersion"));
  CHECK(mlctl({"get", "models", "-o", "jsonpath={.kind}"}).out == "List\n");
  CHECK(mlctl({"version"}).out.starts_with("apiVersion"));
  env.variables.erase("MLCTL_OUTPUT");
  CHECK(mlctl({"version"}).out.starts_with("{"));
}

TEST_CASE_FIXTURE(test::Project, "a variable's value is checked like its flag's, and the variable named") {
  env.variables["MLCTL_OUTPUT"] = "jsno";
  const auto outcome = mlctl({"get", "models"});
  CHECK(outcome.code == 2);
  CHECK(outcome.err.find("MLCTL_OUTPUT: \"jsno\" is none of") != std::string::npos);
  CHECK(mlctl({"get", "models", "-o", "name"}).code == 0);
  env.variables = {{"MLCTL_SEED", "many"}};
  CHECK(mlctl({"ingest", "x.csv", "--to", "d"}).err.find("MLCTL_SEED: ") != std::string::npos);
}

TEST_CASE_FIXTURE(Filled, "train takes device and seed: flag, manifest, variable, profile") {
  const auto seed = [&](const std::vector<std::string>& more) {
    std::vector<std::string> line = {"diff", "-f", "train.yaml"};
    line.insert(line.end(), more.begin(), more.end());
    return mlctl(line).out;
  };
  REQUIRE(sys::write_file("train.yaml",
                          "apiVersion: mlctl.dev/v1\nkind: Train\nmetadata: {name: t}\n"
                          "spec: {data: {dataset: data/risk}, output: models/risk}\n"));
  CHECK(seed({}).find("spec.seed") == std::string::npos);
  CHECK(mlctl({"config", "set", "seed", "7"}).code == 0);
  CHECK(seed({}).find("+ spec.seed: 7") != std::string::npos);
  env.variables["MLCTL_SEED"] = "8";
  CHECK(seed({}).find("+ spec.seed: 8") != std::string::npos);
  CHECK(seed({"--set", "spec.seed=9"}).find("+ spec.seed: 9") != std::string::npos);
}

TEST_CASE("help environment names the variable of every flag that has one") {
  const std::string text = test::run({"help", "environment"}).out;
  CHECK(text.find("MLCTL_OUTPUT       as --output of every command") != std::string::npos);
  CHECK(text.find("MLCTL_SEED         as --seed of ingest, train") != std::string::npos);
  CHECK(test::run({"train", "--help"}).out.find("($MLCTL_DEVICE)") != std::string::npos);
}

TEST_CASE_FIXTURE(test::Project, "config refuses what its schema does not know") {
  const auto outcome = mlctl({"config", "set", "regoin", "x"});
  CHECK(outcome.code == 3);
  CHECK(outcome.err.find("did you mean") != std::string::npos);
  CHECK_FALSE(sys::exists(path() / "config/mlctl/config.yaml"));
}

TEST_CASE_FIXTURE(test::Project, "a profile that does not exist is refused, with the nearest") {
  CHECK(mlctl({"config", "set", "region", "x", "--profile", "work"}).code == 0);
  for (const std::vector<std::string>& line : {std::vector<std::string>{"get", "models"},
                                               {"version"},
                                               {"help", "train"},
                                               {"config", "view"},
                                               {"config", "path"},
                                               {"config", "use", "work"},
                                               {"completion", "bash"}}) {
    std::vector<std::string> with = line;
    with.insert(with.end(), {"--profile", "wrk"});
    const auto outcome = mlctl(with);
    CAPTURE(line.front());
    CHECK(outcome.code == 3);
    CHECK(outcome.err.find("did you mean work?") != std::string::npos);
  }
}

TEST_CASE_FIXTURE(test::Project, "set-up works with a broken configuration, so that it can be mended") {
  REQUIRE(sys::write_file("config/mlctl/config.yaml", "not: a config\n"));
  CHECK(mlctl({"version"}).code == 0);
  CHECK(mlctl({"get", "models"}).code == 3);
  REQUIRE(sys::write_file(
      "config/mlctl/config.yaml",
      "apiVersion: mlctl.dev/v1\nkind: Config\nmetadata: {name: c}\nspec: {profile: gone}\n"));
  CHECK(mlctl({"version"}).code == 0);
  CHECK(mlctl({"get", "models"}).code == 3);
  CHECK(mlctl({"config", "use", "default"}).code == 0);
  CHECK(mlctl({"get", "models"}).code == 0);
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
  const auto untyped = mlctl({"delete", "models/risk", "--yes"});
  CHECK(untyped.code == 2);
  CHECK(untyped.err.find("did you mean mlctl delete model models/risk?") != std::string::npos);
  CHECK(sys::exists("models/risk/model.json"));
  const auto misspelt = mlctl({"delete", "modle", "risk", "--yes"});
  CHECK(misspelt.code == 2);
  CHECK(misspelt.err.find("did you mean model?") != std::string::npos);
  CHECK(sys::exists("data/risk/dataset.json"));
}

TEST_CASE_FIXTURE(Filled, "delete --dry-run deletes nothing") {
  CHECK(mlctl({"delete", "run", "train", "--dry-run"}).out.find("would be deleted") != std::string::npos);
  CHECK(log().find("train").has_value());
}

TEST_CASE_FIXTURE(Served, "a model in service, or its dataset, is deleted only with --yes, and a warning") {
  for (const char* what : {"model/models/risk", "dataset/data/risk"}) {
    const auto refused = mlctl({"delete", what}, true, "y\n");
    CHECK(refused.code == 6);
    CHECK(refused.err.find("endpoint e serves") != std::string::npos);
    CHECK(refused.err.find("mlctl delete endpoint e") != std::string::npos);
    const auto forced = mlctl({"delete", what, "--yes"});
    CHECK(forced.code == 0);
    CHECK(forced.err.find("endpoint e serves") != std::string::npos);
  }
  CHECK(mlctl({"delete", "dataset", "data/films"}, true, "y\n").code == 0);
}

TEST_CASE_FIXTURE(Served, "what only an endpoint that is down comes from is deleted like anything else") {
  serve::EndpointStatus status = serve::read_status(endpoint()).value();
  status.supervisor.started += 1;
  REQUIRE(serve::write_status(endpoint(), status));
  CHECK(mlctl({"delete", "model", "models/risk"}, true, "y\n").code == 0);
}

TEST_CASE_FIXTURE(Served, "gc keeps the records of every revision of an endpoint") {
  REQUIRE(serve::write_revision(endpoint(), {2, "models/gone", "bb22", false, 0}));
  const RunArtifact old = {"endpoint/e", "bb22"};
  RunRecord run = log().start("deploy", {"deploy", "models/gone"}, {}).value();
  run.outputs = {old};
  REQUIRE(log().finish(run, "succeeded", 0));
  for (const char* folder : {"models/risk", "data/risk"}) std::filesystem::remove_all(folder);
  const std::string preview = mlctl({"gc", "--keep", "0"}).out;
  size_t kept = 0;
  for (size_t at = 0; (at = preview.find("kept: endpoint/e comes from it", at)) != std::string::npos; ++at)
    ++kept;
  CHECK(kept == 4);  // both deployments, and the first one's training and ingestion
}

TEST_CASE_FIXTURE(Filled, "logs of a run say how it began and ended, with its metrics between") {
  const RunRecord train = log().find("train").value();
  REQUIRE(sys::write_file(log().folder(train) / "metrics.jsonl", "{\"epoch\":1,\"loss\":0.5}\n{\"epoch\":2"));
  const std::string lines = mlctl({"logs", "run/" + train.id, "-f"}).out;
  CHECK(lines.find("mlctl train data/risk --to models/risk") != std::string::npos);
  CHECK(lines.find("{\"epoch\":1,\"loss\":0.5}\n") != std::string::npos);
  CHECK(lines.find("\"epoch\":2") == std::string::npos);
  CHECK(mlctl({"logs", "latest", "--tail", "1", "-o", "jsonpath={.message}"}).out ==
        "succeeded with exit code 0\n");
  CHECK(mlctl({"logs", "run/none"}).code == 5);
  CHECK(mlctl({"logs", "model/models/risk"}).code == 2);
}

TEST_CASE_FIXTURE(test::Project, "get without a type lists the types") {
  const auto outcome = mlctl({"get"});
  CHECK(outcome.code == 2);
  for (const char* type : {"runs", "datasets", "models", "endpoints"})
    CHECK(outcome.err.find("\n  " + std::string(type)) != std::string::npos);
  CHECK(mlctl({"get", "modles"}).err.find("did you mean models?") != std::string::npos);
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

namespace {

void write_old(const std::filesystem::path& file, const std::string& text, int hours) {
  REQUIRE(sys::write_file(file, text));
  std::filesystem::last_write_time(file,
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(hours));
}

}  // namespace

TEST_CASE_FIXTURE(test::Project, "gc deletes halves of downloads that nobody writes any more") {
  write_old("data/.mlctl-part-0123456789abcdef", "half", 2);
  write_old("data/.mlctl-part-0123456789abcdef.ranges", "list", 3);
  write_old("data/.mlctl-tmp-0123456789abcdef", "half", 2);
  write_old("data/.mlctl-part-00000000000000aa", "half", 0);
  write_old("data/.mlctl-tmp-00000000000000aa", "half", 0);
  write_old("data/.mlctl-part-00000000000000aa.ranges", "list", 2);
  write_old("data/.mine", "mine", 100);
  const auto preview = mlctl({"gc", "--dry-run", "-o", "name"});
  CHECK(preview.out ==
        "data/.mlctl-part-0123456789abcdef\ndata/.mlctl-part-0123456789abcdef.ranges\n"
        "data/.mlctl-tmp-0123456789abcdef\n");
  CHECK(sys::exists("data/.mlctl-part-0123456789abcdef"));
  CHECK(mlctl({"gc", "--yes"}).code == 0);
  CHECK_FALSE(sys::exists("data/.mlctl-part-0123456789abcdef"));
  CHECK_FALSE(sys::exists("data/.mlctl-part-0123456789abcdef.ranges"));
  CHECK(sys::exists("data/.mlctl-part-00000000000000aa.ranges"));
  CHECK_FALSE(sys::exists("data/.mlctl-tmp-0123456789abcdef"));
  CHECK(sys::exists("data/.mlctl-tmp-00000000000000aa"));
  CHECK(sys::exists("data/.mine"));
}

TEST_CASE_FIXTURE(test::Project, "gc deletes records of uploads that nobody goes on with") {
  const std::filesystem::path folder = path() / "state/mlctl/transfers";
  write_old(folder / "upload-aa.json", R"({"url": "s3://b/old", "uploadId": "u"})", 8 * 24);
  write_old(folder / "upload-bb.json", R"({"url": "s3://b/new", "uploadId": "u"})", 6 * 24);
  write_old(folder / "upload-cc.json", "{", 8 * 24);
  write_old(folder / "notes.json", "{}", 8 * 24);
  const auto preview = mlctl({"gc", "--dry-run"});
  CHECK(preview.out.find("s3://b/old") != std::string::npos);
  CHECK(preview.out.find("s3://b/new") == std::string::npos);
  CHECK(preview.out.find("not a whole record") != std::string::npos);
  CHECK(mlctl({"gc", "--yes"}).code == 0);
  CHECK_FALSE(sys::exists(folder / "upload-aa.json"));
  CHECK_FALSE(sys::exists(folder / "upload-cc.json"));
  CHECK(sys::exists(folder / "upload-bb.json"));
  CHECK(sys::exists(folder / "notes.json"));
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
