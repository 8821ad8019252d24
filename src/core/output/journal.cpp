#include "core/output/journal.h"

#include <system_error>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/output/checked_file.h"
#include "core/sys/names_in.h"
#include "core/sys/walk.h"
#include "core/text/json_fields.h"

namespace mlctl {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr const char* kJournal = ".mlctl-journal";
constexpr size_t kChecksumSize = 16;

std::string journal_line(const Json& record) {
  const std::string text = dump_json(record);
  return fmt::format("{:016x} {}\n", hash64(text), text);
}

// The content of a journal, up to the first line that is torn or damaged.
struct Journal {
  std::string fingerprint;
  std::map<std::string, Json> units;
  size_t good_bytes = 0;
};

std::string text_in(const Json& record, const char* key) {
  const auto found = record.find(key);
  return found != record.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Journal read_journal(const sys::PathAt& path) {
  Journal journal;
  const std::string text = sys::read_file(path).value_or(std::string());
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    if (end == std::string::npos || end - begin <= kChecksumSize + 1) break;
    const std::string body = text.substr(begin + kChecksumSize + 1, end - begin - kChecksumSize - 1);
    if (text.compare(begin, kChecksumSize, fmt::format("{:016x}", hash64(body))) != 0) break;
    const Json record = json_or_discarded(body);
    if (!record.is_object()) break;
    if (begin == 0) {
      journal.fingerprint = text_in(record, "fingerprint");
    } else {
      journal.units[text_in(record, "unit")] = record.contains("result") ? record["result"] : Json();
    }
    begin = journal.good_bytes = end + 1;
  }
  return journal;
}

// The files that the units list, compared with the lists.
Result<> compare_units(const fs::path& work, const std::map<std::string, Json>& units) {
  return decode_json("the journal", Exit::integrity, [&]() -> Result<> {
    std::vector<FileEntry> entries;
    for (const auto& [name, unit] : units) {
      if (!unit.is_object() || !unit.contains("files")) continue;
      for (FileEntry& file : TRY(Fields(unit).each("files", limits::kShards, file_from_json)))
        entries.push_back(std::move(file));
    }
    return CheckedFiles(work, "the journal").compare(entries);
  });
}

bool is_empty_folder(const fs::path& path) {
  std::error_code code;
  return fs::is_directory(path, code) && fs::is_empty(path, code);
}

// Half-written files that a killed process left.
Result<> remove_leftovers(const sys::Folder& folder) {
  std::vector<fs::path> found;
  sys::WalkRules rules;
  rules.hidden = true;
  TRY(sys::walk(folder.self(), rules, [&](const sys::Found& each) -> Result<bool> {
    if (sys::is_temporary(each.path.filename().native())) found.push_back(each.path);
    return true;
  }));
  for (const fs::path& path : found) TRY(sys::remove_tree(folder / path));
  return {};
}

fs::path beside(const fs::path& output, const std::string& before, const std::string& after) {
  return output.parent_path() / (before + output.filename().string() + after);
}

// The name of the output that is being replaced. Hidden and unmistakable: a user's own "data.old" must
// never be taken for it.
fs::path replaced(const fs::path& output) {
  return beside(output, ".", ".mlctl-replaced");
}

Result<fs::path> resolved(const fs::path& output) {
  std::error_code code;
  fs::path path = fs::weakly_canonical(fs::absolute(output, code), code).lexically_normal();
  if (code) return fail(sys::os_error(code.value(), "use", output));
  return path.has_filename() ? path : path.parent_path();
}

}  // namespace

Result<OutputFolder> OutputFolder::open(const fs::path& output, const std::string& fingerprint,
                                        OutputRules rules) {
  OutputFolder folder;
  folder.output_ = TRY(resolved(output));
  folder.work_ = beside(folder.output_, "", ".partial");
  folder.fingerprint_ = fingerprint;
  folder.rules_ = std::move(rules);
  const fs::path lock_path = beside(folder.output_, ".", ".lock");
  const bool at_rest =
      !sys::exists(lock_path) && !sys::exists(folder.work_) && !sys::exists(replaced(folder.output_));
  if (at_rest && finished_at(folder.output_).fingerprint == fingerprint) {
    TRY(folder.check_existing(output.string()));  // without the lock: a finished output may be read-only
    if (folder.state_ == OutputState::up_to_date) return folder;
  }
  Result<sys::Lock> lock = sys::Lock::take(lock_path);
  if (!lock && lock.error().code == Exit::conflict) {
    lock.error().message = fmt::format("{} is being written: {}", output.string(), lock.error().message);
  }
  folder.lock_.push_back(TRY(std::move(lock)));
  TRY(folder.recover_swap());
  TRY(folder.check_existing(output.string()));
  if (folder.state_ != OutputState::up_to_date) TRY(folder.open_work(output.string()));
  if (folder.state_ == OutputState::up_to_date) folder.lock_.clear();
  return folder;
}

