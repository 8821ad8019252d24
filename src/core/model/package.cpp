#include "core/model/package.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/engine/network_json.h"
#include "core/engine/parameters.h"
#include "core/output/checked_file.h"
#include "core/sys/fs.h"
#include "core/sys/hash_file.h"
#include "core/tensor/safetensors.h"
#include "core/text/json_fields.h"

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

constexpr const char* kAgain = "download or train the model again";

Result<Model> decode(const Json& json) {
  const Fields fields(json);
  if (fields.get<std::string>("kind") != "Model") return fail(Exit::integrity, "this is not a model");
  if (const int64_t format = fields.get<int64_t>("format"); format != kFormat) {
    return fail(Exit::integrity, fmt::format("model format {}, this mlctl reads {}", format, kFormat),
                "use the mlctl that wrote it, or train again");
  }
  Model model;
  Result<Task> task = task_from_name(fields.get<std::string>("task"));
  if (!task) return fail(fields.wrong("task", std::move(task.error())));
  model.task = *task;
  model.network = TRY(network_from_json(fields.at("network")));
  model.preprocess = TRY(preprocess_from_json(fields.at("preprocess"), model.network.input.kind));
  model.classes = fields.get<std::vector<std::string>>("classes");
  model.metrics = fields.get<Json>("metrics");
  model.training = fields.get<Json>("training");
  model.statistics = TRY(fields.each("statistics", limits::kColumns, feature_from_json));
  model.lineage = fields.get<Json>("lineage");
  model.files = TRY(fields.each("files", limits::kShards, file_from_json));
  return model;
}

struct Document {
  Model model;
  Digest digest;
};

Result<Document> open_document(const fs::path& folder) {
  const fs::path path = folder / kModelFile;
  if (!sys::exists(path)) {
    return fail(Exit::not_found, fmt::format("{} is not a model: it has no model.json", folder.string()),
                "mlctl train DATASET --to MODEL makes one");
  }
  const std::string text = TRY(sys::read_file(path, limits::kJsonBytes));
  const Json json = TRY(parse_json(text, path.string()));
  return Document{TRY(model_from_json(json, path.string())), Digest::of(text)};
}

// Compares the tensors in the file with the network's: the same names, types and shapes, and no others.
// Differences are found before memory is taken.
Result<> compare(const std::map<std::string, TensorView>& views, const std::vector<Parameter>& wanted) {
  for (const Parameter& parameter : wanted) {
    const auto found = views.find(parameter.name);
    if (found == views.end())
      return fail(Exit::integrity, fmt::format("the weights lack the tensor {}", parameter.name));
    const TensorView& view = found->second;
    if (view.dtype != parameter.dtype || view.shape != parameter.shape) {
      return fail(Exit::integrity,
                  fmt::format("the tensor {} is {} [{}], the network needs {} [{}]", parameter.name,
                              safetensors_name(view.dtype), fmt::join(view.shape, ", "),
                              safetensors_name(parameter.dtype), fmt::join(parameter.shape, ", ")));
    }
  }
  if (views.size() == wanted.size()) return {};
  const auto strange = std::find_if(views.begin(), views.end(), [&](const auto& view) {
    return std::none_of(wanted.begin(), wanted.end(),
                        [&](const Parameter& each) { return each.name == view.first; });
  });
  return fail(Exit::integrity, fmt::format("the network has no tensor {}", strange->first));
}

Result<TensorMap> weights_of(const Network& network, std::string_view bytes, const std::string& where) {
  const auto views = TRY(view_safetensors(bytes, where));
  const std::vector<Parameter> wanted = TRY(parameters(network));
  if (const Result<> same = compare(views, wanted); !same)
    return fail(same.error().code, same.error().message, kAgain, where);
  TensorMap tensors;
  for (const auto& [name, view] : views) tensors[name] = {view.dtype, view.shape, std::string(view.bytes)};
  return tensors;
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
  Result<Model> model = decode_json(where, Exit::integrity, [&] { return decode(document); });
  const Result<> valid = model ? validate(*model) : fail(std::move(model.error()));
  if (valid) return model;
  Error error = valid.error();
  error.code = Exit::integrity;
  error.where = where;
  if (error.hint.empty()) error.hint = "the file is torn or was edited: " + std::string(kAgain);
  return fail(std::move(error));
}

Result<Package> open_package(const fs::path& folder) {
  Document document = TRY(open_document(folder));
  Package package{std::move(document.model), std::move(document.digest), {}};
  CheckedFiles files(folder, kModelFile);
  const auto take = [&](const std::string& where, std::string_view bytes) -> Result<> {
    package.weights = TRY(weights_of(package.model.network, bytes, where));
    return {};
  };
  for (const FileEntry& entry : package.model.files)
    TRY(entry.path.text() == kWeightsFile ? files.read(entry, take) : files.compare(entry));
  return package;
}

Result<Model> open_model(const fs::path& folder) {
  Document document = TRY(open_document(folder));
  CheckedFiles files(folder, kModelFile);
  TRY(files.compare(document.model.files));
  return std::move(document.model);
}

Result<> write_model(const sys::PathAt& folder, Model model, const TensorMap& weights) {
  const std::string bytes = write_safetensors(weights, {{"format", "pt"}});
  model.files = {{TRY(InsidePath::parse(kWeightsFile)), bytes.size(), Digest::of(bytes)}};
  TRY(sys::write_file(folder / kWeightsFile, bytes));
  return sys::write_file(folder / kModelFile, dump_json(to_json(model), 2) + "\n");
}

Result<std::string> model_digest(const fs::path& folder) {
  return sha256_file(folder / kModelFile);
}

}  // namespace mlctl
