#include "core/manifest/manifest.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/base/random.h"
#include "core/manifest/schema.h"
#include "core/sys/fs.h"
#include "fakes/golden.h"
#include "fakes/source_folder.h"
#include "fakes/temp_folder.h"

using namespace mlctl;

namespace {

const std::string kTrain = "apiVersion: mlctl.dev/v1\nkind: Train\nmetadata: {name: t}\nspec:\n";

Result<Manifest> load(const std::string& text, const std::vector<std::string>& sets = {},
                      const sys::Env& env = {}, const std::filesystem::path& folder = "") {
  auto documents = read_documents({"t.yaml", text}, folder, sets, env);
  if (!documents) return fail(documents.error());
  return only_manifest(std::move(*documents), "t.yaml", "");
}

std::string spec_of(const std::string& spec, const std::vector<std::string>& sets = {},
                    const sys::Env& env = {}, const std::filesystem::path& folder = "") {
  const auto manifest = load(kTrain + spec, sets, env, folder);
  REQUIRE_MESSAGE(manifest.has_value(), manifest.error().message);
  return manifest->spec.dump();
}

std::string error_of(const std::string& spec, const std::vector<std::string>& sets = {}) {
  const auto manifest = load(kTrain + spec, sets);
  REQUIRE_FALSE(manifest.has_value());
  const Error& error = manifest.error();
  return fmt::format("{} {}: {}{}", static_cast<int>(error.code), error.where, error.message,
                     error.hint.empty() ? "" : " | " + error.hint);
}

std::vector<std::filesystem::path> examples() {
  std::vector<std::filesystem::path> files;
  const auto folder = test::source_folder() / "manifests" / "examples";
  const auto entries = sys::list_files(folder);
  REQUIRE(entries.has_value());
  for (const sys::Entry& entry : *entries) files.push_back(folder / entry.path);
  REQUIRE(files.size() >= 11);
  return files;
}

}  // namespace

TEST_CASE("every example is valid and points an editor at its schema") {
  for (const auto& file : examples()) {
    CAPTURE(file);
    const auto manifest = load_manifest(file, {}, {});
    CHECK_MESSAGE(manifest.has_value(), (manifest ? "" : manifest.error().message));
    const std::string text = *sys::read_file(file);
    const std::string line = text.substr(0, text.find('\n'));
    CHECK(line.starts_with("# yaml-language-server: $schema=../schema/"));
    CHECK(sys::exists(file.parent_path() / line.substr(line.find('=') + 1)));
  }
}

TEST_CASE("every schema says what each key is for") {
  const std::function<void(const nlohmann::ordered_json&, const std::string&, int)> visit =
      [&](const nlohmann::ordered_json& node, const std::string& path, int depth) {
        for (const SchemaKey& key : schema_keys(node)) {
          CAPTURE(path + key.name);
          const bool named = key.node->contains("description") || key.node->contains("const");
          CHECK(named);
          if (depth < 8) visit(*key.node, path + key.name + ".", depth + 1);
        }
      };
  for (const std::string& kind : manifest_kinds()) visit(*find_schema(kind), kind + ".", 0);
}

TEST_CASE("every default is a value its own schema allows") {
  for (const std::string& kind : manifest_kinds()) {
    CAPTURE(kind);
    const auto spec = with_schema_defaults(kind, nlohmann::ordered_json::object());
    for (const auto& [key, value] : spec.items()) {
      const auto documents = parse_yaml({"default", value.dump()});
      REQUIRE(documents.has_value());
      CAPTURE(key);
      if (!documents->empty())
        CHECK(check_against(documents->front(), *schema_at(*find_schema(kind), "spec." + key))
                  .problems.empty());
    }
  }
}

TEST_CASE("values are typed by the schema") {
  CHECK(spec_of("  optimizer: {lr: 1}\n  epochs: 010\n  seed: 0x10\n") ==
        R"({"optimizer":{"lr":1.0},"epochs":10,"seed":16})");
  CHECK(spec_of("  model: {layers: [{maxpool2d: 2}, flatten, {dense: {units: classes}}]}\n") ==
        R"({"model":{"layers":[{"maxpool2d":2},"flatten",{"dense":{"units":"classes"}}]}})");
}

