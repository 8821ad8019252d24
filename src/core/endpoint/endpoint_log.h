#pragma once
// An endpoint's log: one JSON object a line, {time, level, revision, pid, message}.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/result.h"
#include "core/sys/clock.h"
#include "core/sys/fs.h"

namespace mlctl::serve {

class EndpointLog {
 public:
  static Result<EndpointLog> open(std::filesystem::path folder, sys::Clock& clock);
  // A full disk must not stop the service: what cannot be written is lost.
  void write(std::string_view level, const std::string& message, int64_t revision = 0, int64_t pid = 0);
  // A worker's line of output: JSON of log_line(), or free text.
  void pass_on(std::string_view line, int64_t revision, int64_t pid);

 private:
  EndpointLog(std::filesystem::path folder, sys::Clock& clock, sys::AppendFile file)
      : folder_(std::move(folder)), clock_(&clock), file_(std::move(file)) {}
  std::filesystem::path folder_;
  sys::Clock* clock_;
  sys::AppendFile file_;
};

// What a worker prints for its supervisor to pass on.
std::string worker_line(std::string_view level, const std::string& message);

// "debug" | "info" | "warn" | "error"; of free text "info".
std::string level_of(std::string_view line);
// The message of such a line; of free text, the text.
std::string message_of(std::string_view line);

// The newest `tail` lines, oldest first, from both files; -1: all.
Result<std::vector<std::string>> read_log(const std::filesystem::path& folder, int64_t tail);

// Calls take(line) for lines added from now on, until `stop` says so; a rotation is followed.
Result<> follow_log(const std::filesystem::path& folder, sys::Clock& clock, const std::function<bool()>& stop,
                    const std::function<Result<>(const std::string&)>& take);

}  // namespace mlctl::serve
