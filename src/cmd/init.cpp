#include <fmt/format.h>

#include "cmd/shell/command.h"
#include "cmd/shell/output.h"
#include "core/base/strings.h"
#include "core/base/visible.h"
#include "core/sys/fs.h"

namespace mlctl {

namespace {

namespace fs = std::filesystem;

constexpr const char* kTrain =
    R"(# mlctl train -f manifests/train.yaml      mlctl explain train.spec lists every key
apiVersion: mlctl.dev/v1
kind: Train
metadata: {name: mymodel}
spec:
  data: {dataset: ../data/clean}
  epochs: 10
  seed: 1
  output: ../models/mymodel
)";

constexpr const char* kPipeline =
    R"(# mlctl run -f manifests/pipeline.yaml     runs the stages whose inputs or parameters changed
apiVersion: mlctl.dev/v1
kind: Pipeline
metadata: {name: mypipeline}
spec:
  stages:
    - name: ingest
      run: ingest
      with: {source: ../source, to: ../data/raw}   # <- where your pictures, texts or tables are
    - name: clean
      run: clean
      with: {dataset: ../data/raw, to: ../data/clean, dedupe: exact}
    - name: train
      run: train
      with: {dataset: ../data/clean, to: ../models/mymodel, epochs: 10}
    - name: judge
      run: eval
      with: {model: ../models/mymodel, data: ../data/clean, report: ../eval.html}
      needs: [train]
)";

constexpr const char* kIgnored = "/.mlctl/\n/data/\n/models/\n*.partial/\n";

struct Options {
  std::string folder = ".";
};

void declare(Flags& flags, Options& options) {
  flags.positional("FOLDER", options.folder, "the project's folder (default: here)", Value::folder, false);
}

// Writes what is not there; what is stays as it is.
Result<> add_file(const sys::PathAt& path, const char* text, Json& made, Json& kept) {
  if (sys::exists(path)) {
    kept.push_back(path.path().string());
    return {};
  }
  made.push_back(path.path().string());
  return sys::write_file(path, text);
}

// The lines of .gitignore that are missing go to its end.
Result<> ignore(const sys::PathAt& path, Json& made, Json& kept) {
  if (!sys::exists(path)) return add_file(path, kIgnored, made, kept);
  std::string text = TRY(sys::read_file(path));
  std::string missing;
  for (const std::string& line : split(std::string(trim(kIgnored)), '\n')) {
    if (("\n" + text + "\n").find("\n" + line + "\n") == std::string::npos) missing += line + "\n";
  }
  (missing.empty() ? kept : made).push_back(path.path().string());
  if (missing.empty()) return {};
  if (!text.empty() && text.back() != '\n') text += '\n';
  return sys::write_file(path, text + missing);
}

RunResult run(const Options& options, Context& context) {
  const fs::path folder = options.folder;
  Json made = Json::array(), kept = Json::array();
  const sys::Folder project = TRY(sys::Folder::make(folder.empty() ? "." : folder));
  TRY(sys::Folder::make(project / ".mlctl", sys::Readers::nobody));
  TRY(add_file(project / "manifests" / "train.yaml", kTrain, made, kept));
  TRY(add_file(project / "manifests" / "pipeline.yaml", kPipeline, made, kept));
  TRY(ignore(project / ".gitignore", made, kept));
  const Json result = document("Project", {{"folder", options.folder}, {"made", made}, {"kept", kept}});
  TRY(print(context, result, "project/" + options.folder, [&](bool) {
    std::string text;
    for (const Json& path : made) text += fmt::format("made  {}\n", visible(path.get<std::string>()));
    for (const Json& path : kept) text += fmt::format("kept  {}\n", visible(path.get<std::string>()));
    return text;
  }));
  const std::string pipeline = (folder / "manifests" / "pipeline.yaml").lexically_normal().string();
  context.io.note(
      fmt::format("next: write where your data is at \"source\" in {0}, then mlctl run -f {0}", pipeline));
  context.io.note("or by hand: mlctl ingest SOURCE --to data/raw; mlctl help tour shows the way");
  return Exit::ok;
}

}  // namespace

const Command& init_command() {
  static const Command command(
      {"init", "setup", "Make a project: manifests to edit, a place for runs", "[FOLDER] [flags]",
       "mlctl init\nmlctl init rabbits", "Nothing that exists is overwritten."},
      declare, nullptr, run);
  return command;
}

}  // namespace mlctl
