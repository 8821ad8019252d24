#include "core/endpoint/endpoint_log.h"

#include <sys/stat.h>

#include <optional>

#include "core/base/strings.h"
#include "core/text/json.h"

namespace mlctl::serve {

namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kRotateBytes = uint64_t{8} << 20;
constexpr const char* kFile = "log.jsonl";
constexpr const char* kOlder = "log.1.jsonl";

uint64_t inode(const std::filesystem::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

std::optional<std::string> text_field(std::string_view line, const char* key) {
  const Json parsed = line.starts_with('{') ? json_or_discarded(line, kForeignRow) : Json();
  if (!parsed.is_object() || !parsed.contains(key) || !parsed[key].is_string()) return std::nullopt;
  return parsed[key].get<std::string>();
}

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  const Result<std::string> text = sys::read_file(path);
  std::vector<std::string> lines = text ? split(*text, '\n') : std::vector<std::string>{};
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

}  // namespace

Result<EndpointLog> EndpointLog::open(std::filesystem::path folder, sys::Clock& clock) {
  const sys::PathAt place = TRY(sys::private_place(folder, kFile));
  sys::AppendFile file = TRY(sys::AppendFile::open(place));
  return EndpointLog(std::move(folder), clock, std::move(file));
}

void EndpointLog::write(std::string_view level, const std::string& message, int64_t revision, int64_t pid) {
  if (file_.size() > kRotateBytes) {
    static_cast<void>(sys::rename_durably(folder_ / kFile, folder_ / kOlder));
    const Result<sys::PathAt> place = sys::private_place(folder_, kFile);
    Result<sys::AppendFile> fresh = place ? sys::AppendFile::open(*place) : fail(place.error());
    if (fresh) file_ = std::move(*fresh);
  }
  Json line = {{"time", sys::rfc3339(clock_->unix_millis())}, {"level", level}};
  if (revision != 0) line["revision"] = revision;
  if (pid != 0) line["pid"] = pid;
  line["message"] = message;
  (void)file_.append(dump_json(line) + "\n");
}

void EndpointLog::pass_on(std::string_view line, int64_t revision, int64_t pid) {
  write(level_of(line), message_of(line), revision, pid);
}

std::string level_of(std::string_view line) {
  return text_field(line, "level").value_or("info");
}

std::string message_of(std::string_view line) {
  return text_field(line, "message").value_or(std::string(line));
}

std::string worker_line(std::string_view level, const std::string& message) {
  return dump_json(Json({{"level", level}, {"message", message}})) + "\n";
}

Result<std::vector<std::string>> read_log(const std::filesystem::path& folder, int64_t tail) {
  std::vector<std::string> lines = lines_of(folder / kOlder);
  for (std::string& line : lines_of(folder / kFile)) lines.push_back(std::move(line));
  const auto size = static_cast<int64_t>(lines.size());
  if (tail >= 0 && size > tail) lines.erase(lines.begin(), lines.begin() + (size - tail));
  return lines;
}

Result<> follow_log(const std::filesystem::path& folder, sys::Clock& clock, const std::function<bool()>& stop,
                    const std::function<Result<>(const std::string&)>& take) {
  const std::filesystem::path path = folder / kFile;
  uint64_t file = inode(path);
  size_t at = TRY(sys::read_file(path)).size();
  std::string partial;
  while (!stop()) {
    const uint64_t now = inode(path);
    if (now == 0) return {};  // the endpoint was deleted
    if (now != file) at = 0;
    file = now;
    const Result<std::string> text = sys::read_file(path);
    if (text && text->size() > at) {
      partial += text->substr(at);
      at = text->size();
    }
    for (size_t end = 0; (end = partial.find('\n')) != std::string::npos; partial.erase(0, end + 1)) {
      TRY(take(partial.substr(0, end)));
    }
    clock.sleep(0.1);
  }
  return {};
}

}  // namespace mlctl::serve
