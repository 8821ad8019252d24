#include <filesystem>

#include <fmt/format.h>

#include "cmd/shell/app.h"
#include "cmd/shell/command.h"
#include "cmd/shell/manifest_flags.h"
#include "cmd/shell/output.h"
#include "core/base/visible.h"
#include "core/sys/fs.h"
#include "core/sys/walk.h"

namespace mlctl {

namespace {

struct Options {
  std::vector<std::string> files, more, sets;
};

void declare(Flags& flags, Options& options) {
  flags.positionals("FILE", options.more, "manifests, or folders of them; - is stdin", Value::manifest,
                    false);
  flags.list("-f,--file", "FILE", options.files, "the same as a flag; may be repeated", Value::manifest);
  flags.list("--set", "KEY=VALUE", options.sets, "override a key of the manifests, e.g. spec.epochs=20",
             Value::setting);
}

Result<> check(const Options& options) {
  if (options.files.empty() && options.more.empty())
    return fail(Exit::usage, "no manifest is given", "name one with -f FILE");
  return {};
}

// Folders stand for the manifests in them.
Result<std::vector<std::string>> expand(const Options& options, Context& context) {
  std::vector<std::string> named = options.files, files;
  named.insert(named.end(), options.more.begin(), options.more.end());
  for (const std::string& name : named) {
    if (name == "-" || !sys::is_folder(name)) {
      files.push_back(name);
      continue;
    }
    const size_t before = files.size();
    sys::PassedOver passed;
    const std::vector<sys::Entry> entries = TRY(sys::list_files(name, &context.stop, &passed));
    for (const std::string& sentence : sys::sentences(passed)) context.io.warn(name + ": " + sentence);
    for (const sys::Entry& entry : entries) {
      if (entry.path.extension() == ".yaml" || entry.path.extension() == ".yml")
        files.push_back((std::filesystem::path(name) / entry.path).string());
    }
    if (files.size() == before) return fail(Exit::not_found, fmt::format("no .yaml file in {}", name));
  }
  return files;
}

Json problem_json(const std::string& where, const std::string& message, const std::string& hint) {
  Json json = {{"where", where}, {"message", message}};
  if (!hint.empty()) json["hint"] = hint;
  return json;
}

struct Report {
  Json items = Json::array();
  std::string text;             // the lines for people
  std::vector<Error> failures;  // what is not valid
};

void add(Report& report, const std::string& file, const ManifestDocument& document) {
  const Manifest& manifest = document.manifest;
  Json problems = Json::array();
  for (const Problem& problem : document.problems) {
    const Source& source = manifest.sources.at(static_cast<size_t>(problem.place.source));
    problems.push_back(problem_json(place_text(source, problem.place), problem_text(problem), problem.hint));
  }
  report.items.push_back({{"file", file},
                          {"kind", manifest.kind},
                          {"name", manifest.name},
                          {"valid", problems.empty()},
                          {"problems", problems}});
  if (document.problems.empty()) {
    report.text += visible(fmt::format("{}: valid ({} {})", file, manifest.kind, manifest.name)) + "\n";
  } else {
    report.failures.push_back(problems_error(document));
  }
}

void add(Report& report, const std::string& file, const Error& error) {
  report.items.push_back({{"file", file},
                          {"valid", false},
                          {"problems", Json::array({problem_json(error.where, error.message, error.hint)})}});
  report.failures.push_back(error);
}

// The last failure is returned, and printed like every command's error; the ones before it are printed
// here.
RunResult finish(const Report& report, Context& context) {
  TRY(print(context, document("Validation", {{"valid", report.failures.empty()}, {"files", report.items}}),
            "validation", [&](bool) { return report.text; }));
  if (report.failures.empty()) return Exit::ok;
  for (size_t at = 0; at + 1 < report.failures.size(); ++at) print_error(report.failures[at], context);
  return fail(report.failures.back());
}

RunResult run(const Options& options, Context& context) {
  Report report;
  for (const std::string& file : TRY(expand(options, context))) {
    const auto documents = read_documents(file, options.sets, context);
    if (!documents) {
      add(report, file, documents.error());
      continue;
    }
    for (const ManifestDocument& each : *documents) add(report, file, each);
  }
  return finish(report, context);
}

}  // namespace

const Command& validate_command() {
  static const Command command(
      {"validate", "manifests", "Check manifests against their schemas, offline", "-f FILE... [flags]",
       "# every problem of a file, with its place\n"
       "mlctl validate -f train.yaml\n"
       "# every manifest in a folder\n"
       "mlctl validate -f manifests -o json",
       "Exits with 3 when a manifest is not valid. Nothing but the files is read."},
      declare, check, run);
  return command;
}

}  // namespace mlctl
