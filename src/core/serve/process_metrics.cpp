// The process_* metrics of Prometheus' client libraries, from /proc.

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "core/base/strings.h"
#include "core/serve/metrics.h"
#include "core/sys/fs.h"

namespace mlctl::serve {

namespace {

// The numbers of /proc/self/stat after the command's name, whose blanks and brackets would mislead.
std::vector<std::string> stat_fields() {
  const Result<std::string> text = sys::read_file("/proc/self/stat");
  if (!text) return {};
  return split(trim(std::string_view(*text).substr(text->rfind(')') + 2)), ' ');
}

double field(const std::vector<std::string>& fields, size_t number) {
  const size_t at = number - 3;  // proc(5) counts from 1, and the first two are cut off
  if (at >= fields.size()) return 0;
  return parse_double(fields[at]).value_or(0);
}

double boot_time() {
  const Result<std::string> text = sys::read_file("/proc/stat");
  const size_t at = text ? text->find("\nbtime ") : std::string::npos;
  if (at == std::string::npos) return 0;
  return parse_double(text->substr(at + 7, text->find('\n', at + 1) - at - 7)).value_or(0);
}

double open_descriptors() {
  std::error_code code;
  double count = 0;
  for (auto at = std::filesystem::directory_iterator("/proc/self/fd", code); !code && at != end(at);
       at.increment(code)) {
    ++count;
  }
  return count;
}

}  // namespace

void write_process_metrics(MetricsText& text) {
  const std::vector<std::string> fields = stat_fields();
  const double ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const double page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  rlimit descriptors{};
  ::getrlimit(RLIMIT_NOFILE, &descriptors);
  const auto put = [&](const char* name, const char* type, const char* help, double value) {
    text.family(name, type, help);
    text.sample(name, {}, value);
  };
  put("process_cpu_seconds_total", "counter", "CPU time used, user and system.",
      (field(fields, 14) + field(fields, 15)) / ticks);
  put("process_resident_memory_bytes", "gauge", "Memory in RAM.", field(fields, 24) * page);
  put("process_virtual_memory_bytes", "gauge", "Address space.", field(fields, 23));
  put("process_threads", "gauge", "Threads.", field(fields, 20));
  put("process_open_fds", "gauge", "Open file descriptors.", open_descriptors());
  put("process_max_fds", "gauge", "Limit of open file descriptors.",
      static_cast<double>(descriptors.rlim_cur));
  put("process_start_time_seconds", "gauge", "When the process started.",
      boot_time() + field(fields, 22) / ticks);
}

}  // namespace mlctl::serve
