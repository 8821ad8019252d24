// Landlock (landlock(7)), through bare system calls: Debian 12's C library and headers know no more of it
// than its first version.

#include "core/sys/fence.h"

#include <fcntl.h>
#include <link.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <set>

#include <fmt/format.h>

namespace mlctl::sys {

namespace {

namespace fs = std::filesystem;

constexpr long kCreateRuleset = 444, kAddRule = 445, kRestrictSelf = 446;  // the same on every architecture
constexpr unsigned kVersionFlag = 1;
constexpr int kPathBeneath = 1;

struct Ruleset {
  uint64_t files = 0, network = 0, scoped = 0;  // what is forbidden unless a rule allows it
};
struct [[gnu::packed]] PathRule {
  uint64_t allowed = 0;
  int32_t folder = -1;
};

constexpr uint64_t kReadFile = 1 << 2, kReadFolder = 1 << 3;
constexpr uint64_t kFirstVersion = (1 << 13) - 1;  // executing, reading, writing, making and removing
constexpr uint64_t kRefer = 1 << 13, kTruncate = 1 << 14;
constexpr uint64_t kBindTcp = 1 << 0, kConnectTcp = 1 << 1;
constexpr uint64_t kAbstractSockets = 1 << 0, kSignals = 1 << 1;  // of processes outside

Ruleset ruleset_of(long version) {
  Ruleset rules{.files = kFirstVersion};
  if (version >= 2) rules.files |= kRefer;
  if (version >= 3) rules.files |= kTruncate;
  if (version >= 4) rules.network = kBindTcp | kConnectTcp;
  if (version >= 6) rules.scoped = kAbstractSockets | kSignals;
  return rules;
}

// A kernel refuses a structure that is longer than it knows.
size_t size_of_rules(long version) {
  return version >= 6 ? sizeof(Ruleset) : version >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

// A path that does not exist needs no rule.
void allow_reading(int ruleset, const fs::path& path) {
  const int fd = ::open(path.c_str(), O_PATH | O_CLOEXEC);
  if (fd < 0) return;
  struct stat status {};
  const bool folder = ::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
  const PathRule rule{folder ? kReadFile | kReadFolder : kReadFile, fd};
  ::syscall(kAddRule, ruleset, kPathBeneath, &rule, 0);
  ::close(fd);
}

// The folders of the loaded libraries: some load others only for certain kinds of input.
std::set<fs::path> library_folders() {
  std::set<fs::path> folders;
  ::dl_iterate_phdr(
      [](dl_phdr_info* library, size_t, void* out) {
        const fs::path path = library->dlpi_name == nullptr ? "" : library->dlpi_name;
        if (path.is_absolute()) static_cast<std::set<fs::path>*>(out)->insert(path.parent_path());
        return 0;
      },
      &folders);
  return folders;
}

Fenced not_done(const char* what) {
  return {false, fmt::format("{}: {}", what, std::strerror(errno))};
}

}  // namespace

Fenced fence_files(const std::vector<fs::path>& readable) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return not_done("no_new_privs");
  const long version = ::syscall(kCreateRuleset, nullptr, 0, kVersionFlag);
  if (version < 1) return not_done("this kernel has no Landlock");
  const Ruleset rules = ruleset_of(version);
  const int ruleset = static_cast<int>(::syscall(kCreateRuleset, &rules, size_of_rules(version), 0));
  if (ruleset < 0) return not_done("Landlock");
  std::set<fs::path> allowed = library_folders();
  allowed.insert({"/proc", "/sys", "/dev/null", "/dev/urandom", "/etc/ld.so.cache", "/etc/localtime"});
  allowed.insert(readable.begin(), readable.end());
  for (const fs::path& path : allowed) allow_reading(ruleset, path);
  const bool done = ::syscall(kRestrictSelf, ruleset, 0) == 0;
  const Fenced outcome = done ? Fenced{true} : not_done("Landlock");
  ::close(ruleset);
  return outcome;
}

}  // namespace mlctl::sys
