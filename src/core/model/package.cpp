#include "core/model/package.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/model/safetensors.h"
#include "core/sys/fs.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kModelFile = "model.json";
constexpr const char* kWeightsFile = "weights.safetensors";
constexpr int kFormat = 1;
constexpr const char* kTaskNames[] = {"classification", "regression", "recommendation"};

Json list_of(const auto& parts) {
  Json list = Json::array();
  for (const auto& part : parts) list.push_back(to_json(part));
  return list;
}

Result<Model> decode(const Json& json, const std::string& where) {
  if (json.value("kind", "") != "Model") return fail(Exit::integrity, "this is not a model", {}, where);
  if (const int format = json.at("format").get<int>(); format != kFormat) {
    return fail(Exit::integrity, fmt::format("model format {}, this mlctl reads {}", format, kFormat),
                "use the mlctl that wrote it, or train again", where);
  }
  Model model;
  model.task = TRY(task_from_name(json.at("task").get<std::string>()));
  model.network = TRY(network_from_json(json.at("network")));
  model.preprocess = preprocess_from_json(json.at("preprocess"), model.network.input.kind);
  model.classes = json.at("classes").get<std::vector<std::string>>();
  model.metrics = json.at("metrics");
  model.training = json.at("training");
  for (const Json& feature : json.at("statistics")) model.statistics.push_back(feature_from_json(feature));
  model.lineage = json.at("lineage");
  for (const Json& file : json.at("files")) model.files.push_back(file_from_json(file));
  return model;
}

// model.json comes from anywhere: its paths must stay inside the folder.
bool is_inside(const fs::path& path) {
  return path.is_relative() && !path.empty() &&
         std::none_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".."; });
}

Result<> check_file(const fs::path& folder, const FileEntry& entry) {
  const fs::path path = folder / entry.path;
  const char* hint = "download or train the model again";
  if (!is_inside(entry.path)) {
    return fail(Exit::integrity, fmt::format("\"{}\" points outside the model", entry.path), hint,
                (folder / kModelFile).string());
  }
  if (!sys::exists(path)) return fail(Exit::integrity, "a file of the model is missing", hint, path.string());
  if (TRY(sha256_file(path)) != entry.sha256) {
    return fail(Exit::integrity, "the file is not the one model.json names (SHA-256 differs)", hint,
                path.string());
  }
  return {};
}

}  // namespace

const char* name(Task task) {
  return kTaskNames[static_cast<int>(task)];
}

Result<Task> task_from_name(const std::string& text) {
  for (const Task task : {Task::classification, Task::regression, Task::recommendation}) {
    if (text == name(task)) return task;
  }
  return fail(Exit::manifest, fmt::format("unknown task \"{}\"", text),
              "the tasks are classification, regression and recommendation");
}

Json to_json(const Model& model) {
  return {{"apiVersion", "mlctl.dev/v1"},
          {"kind", "Model"},
          {"format", kFormat},
          {"task", name(model.task)},
          {"classes", model.classes},
          {"network", to_json(model.network)},
          {"preprocess", to_json(model.preprocess, model.network.input.kind)},
          {"metrics", model.metrics},
          {"training", model.training},
          {"statistics", list_of(model.statistics)},
          {"lineage", model.lineage},
          {"files", list_of(model.files)}};
}

Result<Model> model_from_json(const Json& document, const std::string& where) {
  return decode_json(where, Exit::integrity, [&] { return decode(document, where); });
}

Result<Model> open_model(const fs::path& folder) {
  const fs::path path = folder / kModelFile;
  if (!sys::exists(path)) {
    return fail(Exit::not_found, fmt::format("{} is not a model: it has no model.json", folder.string()),
                "mlctl train DATASET --to MODEL makes one");
  }
  const std::string text = TRY(sys::read_file(path));
  const Json document = TRY(parse_json(text, path.string()));
  Model model = TRY(model_from_json(document, path.string()));
  for (const FileEntry& entry : model.files) TRY(check_file(folder, entry));
  return model;
}

Result<TensorMap> read_weights(const fs::path& folder) {
  return read_safetensors(folder / kWeightsFile);
}

Result<> write_model(const sys::PathAt& folder, Model model, const TensorMap& weights) {
  const std::string bytes = write_safetensors(weights, {{"format", "pt"}});
  model.files = {{kWeightsFile, bytes.size(), sha256_hex(bytes)}};
  TRY(sys::write_file(folder / kWeightsFile, bytes));
  return sys::write_file(folder / kModelFile, to_json(model).dump(2) + "\n");
}

Result<std::string> model_digest(const fs::path& folder) {
  return sha256_file(folder / kModelFile);
}

}  // namespace mlctl
