#include <doctest/doctest.h>

#include "core/sys/fs.h"
#include "fakes/source_folder.h"
#include "fakes/temp_folder.h"
#include "fakes/test_app.h"

using namespace mlctl;
using mlctl::test::run;

namespace {
std::string example(const std::string& name) {
  return (test::source_folder() / "manifests/examples" / name).string();
}
}  // namespace

TEST_CASE("apply --dry-run prints the command of each kind") {
  const std::string folder = (test::source_folder() / "manifests/examples").string();
  const std::pair<const char*, std::string> cases[] = {
      {"clean.yaml", "mlctl clean -f " + folder + "/clean.yaml\n"},
      {"rabbits-cnn-100.yaml", "mlctl train -f " + folder + "/rabbits-cnn-100.yaml\n"},
      {"eval.yaml", "mlctl eval -f " + folder + "/eval.yaml\n"},
      {"deploy.yaml", "mlctl deploy -f " + folder + "/deploy.yaml\n"},
      {"alerts.yaml", "mlctl monitor -f " + folder + "/alerts.yaml --once\n"},
      {"pipeline.yaml", "mlctl run -f " + folder + "/pipeline.yaml\n"},
  };
  for (const auto& [name, line] : cases) CHECK(run({"apply", "--dry-run", "-f", example(name)}).out == line);
}

TEST_CASE("apply passes --set on, and numbers the documents of a file") {
  const std::string text =
      "apiVersion: mlctl.dev/v1\nkind: Train\nmetadata: {name: a}\nspec: {}\n---\n"
      "apiVersion: mlctl.dev/v1\nkind: Deploy\nmetadata: {name: b}\nspec: {model: m, force: true}\n";
  CHECK(run({"apply", "--dry-run", "-f", "-", "--set", "metadata.name=c"}, text).out ==
        "mlctl train -f -#1 --set metadata.name=c\nmlctl deploy -f -#2 --set metadata.name=c\n");
}

TEST_CASE("apply runs nothing when one of the manifests is invalid") {
  test::TempFolder folder;
  REQUIRE(sys::write_file(folder / "bad.yaml", "kind: Nope\n").has_value());
  CHECK(run({"apply", "-f", example("deploy.yaml"), "-f", (folder / "bad.yaml").string()}).code == 3);
}

TEST_CASE("apply writes a Config to the configuration file") {
  test::TempFolder folder;
  const sys::Env env{{{"XDG_CONFIG_HOME", folder.path().string()}}};
  const auto outcome =
      run({"apply", "-f", "-"},
          "apiVersion: mlctl.dev/v1\nkind: Config\nmetadata: {name: me}\nspec: {profile: work}\n", env);
  CHECK(outcome.code == 0);
  CHECK(sys::read_file(folder / "mlctl/config.yaml").value() ==
        "apiVersion: mlctl.dev/v1\nkind: Config\nmetadata:\n  name: me\nspec:\n  profile: work\n");
}
