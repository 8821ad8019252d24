#include "core/eval/evaluations.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/sys/fs.h"
#include "core/sys/hash_file.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

std::string text_of(const Evaluation& evaluation) {
  Json document = {{"apiVersion", "mlctl.dev/v1"}, {"kind", "Evaluation"}};
  document.update(to_json(evaluation));
  return dump_json(document, 2) + "\n";
}

Result<Evaluation> read_one(const fs::path& file) {
  const std::string text = TRY(sys::read_file(file));
  const Json document = TRY(parse_json(text, file.string()));
  return evaluation_from_json(document, file.string());
}

struct Numbered {
  int64_t number = 0;
  fs::path file;
};

// The evaluation files, newest first.
Result<std::vector<Numbered>> files_of(const fs::path& model_folder) {
  const fs::path folder = model_folder / "evaluations";
  std::vector<Numbered> found;
  if (!sys::is_folder(folder)) return found;
  for (const sys::Entry& entry : TRY(sys::list_files(folder))) {
    const Result<int64_t> number = parse_int(split(entry.path.string(), '-').front());
    if (number && entry.path.extension() == ".json") found.push_back({*number, folder / entry.path});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Numbered& a, const Numbered& b) { return a.number > b.number; });
  return found;
}

}  // namespace

bool Evaluation::passed() const {
  return std::all_of(gates.begin(), gates.end(), [](const GateOutcome& gate) { return gate.passed; });
}

Json to_json(const Evaluation& evaluation) {
  Json document = {{"task", evaluation.task},
                   {"split", evaluation.split},
                   {"samples", evaluation.samples},
                   {"metrics", evaluation.metrics}};
  if (!evaluation.confusion.is_null()) document["confusion"] = evaluation.confusion;
  document["gates"] = Json::array();
  for (const GateOutcome& gate : evaluation.gates)
    document["gates"].push_back({{"expr", gate.expr}, {"value", gate.value}, {"passed", gate.passed}});
  if (!evaluation.baseline.is_null()) document["baseline"] = evaluation.baseline;
  document["model"] = {{"digest", evaluation.model}};
  document["data"] = {{"digest", evaluation.data}};
  return document;
}

Result<Evaluation> evaluation_from_json(const Json& document, const std::string& where) {
  try {
    Evaluation evaluation;
    evaluation.task = document.at("task");
    evaluation.split = document.at("split");
    evaluation.samples = document.at("samples");
    evaluation.metrics = document.at("metrics");
    evaluation.confusion = document.value("confusion", Json());
    for (const Json& gate : document.at("gates"))
      evaluation.gates.push_back({gate.at("expr"), gate.at("value"), gate.at("passed")});
    evaluation.baseline = document.value("baseline", Json());
    evaluation.model = document.at("model").at("digest");
    evaluation.data = document.at("data").at("digest");
    return evaluation;
  } catch (const nlohmann::json::exception& error) {
    return fail(Exit::integrity, fmt::format("not a whole evaluation: {}", error.what()),
                "delete the file and run mlctl eval again", where);
  }
}

Result<fs::path> remember(const fs::path& model_folder, const Evaluation& evaluation) {
  const std::string text = text_of(evaluation);
  const std::vector<Numbered> before = TRY(files_of(model_folder));
  if (!before.empty()) {
    const Result<std::string> newest = sys::read_file(before.front().file);
    if (newest && *newest == text) return before.front().file;
  }
  const int64_t number = before.empty() ? 1 : before.front().number + 1;
  // The hash keeps two evaluations that finish at once apart.
  const sys::Folder model = TRY(sys::Folder::open(model_folder));
  const std::string name =
      fmt::format("{:04}-{}-{}.json", number, evaluation.split, sha256_hex(text).substr(0, 8));
  const sys::PathAt file = model / "evaluations" / name;
  TRY(sys::write_file(file, text));
  return file.path();
}

Result<fs::path> newest_evaluation(const fs::path& model_folder) {
  const std::vector<Numbered> files = TRY(files_of(model_folder));
  return files.empty() ? fs::path() : files.front().file;
}

Result<std::vector<Evaluation>> list_evaluations(const fs::path& model_folder) {
  const std::string digest = TRY(sha256_file(model_folder / "model.json"));
  std::vector<Evaluation> evaluations;
  for (const Numbered& one : TRY(files_of(model_folder))) {
    Evaluation evaluation = TRY(read_one(one.file));
    if (evaluation.model == digest) evaluations.push_back(std::move(evaluation));
  }
  return evaluations;
}

Result<std::optional<Evaluation>> read_latest(const fs::path& model_folder) {
  std::vector<Evaluation> evaluations = TRY(list_evaluations(model_folder));
  if (evaluations.empty()) return std::nullopt;
  const auto gated = std::find_if(evaluations.begin(), evaluations.end(),
                                  [](const Evaluation& one) { return !one.gates.empty(); });
  return std::move(gated == evaluations.end() ? evaluations.front() : *gated);
}

}  // namespace mlctl
