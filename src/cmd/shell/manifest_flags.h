#pragma once
// -f FILE and --set KEY=VALUE, as every command that takes a manifest declares and reads them.

#include <optional>
#include <string>
#include <vector>

#include "cmd/shell/context.h"
#include "cmd/shell/flags.h"
#include "core/manifest/manifest.h"

namespace mlctl {

struct ManifestFlags {
  std::string file;  // "" = none, "-" = stdin, FILE#2 = its second document
  std::vector<std::string> sets;
};

void declare(Flags& flags, ManifestFlags& out);
Result<> check(const ManifestFlags& flags);  // --set needs -f

// Checks a flag's value against the schema of the key that it sets: ("Train", "spec.epochs").
ValueCheck as_in_manifest(const std::string& kind, const std::string& path);

// Adds settings where neither flag nor manifest gives a value: a Train's device and seed.
Result<> lay_under(const std::string& kind, nlohmann::ordered_json& spec, const Context& context);

// The manifest of `kind` that -f names, or nothing without -f.
Result<std::optional<Manifest>> load_manifest(const ManifestFlags& flags, const std::string& kind,
                                              Context& context);
// Every document of a file, or of stdin for "-". The stages of a Pipeline are checked like the commands
// that they run.
Result<std::vector<ManifestDocument>> read_documents(const std::string& file,
                                                     const std::vector<std::string>& sets, Context& context);

}  // namespace mlctl
