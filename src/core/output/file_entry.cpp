#include "core/output/file_entry.h"

#include <unordered_set>

#include <fmt/format.h>

#include "core/base/claims.h"
#include "core/base/limits.h"
#include "core/text/json_fields.h"

namespace mlctl {

using Json = nlohmann::ordered_json;

Json to_json(const FileEntry& file) {
  return {{"path", file.path.text()}, {"size", file.size}, {"sha256", file.sha256.hex()}};
}

Result<FileEntry> file_from_json(const Fields& fields) {
  Result<InsidePath> path = InsidePath::parse(fields.get<std::string>("path"));
  if (!path) return fail(fields.wrong("path", std::move(path.error())));
  Result<Digest> sha256 = Digest::parse(fields.get<std::string>("sha256"));
  if (!sha256) return fail(fields.wrong("sha256", std::move(sha256.error())));
  return FileEntry{std::move(*path), fields.get<uint64_t>("size"), std::move(*sha256)};
}

Result<> validate(const std::vector<FileEntry>& files) {
  std::unordered_set<std::string_view> seen;
  for (size_t i = 0; i < files.size(); ++i) {
    if (!seen.insert(files[i].path.text()).second)
      return wrong(fmt::format("files[{}].path", i),
                   fmt::format("\"{}\" stands twice", files[i].path.text()));
  }
  return {};
}

Result<std::vector<FileEntry>> listed_files(const std::string& text, const std::string& path) {
  const Json document = TRY(parse_json(text, path));
  const char* const kind = path.ends_with("model.json") ? "Model" : "Dataset";
  auto files = TRY(decode_json(path, Exit::integrity, [&]() -> Result<std::vector<FileEntry>> {
    const Fields fields(document);
    if (fields.get<std::string>("kind") != kind)
      return fail(Exit::integrity, fmt::format("{} is not a {}", path, kind));
    return fields.each("files", limits::kShards, file_from_json);
  }));
  TRY(validate(files));
  return files;
}

}  // namespace mlctl
