#include "core/output/whole.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/output/checked_file.h"
#include "core/sys/fs.h"
#include "core/sys/hash_file.h"
#include "core/sys/walk.h"

namespace mlctl {

namespace fs = std::filesystem;

namespace {

constexpr size_t kDigits = 64;

struct Document {
  std::string text;
  sys::FileIdentity identity;
};

Result<Document> read_document(const fs::path& path) {
  Result<sys::OpenFile> opened = sys::OpenFile::open(path);
  if (!opened && opened.error().code == Exit::not_found)
    return fail(Exit::integrity, fmt::format("{} is missing", path.string()));
  const sys::OpenFile file = TRY(std::move(opened));
  Document document{{}, file.identity()};
  TRY(file.chunks([&](std::string_view bytes) { document.text += bytes; }));
  return document;
}

Result<> compare_files(const fs::path& folder, const std::string& name, const Document& document,
                       const Seals& seals) {
  const std::vector<FileEntry> entries = TRY(listed_files(document.text, (folder / name).string()));
  CheckedFiles files(folder, name);
  TRY(files.compare(entries));
  Seals::Files compared = files.compared();
  compared[name] = document.identity;
  seals.keep(folder, compared);
  return {};
}

}  // namespace

FinishedMark finished_at(const fs::path& folder) {
  const std::string text = sys::read_file(folder / kFingerprintFile, 4096).value_or(std::string());
  const size_t end = std::min(text.find('\n'), text.size());
  FinishedMark finished{text.substr(0, end), {}, {}};
  const std::string second = text.substr(std::min(end + 1, text.size()));
  if (second.size() < kDigits) return finished;
  finished.digest = second.substr(0, kDigits);
  if (second.compare(kDigits, 2, "  ") == 0)
    finished.document = second.substr(kDigits + 2, second.find('\n') - kDigits - 2);
  return finished;
}

Result<std::string> finished_text(const fs::path& folder, const std::string& fingerprint,
                                  const std::string& document) {
  if (document.empty()) return fingerprint + "\n";
  return fmt::format("{}\n{}  {}\n", fingerprint, TRY(sha256_file(folder / document)), document);
}

Result<> check_whole(const fs::path& folder, const std::string& document, const Upkeep& upkeep) {
  if (upkeep.elsewhere) return upkeep.elsewhere(folder);
  if (document.empty()) return {};
  const fs::path path = folder / document;
  const Document found = TRY(read_document(path));
  const std::string digest = finished_at(folder).digest;
  if (!digest.empty() && digest != sha256_hex(found.text))
    return fail(Exit::integrity, fmt::format("{} is not as it was written", path.string()));
  if (!upkeep.verify && upkeep.seals.hold(folder)) return {};
  return compare_files(folder, document, found, upkeep.seals);
}

void seal(const fs::path& folder, const std::string& document, const Upkeep& upkeep) {
  if (document.empty() || upkeep.elsewhere) return;
  const Result<std::string> text = sys::read_file(folder / document);
  const Result<std::vector<FileEntry>> entries =
      text ? listed_files(*text, (folder / document).string()) : fail(text.error());
  if (!entries) return;
  Seals::Files files;
  const auto add = [&](const std::string& path) {
    if (const auto identity = sys::identity_at(folder / path)) files[path] = *identity;
  };
  add(document);
  for (const FileEntry& entry : *entries) add(entry.path.text());
  if (files.size() == entries->size() + 1) upkeep.seals.keep(folder, files);
}

// A folder without a fingerprint (it was downloaded, or lost it) counts only if its document is whole and
// it holds no file that the document does not list: otherwise a person's own files would be removed with
// it.
bool is_of_kind(const fs::path& folder, const std::string& document) {
  const FinishedMark finished = finished_at(folder);
  if (document.empty()) return !finished.fingerprint.empty();
  if (!finished.document.empty()) return finished.document == document;
  if (!finished.fingerprint.empty()) return sys::exists(folder / document);
  const Result<std::string> text = sys::read_file(folder / document);
  const Result<std::vector<FileEntry>> entries =
      text ? listed_files(*text, (folder / document).string()) : fail(text.error());
  if (!entries) return false;
  std::set<fs::path> known = {document, kFingerprintFile};
  for (const FileEntry& entry : *entries) known.insert(fs::path(entry.path.text()));
  sys::PassedOver passed;
  sys::WalkRules rules;
  rules.hidden = true;
  rules.passed = &passed;
  const Result<> walked = sys::walk(folder, rules, [&](const sys::Found& found) -> Result<bool> {
    if (found.folder() || *found.path.begin() == "evaluations" || known.contains(found.path)) return true;
    return fail(Exit::conflict, "something else is there");
  });
  return walked && passed.names.empty();
}

}  // namespace mlctl
