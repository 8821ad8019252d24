#include <fmt/format.h>

#include "cmd/shell/command.h"
#include "cmd/shell/output.h"
#include "cmd/shell/recorded.h"
#include "cmd/shell/workspace.h"
#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/engine/engine.h"
#include "core/model/package.h"
#include "core/sys/fs.h"
#include "core/tensor/safetensors.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

namespace fs = std::filesystem;

struct Options {
  std::string model, format, to;
  bool overwrite = false;
  StoreOptions store;
};

void declare(Flags& flags, Options& options) {
  flags.positional("MODEL", options.model, "the model to export", Value::model);
  flags.choice("--format", options.format, {"torchscript", "safetensors"}, "what to write");
  flags.option("--to", "PATH", options.to, "the file to write", Value::file);
  flags.flag("--overwrite", options.overwrite, "replace a file with other content");
  declare_store(flags, options.store);
}

Result<> check(const Options& options) {
  if (options.format.empty()) return fail(Exit::usage, "--format is missing", "torchscript or safetensors");
  if (options.to.empty()) return fail(Exit::usage, "--to PATH is missing");
  TRY(check_place(options.to));
  return {};
}

Result<std::string> safetensors_bytes(const Package& package) {
  const Model& model = package.model;
  std::map<std::string, std::string> metadata = {{"format", "pt"}, {"task", name(model.task)}};
  if (!model.classes.empty()) metadata["classes"] = dump_json(Json(model.classes));
  return write_safetensors(package.weights, metadata);
}

Result<std::string> torchscript_bytes(const Package& package, Context& context) {
  Engine* engine = TRY(context.engine());
  SessionSpec spec;
  spec.network = package.model.network;
  spec.inference = true;
  spec.device = "cpu";
  const std::unique_ptr<Session> session = TRY(engine->open(spec));
  TRY(session->load_weights(package.weights));
  return session->torchscript();
}

// The inputs that the network expects: preprocessing is not part of the export.
std::string inputs_note(const Model& model) {
  const Preprocess& preprocess = model.preprocess;
  const auto list = [](const std::vector<double>& values) {
    std::vector<std::string> texts;
    for (const double value : values) texts.push_back(fmt::format("{:.6g}", value));
    return join(texts, ", ");
  };
  switch (model.network.input.kind) {
    case InputKind::image:
      return fmt::format(
          "forward() takes normalised pictures [N, {}, {}, {}]: "
          "(pixel / 255 - mean) / stddev, with mean [{}] and stddev [{}]",
          preprocess.image.channels, preprocess.image.height, preprocess.image.width,
          list(preprocess.image.mean), list(preprocess.image.stddev));
    case InputKind::table:
      return "forward() takes normalised numbers, (x - mean) / stddev, and codes of categories: mean, stddev "
             "and categories of each column are in model.json, preprocess.table.columns";
    case InputKind::text:
      return "forward() takes hashed tokens and their offsets: model.json, preprocess.text says how";
    case InputKind::ratings:
      break;
  }
  return "forward() takes codes: "
         "1 + the place of the id in preprocess.ratings.users and items of model.json, 0 for others";
}

// A file; "PATH/" or an existing folder gets the model's name inside it.
std::string target_of(const Options& options, const fs::path& model) {
  const bool folder = options.to.ends_with('/') || (!is_stored(options.to) && sys::is_folder(options.to));
  const char* extension = options.format == "torchscript" ? ".pt" : ".safetensors";
  if (!folder) return options.to;
  return options.to + (options.to.ends_with('/') ? "" : "/") + model.filename().string() + extension;
}

RunResult export_model(const Options& options, Context& context, RunRecord& record) {
  const LocalFiles staged = TRY(workspace(context, options.store).files(options.model));
  const fs::path& folder = staged.path;
  const Package package = TRY(open_package(folder));
  const std::string path = target_of(options, (folder / ".").lexically_normal().parent_path());
  const std::string bytes =
      TRY(options.format == "torchscript" ? torchscript_bytes(package, context) : safetensors_bytes(package));
  TRY(workspace(context, options.store).write(path, bytes, options.overwrite));
  const std::string sha256 = sha256_hex(bytes);
  record.inputs = {{options.model, package.digest.hex()}};
  record.outputs = {{path, sha256}};
  const Json result = document("Export", {{"model", options.model},
                                          {"format", options.format},
                                          {"path", path},
                                          {"size", bytes.size()},
                                          {"sha256", sha256}});
  if (options.format == "torchscript") context.io.note(inputs_note(package.model));
  TRY(print(context, result, path, [&](bool) {
    return fmt::format("{}: {}, {}\n", path, options.format, human_bytes(bytes.size()));
  }));
  return Exit::ok;
}

RunResult run(const Options& options, Context& context) {
  return recorded(context, "export",
                  {{"model", options.model}, {"format", options.format}, {"to", options.to}},
                  [&](RunRecord& record, const fs::path&) { return export_model(options, context, record); });
}

}  // namespace

const Command& export_command() {
  static const Command command(
      {"export", "serving", "Write a model in another tool's format",
       "MODEL --format torchscript|safetensors --to PATH [flags]",
       "mlctl export models/rabbits --format torchscript --to rabbits.pt\n"
       "mlctl export models/rabbits --format safetensors --to rabbits.safetensors",
       "TorchScript's forward() takes the preprocessed inputs: pictures [N, C, H, W]; "
       "of a table the numbers and the codes; of texts the tokens and their offsets; of ratings the ids. "
       "model.json says how they are made."},
      declare, check, run);
  return command;
}

}  // namespace mlctl
