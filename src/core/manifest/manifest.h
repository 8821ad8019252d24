#pragma once
// Manifests: read, overridden by --set, checked against their kind's schema, and decoded to plain JSON.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/result.h"
#include "core/manifest/validate.h"
#include "core/sys/env.h"
#include "core/text/as_written.h"
#include "core/text/source.h"

namespace mlctl {

struct Manifest {
  std::string kind, name;       // "Train", metadata.name
  nlohmann::ordered_json spec;  // as given, typed by the schema; defaults are the decoders'
  std::string file;             // as the user named it; "-" for stdin
  // Relative paths in the text are relative to this folder; in `spec` they are relative to the working
  // folder.
  std::filesystem::path folder;
  std::vector<Source> sources;              // the text, then the --set flags
  std::map<std::string, TextPlace> places;  // of each value given: "spec.epochs"
  std::map<std::string, TextPlace> keys;    // of each key given
  std::vector<Expansion> expansions;        // of the variables in the text

  bool has(const std::string& path) const { return places.contains(path); }
  TextPlace place(const std::string& path) const;  // of a value, or of the nearest one around it
  // An error (3) about a value, with its line and a caret; about the nearest outer value if that was not
  // given.
  Error error_at(const std::string& path, const std::string& message, const std::string& hint = {}) const;
};

// A document with what is wrong in it; without problems the manifest can be used.
struct ManifestDocument {
  Manifest manifest;
  std::vector<Problem> problems;
};

// Every document of a text. Fails only on what is not YAML, or a bad --set.
Result<std::vector<ManifestDocument>> read_documents(const Source& source,
                                                     const std::filesystem::path& folder,
                                                     const std::vector<std::string>& sets,
                                                     const sys::Env& env);
// "train.yaml#2" → the file and the number of the document that is meant; 0: all.
std::pair<std::string, size_t> document_number(const std::string& file);
Result<std::vector<ManifestDocument>> pick_document(std::vector<ManifestDocument> documents, size_t number,
                                                    const std::string& file);
// The same as read_documents from a file: absent → 5. "FILE#2" is the second document of FILE.
Result<std::vector<ManifestDocument>> read_document_file(const std::string& file,
                                                         const std::vector<std::string>& sets,
                                                         const sys::Env& env);

// All the problems of a document as one error: 3, or 2 when only --set flags are to blame.
Error problems_error(const ManifestDocument& document);
std::string problem_text(const Problem& problem);  // "spec.epochs: expected …"

// The only manifest of a file, which must be of `kind` ("" = any) and valid.
Result<Manifest> load_manifest(const std::string& file, const std::vector<std::string>& sets,
                               const sys::Env& env, const std::string& kind = {});
// The same of documents that were read already.
Result<Manifest> only_manifest(std::vector<ManifestDocument> documents, const std::string& name,
                               const std::string& kind);

// `spec` with every default that the schema states, for those who show or compare whole specs.
nlohmann::ordered_json with_schema_defaults(const std::string& kind, const nlohmann::ordered_json& spec);

}  // namespace mlctl
