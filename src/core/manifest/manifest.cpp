#include "core/manifest/manifest.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/manifest/overrides.h"
#include "core/manifest/schema.h"
#include "core/sys/fs.h"

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kShownProblems = 20;

// The kind's name, or "" with the problem noted.
std::string kind_of(const YamlNode& root, std::vector<Problem>& problems) {
  const std::vector<std::string> kinds = manifest_kinds();
  if (root.kind != YamlKind::map) {
    problems.push_back({root.place, "", fmt::format("expected a map, got {}", name(root.kind)),
                        "a manifest begins with apiVersion: mlctl.dev/v1"});
    return {};
  }
  const YamlNode* kind = root.find("kind");
  if (kind == nullptr) {
    problems.push_back({root.place, "", "\"kind\" is missing", "the kinds are " + join(kinds, ", ")});
    return {};
  }
  if (std::find(kinds.begin(), kinds.end(), kind->text) != kinds.end()) return kind->text;
  const std::string near = did_you_mean(kind->text, kinds);
  problems.push_back({kind->place, "kind", fmt::format("\"{}\" is none of {}", kind->text, join(kinds, ", ")),
                      near.empty() ? "" : fmt::format("did you mean {}?", near)});
  return {};
}

Result<ManifestDocument> read_document(YamlNode root, const Source& source,
                                       const std::filesystem::path& folder,
                                       const std::vector<std::string>& sets, const sys::Env& env) {
  ManifestDocument document;
  Manifest& manifest = document.manifest;
  manifest.file = source.name;
  manifest.folder = folder;
  manifest.sources = {source};
  for (const std::string& assignment : sets) TRY(apply_set(root, assignment, manifest.sources));
  expand_environment(root, env, document.problems, document.manifest.expansions);
  manifest.kind = kind_of(root, document.problems);
  if (manifest.kind.empty()) return document;
  Checked checked = check_against(root, *find_schema(manifest.kind), folder);
  const std::vector<Problem> unset = document.problems;  // of the environment: the rest is their consequence
  std::copy_if(checked.problems.begin(), checked.problems.end(), std::back_inserter(document.problems),
               [&](const Problem& problem) {
                 return std::none_of(unset.begin(), unset.end(),
                                     [&](const Problem& other) { return other.path == problem.path; });
               });
  manifest.places = std::move(checked.places);
  manifest.keys = std::move(checked.keys);
  if (const YamlNode* metadata = root.find("metadata")) {
    if (const YamlNode* given = metadata->find("name")) manifest.name = given->text;
  }
  manifest.spec = checked.value.value("spec", Json::object());
  return document;
}

std::string with_hint(const Problem& problem) {
  return problem.hint.empty() ? problem_text(problem)
                              : fmt::format("{} ({})", problem_text(problem), problem.hint);
}

Result<> want_kind(const Manifest& manifest, const std::string& kind) {
  if (kind.empty() || manifest.kind == kind) return {};
  return fail(manifest.error_at("kind",
                                fmt::format("expected a manifest of kind {}, got {}", kind, manifest.kind),
                                fmt::format("mlctl apply -f {} does what it says", manifest.file)));
}

void add_defaults(Json& value, const Json& schema) {
  const std::vector<const Json*> options = alternatives(schema);
  if (options.size() != 1) return;  // which one was meant is the decoder's business
  if (value.is_array() && options.front()->contains("items")) {
    for (Json& item : value) add_defaults(item, options.front()->at("items"));
  }
  if (!value.is_object() || !options.front()->contains("properties")) return;
  for (const auto& [key, child] : options.front()->at("properties").items()) {
    if (!value.contains(key) && child.contains("default")) value[key] = child.at("default");
    if (value.contains(key)) add_defaults(value[key], child);
  }
}

}  // namespace

TextPlace Manifest::place(const std::string& path) const {
  std::string at = path;
  while (!at.empty() && !has(at)) {
    const size_t outer = at.find_last_of(".[");
    at.resize(outer == std::string::npos ? 0 : outer);
  }
  const auto found = places.find(at);
  return found == places.end() ? TextPlace{} : found->second;
}

Error Manifest::error_at(const std::string& path, const std::string& message, const std::string& hint) const {
  const TextPlace at = place(path);
  const Source& source = sources.at(static_cast<size_t>(at.source));
  return {at.source == 0 ? Exit::manifest : Exit::usage, fmt::format("{}: {}", path, message),
          place_text(source, at), hint, caret_lines(source, at)};
}