TEST_CASE("--set overrides a value, makes what is absent, and takes away with nothing") {
  const std::string spec =
      "  epochs: 3\n  optimizer: {name: sgd, lr: 1}\n  model: {layers: [flatten, {dense: 3}]}\n";
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"spec.epochs=20"}, R"("epochs":20)"},
      {{"spec.optimizer.lr=1e-3"}, R"("lr":0.001)"},
      {{"spec.earlyStopping.patience=4"}, R"("earlyStopping":{"patience":4})"},
      {{"spec.optimizer.lr="}, R"("optimizer":{"name":"sgd"})"},
      {{"spec.model.layers[1].dense=5"}, R"([  "flatten",{"dense":5}])"},
      {{"spec.model=mlp"}, R"("model":"mlp")"},
      {{"spec.model={name: mlp, hidden: [4]}"}, R"("model":{"name":"mlp","hidden":[4]})"},
      {{"spec.data.dataset=2024"}, R"("dataset":"2024")"},
      {{"spec.data.dataset=a: b"}, R"("dataset":"a: b")"},
      {{"spec.epochs=4", "spec.epochs=5"}, R"("epochs":5)"},
  };
  for (const auto& [sets, expected] : cases) {
    std::string text = expected;
    text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
    std::string found = spec_of(spec, sets);
    found.erase(std::remove(found.begin(), found.end(), ' '), found.end());
    CAPTURE(found);
    CHECK(found.find(text) != std::string::npos);
  }
}

TEST_CASE("a bad --set is a usage error that names the flag") {
  const std::pair<const char*, const char*> cases[] = {
      {"spec.epochs", "2 : --set spec.epochs: expected KEY=VALUE | for example --set spec.epochs=20"},
      {"spec.epochs=many",
       "2 --set spec.epochs=many: spec.epochs: expected a whole number, got the text \"many\""},
      {"spec.epohcs=1", "2 --set spec.epohcs=1: spec: unknown key \"epohcs\" | did you mean epochs?"},
      {"spec.epochs.x=1",
       "2 : --set spec.epochs.x=1: "
       "\"x\" is inside a whole number, which has no keys | set the outer key first: --set KEY={…}"},
      {"spec.model.layers[7]=flatten",
       "2 : --set spec.model.layers[7]=flatten: there is no item [7] | give the whole list: --set KEY=[…]"},
      {"epochs=3", "2 --set epochs=3: unknown key \"epochs\" | epochs belongs in spec"},
  };
  for (const auto& [set, expected] : cases)
    CHECK(error_of("  epochs: 3\n  model: {layers: [flatten]}\n", {set}) == expected);
}

TEST_CASE("${env:NAME} is replaced, typed anew when plain, and no other form is") {
  const sys::Env env{{{"E", "7"}, {"D", "data/x"}}};
  CHECK(spec_of("  epochs: ${env:E}\n  data: {dataset: \"${env:D}-${env:E}\", train: \"${E}$HOME\"}\n", {},
                env) == R"({"epochs":7,"data":{"dataset":"data/x-7","train":"${E}$HOME"}})");
  CHECK(error_of("  output: ${env:NOPE}\n") ==
        "3 t.yaml:5:11: spec.output: the environment has no NOPE | export NOPE=…");
}

TEST_CASE("a value from the environment is not shown in messages") {
  const auto manifest = load(kTrain + "  epochs: ${env:SECRET}\n", {}, {{{"SECRET", "hunter2"}}});
  REQUIRE_FALSE(manifest.has_value());
  CHECK(manifest.error().message == "spec.epochs: expected a whole number, got a value from the environment");
}

