#include "cmd/shell/manifest_flags.h"

#include "cmd/shell/pipelines.h"
#include "core/base/strings.h"
#include "core/manifest/config.h"
#include "core/manifest/schema.h"

namespace mlctl {

void declare(Flags& flags, ManifestFlags& out) {
  flags.option("-f,--file", "FILE", out.file, "manifest; - is stdin", Value::manifest);
  flags.list("--set", "KEY=VALUE", out.sets, "override a key of the manifest, e.g. spec.epochs=20",
             Value::setting);
}

Result<> check(const ManifestFlags& flags) {
  if (!flags.sets.empty() && flags.file.empty())
    return fail(Exit::usage, "--set changes a manifest, and none is given", "name one with -f FILE");
  return {};
}

ValueCheck as_in_manifest(const std::string& kind, const std::string& path) {
  return [kind, path](const std::string& text) -> Result<> {
    YamlNode value;
    value.kind = plain_kind(text);
    value.text = text;
    value.place.source = 1;  // not a file's: it has no quotes to say that it is a text
    const auto schema = find_schema(kind);
    const Checked checked = check_against(value, *schema_at(*schema, path));
    if (checked.problems.empty()) return {};
    return fail(Exit::usage, checked.problems.front().message, checked.problems.front().hint);
  };
}

Result<> lay_under(const std::string& kind, nlohmann::ordered_json& spec, const Context& context) {
  if (kind != "Train") return {};
  for (const char* key : {"device", "seed"}) {
    const auto said = spec.contains(key) ? std::nullopt : context.setting(key);
    if (!said) continue;
    if (const Result<> checked = as_in_manifest(kind, std::string("spec.") + key)(*said); !checked)
      return fail(Exit::usage, setting_variable(key) + ": " + checked.error().message, checked.error().hint);
    spec[key] = *said;
    if (const Result<int64_t> number = parse_int(*said)) spec[key] = *number;
  }
  return {};
}

namespace {

Result<std::vector<ManifestDocument>> documents_of(const std::string& file,
                                                   const std::vector<std::string>& sets, Context& context) {
  const auto [name, number] = document_number(file);
  if (name != "-") return read_document_file(file, sets, context.env);
  const Source text{"stdin", TRY(context.io.read_all_input())};
  return pick_document(TRY(read_documents(text, ".", sets, context.env)), number, "stdin");
}

}  // namespace

Result<std::vector<ManifestDocument>> read_documents(const std::string& file,
                                                     const std::vector<std::string>& sets, Context& context) {
  std::vector<ManifestDocument> documents = TRY(documents_of(file, sets, context));
  for (ManifestDocument& each : documents) {
    const std::vector<Expansion>& more = each.manifest.expansions;
    context.expansions.insert(context.expansions.end(), more.begin(), more.end());
    if (each.manifest.kind == "Pipeline")
      decode_pipeline(each.manifest, command_signatures(), context.env, each.problems);
  }
  return documents;
}

Result<std::optional<Manifest>> load_manifest(const ManifestFlags& flags, const std::string& kind,
                                              Context& context) {
  if (flags.file.empty()) return std::optional<Manifest>();
  std::vector<ManifestDocument> documents = TRY(read_documents(flags.file, flags.sets, context));
  return std::optional(TRY(only_manifest(std::move(documents), flags.file, kind)));
}

}  // namespace mlctl
