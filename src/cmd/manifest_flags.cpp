#include "cmd/manifest_flags.h"

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

Result<std::vector<ManifestDocument>> read_documents(const std::string& file,
                                                     const std::vector<std::string>& sets, Context& context) {
  const auto [name, number] = document_number(file);
  if (name == "-") {
    const Source text{"stdin", context.io.read_all_input()};
    return pick_document(TRY(read_documents(text, ".", sets, context.env)), number, "stdin");
  }
  return read_document_file(file, sets, context.env);
}

Result<std::optional<Manifest>> load_manifest(const ManifestFlags& flags, const std::string& kind,
                                              Context& context) {
  if (flags.file.empty()) return std::optional<Manifest>();
  std::vector<ManifestDocument> documents = TRY(read_documents(flags.file, flags.sets, context));
  return std::optional(TRY(only_manifest(std::move(documents), flags.file, kind)));
}

}  // namespace mlctl