TEST_CASE("relative paths are from the manifest's folder, those of --set from the working folder") {
  CHECK(spec_of("  data: {dataset: ../d, train: t}\n  output: /abs\n", {}, {}, "a/b") ==
        R"({"data":{"dataset":"a/d","train":"t"},"output":"/abs"})");
  CHECK(spec_of("  data: {dataset: s3://b/d}\n  output: m\n", {"spec.output=here"}, {}, "a") ==
        R"({"data":{"dataset":"s3://b/d"},"output":"here"})");
}

TEST_CASE("each mistake has its message, its place and its remedy") {
  const std::pair<const char*, const char*> cases[] = {
      {"  epohcs: 1\n", "3 t.yaml:5:3: spec: unknown key \"epohcs\" | did you mean epochs?"},
      {"  lr: 1\n", "3 t.yaml:5:3: spec: unknown key \"lr\" | lr belongs in spec.optimizer"},
      {"  epochs: ten\n", "3 t.yaml:5:11: spec.epochs: expected a whole number, got the text \"ten\""},
      {"  epochs: 1.5\n", "3 t.yaml:5:11: spec.epochs: expected a whole number, got 1.5"},
      {"  epochs: 0\n", "3 t.yaml:5:11: spec.epochs: 0 must be at least 1"},
      {"  epochs:\n", "3 t.yaml:5:3: spec.epochs: expected a whole number, got nothing"},
      {"  output: 7\n", "3 t.yaml:5:11: spec.output: expected a text, got 7 | put it in quotes: \"7\""},
      {"  device: gpu\n",
       "3 t.yaml:5:11: spec.device: the text \"gpu\" is none of auto, cpu, cuda | did you mean cpu?"},
      {"  text: {lowercase: yes}\n",
       "3 t.yaml:5:21: spec.text.lowercase: "
       "expected true or false, got the text \"yes\" | YAML 1.2 writes true and false"},
      {"  model: {hidden: [3]}\n",
       "3 t.yaml:5:10: spec.model: "
       "neither a name nor layers is given | the names are cnn, resnet18, mlp, linear, text, recommender"},
      {"  model: {name: mlp, filters: [3]}\n",
       "3 t.yaml:5:22: spec.model: unknown key \"filters\" | the keys are name, hidden, dropout, activation"},
      {"  model: {layers: [{dense: {}}]}\n",
       "3 t.yaml:5:28: spec.model.layers[0].dense: \"units\" is missing"},
      {"  classWeights: {a: heavy}\n",
       "3 t.yaml:5:21: spec.classWeights.a: expected a number, got the text \"heavy\""},
      {"  epochs: 1\n  epochs: 2\n",
       "3 t.yaml:6:3: the key \"epochs\" was given before, in line 5 | keep one of the two"},
  };
  for (const auto& [spec, expected] : cases) CHECK(error_of(spec) == expected);
}

TEST_CASE("a layer that shares a list item with another is refused") {
  CHECK(error_of("  model:\n    layers:\n      - maxpool2d: 2\n        dropout: 0.5\n") ==
        "3 t.yaml:8:9: spec.model.layers[0]: "
        "a second key where one is meant | begin a list item of its own with \"- \"");
}

TEST_CASE("what is no manifest says what one begins with") {
  const std::pair<const char*, const char*> cases[] = {
      {"a: 1\n", "\"kind\" is missing"},
      {"[1]\n", "expected a map, got a list"},
      {"kind: Trian\n", "kind: \"Trian\" is none of Clean, Config, Deploy, Eval, Monitor, Pipeline, Train"},
      {"# only a comment\n", "holds no manifest"},
      {"kind: Train\n", "\"apiVersion\" is missing"},
  };
  for (const auto& [text, expected] : cases) {
    const auto manifest = load(text);
    REQUIRE_FALSE(manifest.has_value());
    CHECK(manifest.error().message.starts_with(expected));
  }
}

TEST_CASE("a file of several manifests gives each by its number") {
  test::TempFolder folder;
  const std::string file = (folder / "two.yaml").string();
  REQUIRE(sys::write_file(file, kTrain + "  epochs: 1\n---\n" + kTrain + "  epochs: 2\n").has_value());
  CHECK(load_manifest(file + "#2", {}, {})->spec.dump() == R"({"epochs":2})");
  CHECK(load_manifest(file, {}, {}).error().message == "holds 2 manifests, one is wanted");
  CHECK(load_manifest(file + "#3", {}, {}).error().code == Exit::not_found);
}

TEST_CASE("a manifest of another kind than the command's is refused") {
  const auto manifest =
      load_manifest(test::source_folder() / "manifests/examples/clean.yaml", {}, {}, "Train");
  REQUIRE_FALSE(manifest.has_value());
  CHECK(manifest.error().message == "kind: expected a manifest of kind Train, got Clean");
}

TEST_CASE("a decoder's error is shown at the value, or the nearest one around it") {
  const auto manifest = load(kTrain + "  model:\n    layers: [flatten, {dense: 3}]\n");
  REQUIRE(manifest.has_value());
  CHECK(manifest->error_at("spec.model.layers[1]", "does not fit").where == "t.yaml:6:23");
  CHECK(manifest->error_at("spec.model.layers[1].dense.units", "x").where == "t.yaml:6:31");
  CHECK(manifest->error_at("spec.optimizer.lr", "x").where == "t.yaml:5:3");
}

TEST_CASE("mutated manifests are accepted or refused, never worse") {
  const std::string words[] = {"spec", "layers", "- ", ": ", "{",    "}",   "[",  "]",
                               "&a ",  "*a",     "\n", "  ", "null", "1e9", "-1", "'"};
  Random random(11);
  for (const auto& file : examples()) {
    const std::string seed = *sys::read_file(file);
    for (int round = 0; round < 60; ++round) {
      std::string text = seed;
      for (uint64_t change = 0, changes = 1 + random.below(4); change < changes; ++change) {
        const size_t at = random.below(text.size());
        if (random.below(2) == 0) {
          text.erase(at, 1 + random.below(12));
        } else {
          text.insert(at, words[random.below(std::size(words))]);
        }
        if (text.empty()) text = "x";
      }
      const auto manifest = load(text);
      const bool told = manifest.has_value() || !manifest.error().message.empty();
      CHECK(told);
    }
  }
}