std::string problem_text(const Problem& problem) {
  return problem.path.empty() ? problem.message : fmt::format("{}: {}", problem.path, problem.message);
}

Error problems_error(const ManifestDocument& document) {
  const std::vector<Problem>& problems = document.problems;
  const std::vector<Source>& sources = document.manifest.sources;
  const auto source = [&](const Problem& problem) {
    return sources.at(static_cast<size_t>(problem.place.source));
  };
  const bool flags_only = std::all_of(problems.begin(), problems.end(),
                                      [](const Problem& problem) { return problem.place.source > 0; });
  const Problem& first = problems.front();
  const bool single = problems.size() == 1;
  Error error{flags_only ? Exit::usage : Exit::manifest, single ? problem_text(first) : with_hint(first),
              place_text(source(first), first.place), single ? first.hint : "",
              caret_lines(source(first), first.place)};
  for (size_t at = 1; at < std::min(problems.size(), kShownProblems); ++at) {
    const Problem& problem = problems[at];
    const std::string caret = caret_lines(source(problem), problem.place);
    error.detail += fmt::format("{}error: {}: {}{}{}", error.detail.empty() ? "" : "\n",
                                place_text(source(problem), problem.place), with_hint(problem),
                                caret.empty() ? "" : "\n", caret);
  }
  if (problems.size() > kShownProblems)
    error.detail += fmt::format("\n… and {} more", problems.size() - kShownProblems);
  if (!single)
    error.hint = fmt::format("{} problems; mlctl explain shows what may stand where", problems.size());
  return error;
}

Result<std::vector<ManifestDocument>> read_documents(const Source& source,
                                                     const std::filesystem::path& folder,
                                                     const std::vector<std::string>& sets,
                                                     const sys::Env& env) {
  std::vector<ManifestDocument> documents;
  for (YamlNode& root : TRY(parse_yaml(source)))
    documents.push_back(TRY(read_document(std::move(root), source, folder, sets, env)));
  if (documents.empty())
    return fail(Exit::manifest, "holds no manifest", "mlctl init writes one to begin with", source.name);
  return documents;
}

std::pair<std::string, size_t> document_number(const std::string& file) {
  const size_t hash = file.rfind('#');
  if (hash == std::string::npos || sys::exists(file)) return {file, 0};
  const int64_t number = parse_int(file.substr(hash + 1)).value_or(0);
  return number < 1 ? std::pair(file, size_t{0})
                    : std::pair(file.substr(0, hash), static_cast<size_t>(number));
}

Result<std::vector<ManifestDocument>> pick_document(std::vector<ManifestDocument> documents, size_t number,
                                                    const std::string& file) {
  if (number == 0) return documents;
  if (number > documents.size()) {
    return fail(Exit::not_found,
                fmt::format("{} holds {}, not {}", file, plural(documents.size(), "manifest"), number));
  }
  std::vector<ManifestDocument> one;
  one.push_back(std::move(documents[number - 1]));
  return one;
}

Result<std::vector<ManifestDocument>> read_document_file(const std::string& file,
                                                         const std::vector<std::string>& sets,
                                                         const sys::Env& env) {
  const auto [name, number] = document_number(file);
  const std::filesystem::path path = name;
  const Result<std::string> text = sys::read_input(path, uint64_t{16} << 20);
  if (!text) return fail(text.error());
  return pick_document(TRY(read_documents({name, *text}, path.parent_path(), sets, env)), number, name);
}

Result<Manifest> only_manifest(std::vector<ManifestDocument> documents, const std::string& name,
                               const std::string& kind) {
  if (documents.size() > 1) {
    return fail(Exit::manifest, fmt::format("holds {} manifests, one is wanted", documents.size()),
                fmt::format("name one as {0}#1, or do all with mlctl apply -f {0}", name), name);
  }
  ManifestDocument& document = documents.front();
  if (!document.manifest.kind.empty()) TRY(want_kind(document.manifest, kind));
  if (!document.problems.empty()) return fail(problems_error(document));
  return std::move(document.manifest);
}

Result<Manifest> load_manifest(const std::string& file, const std::vector<std::string>& sets,
                               const sys::Env& env, const std::string& kind) {
  return only_manifest(TRY(read_document_file(file, sets, env)), file, kind);
}

Json with_schema_defaults(const std::string& kind, const Json& spec) {
  const std::optional<Json> schema = find_schema(kind);
  Json result = spec.is_object() ? spec : Json::object();
  if (schema) add_defaults(result, schema->at("properties").at("spec"));
  return result;
}

}  // namespace mlctl
