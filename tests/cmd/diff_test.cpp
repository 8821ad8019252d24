#include <doctest/doctest.h>

#include "core/sys/fs.h"
#include "fakes/temp_folder.h"
#include "fakes/test_app.h"

using namespace mlctl;
using mlctl::test::run;

namespace {
const std::string kConfig =
    "apiVersion: mlctl.dev/v1\n"
    "kind: Config\n"
    "metadata: {name: me}\n"
    "spec: {profile: work, profiles: {work: {seed: 1}, home: {seed: 2}}}\n";
}

TEST_CASE("diff exits 1 where there is nothing yet, 0 once applied, 1 when changed") {
  test::TempFolder folder;
  const sys::Env env{{{"XDG_CONFIG_HOME", folder.path().string()}}};
  CHECK(run({"diff", "-f", "-"}, kConfig, env).code == 1);
  REQUIRE(run({"apply", "-f", "-"}, kConfig, env).code == 0);
  const auto same = run({"diff", "-f", "-"}, kConfig, env);
  CHECK(same.code == 0);
  CHECK(same.out.empty());
  const auto changed = run({"diff", "-f", "-", "--set", "spec.profile=home"}, kConfig, env);
  CHECK(changed.code == 1);
  CHECK(changed.out.ends_with("- spec.profile: \"work\"\n+ spec.profile: \"home\"\n"));
}

TEST_CASE("diff of a training that never ran shows the whole spec") {
  test::TempFolder folder;
  const sys::Env env{{{"XDG_STATE_HOME", folder.path().string()}}};
  const auto outcome =
      run({"diff", "-f", "-"},
          "apiVersion: mlctl.dev/v1\nkind: Train\nmetadata: {name: t}\nspec: {output: nowhere/m}\n", env);
  CHECK(outcome.code == 1);
  CHECK(outcome.out == "--- nothing yet\n+++ -\n+ spec: {\"output\":\"nowhere/m\"}\n");
}

TEST_CASE("diff has trouble with what is no manifest") {
  CHECK(run({"diff", "-f", "-"}, "a: [1").code == 2);
  CHECK(run({"diff", "-f", "/nowhere.yaml"}).code == 2);
}