// Repairs a finish() that was killed between moving the old output away and putting the new one in its
// place.
Result<> OutputFolder::recover_swap() {
  const fs::path old = replaced(output_);
  const sys::Folder parent = TRY(sys::Folder::open(output_.parent_path()));
  if (!sys::exists(parent / old.filename())) return {};
  TRY(sys::Folder::open(parent / old.filename()));  // what finish() leaves is no link
  if (!sys::exists(output_)) {
    const bool ready = !finished_at(work_).fingerprint.empty() && !sys::exists(work_ / kJournal);
    TRY(sys::rename_durably(ready ? work_ : old, output_));
  }
  return sys::remove_tree(old);
}

Result<> OutputFolder::check_existing(const std::string& shown) {
  if (!sys::exists(output_) || is_empty_folder(output_)) return {};
  const std::string finished = finished_at(output_).fingerprint;
  if (finished == fingerprint_) {
    Result<> whole = check_whole(output_, rules_.document, rules_.upkeep);
    if (whole) state_ = OutputState::up_to_date;
    if (whole || (rules_.overwrite && whole.error().code == Exit::integrity)) return {};
    if (whole.error().code == Exit::integrity) whole.error().hint = "--overwrite makes it anew";
    return whole;
  }
  const bool ours = is_of_kind(output_, rules_.document);
  if (finished.empty() && !ours) {
    return fail(Exit::conflict, fmt::format("{} exists and was not made by mlctl", shown),
                "choose another output, or move it away yourself");
  }
  if (!rules_.overwrite) {
    return fail(Exit::conflict,
                fmt::format("{} exists, made from other inputs or with other parameters", shown),
                "--overwrite replaces it, or choose another output");
  }
  if (!ours) {
    return fail(Exit::conflict, fmt::format("{} is something else: it has no {}", shown, rules_.document),
                "choose another output; --overwrite only replaces a thing of the same kind");
  }
  return {};
}

Result<> OutputFolder::open_work(const std::string& shown) {
  const sys::Folder parent = TRY(sys::Folder::open(output_.parent_path()));
  folder_ = TRY(sys::Folder::make(parent / work_.filename()));
  if (!sys::exists(*folder_ / kJournal) && !is_empty_folder(work_)) {
    const std::string finished = finished_at(work_).fingerprint;
    if (finished.empty()) {
      return fail(Exit::conflict, fmt::format("{}.partial exists and was not made by mlctl", shown),
                  "choose another output, or move it away yourself");
    }
    // Only the last rename was missing.
    if (finished == fingerprint_ && check_whole(work_, rules_.document, {})) {
      TRY(swap_in());
      state_ = OutputState::up_to_date;
      return {};
    }
  }
  Journal journal = read_journal(*folder_ / kJournal);
  if (journal.fingerprint != fingerprint_) return start_over();
  if (const Result<> same = compare_units(work_, journal.units); !same) {
    if (same.error().code != Exit::integrity) return same;
    damage_ = sentence(same.error());
    return start_over();
  }
  TRY(remove_leftovers(*folder_));
  done_ = std::move(journal.units);
  state_ = done_.empty() ? OutputState::fresh : OutputState::resuming;
  journal_ = TRY(sys::AppendFile::open(*folder_ / kJournal, static_cast<int64_t>(journal.good_bytes)));
  return {};
}

// Empties the journal before it removes the files: no crash may leave a journal with units whose files are
// gone.
Result<> OutputFolder::start_over() {
  journal_ = TRY(sys::AppendFile::open(*folder_ / kJournal, 0));
  TRY(journal_.sync());
  for (const std::string& name : TRY(sys::names_in(folder_->fd(), work_))) {
    if (name != kJournal) TRY(sys::remove_tree(*folder_ / name));
  }
  TRY(journal_.append(journal_line({{"fingerprint", fingerprint_}})));
  TRY(journal_.sync());
  TRY(sys::sync_folder(work_));
  return sys::sync_folder(work_.parent_path());
}

Result<> OutputFolder::commit(const std::string& unit, Json result) {
  TRY(journal_.append(journal_line({{"unit", unit}, {"result", result}})));
  TRY(journal_.sync());
  done_[unit] = std::move(result);
  return {};
}

Result<> OutputFolder::finish() {
  const std::string text = TRY(finished_text(work_, fingerprint_, rules_.document));
  TRY(sys::write_file(*folder_ / kFingerprintFile, text));
  TRY(sys::remove_tree(*folder_ / kJournal));
  TRY(sys::sync_folder(folder_->self()));
  TRY(swap_in());
  seal(output_, rules_.document, rules_.upkeep);
  lock_.clear();
  return {};
}

// Removes the journal last, so that what a crash leaves of the folder is still known as mlctl's own.
Result<> OutputFolder::discard() {
  TRY(start_over());
  TRY(sys::remove_tree(work_));
  lock_.clear();
  return {};
}

Result<> OutputFolder::swap_in() {
  const fs::path old = replaced(output_);
  const bool replacing = sys::exists(output_) && !is_empty_folder(output_);
  if (replacing) TRY(sys::rename_durably(output_, old));
  TRY(sys::rename_durably(work_, output_));  // rename(2) replaces an empty folder
  return replacing ? sys::remove_tree(old) : Result<>{};
}

}  // namespace mlctl
