#pragma once
// The one way to go through a folder and those below it. It ends whatever links there are, and can be
// stopped; what it passed over it tells.

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/sys/folder.h"
#include "core/sys/stop.h"

namespace mlctl::sys {

// What is read as a source may be linked together; what is uploaded, listed or removed is what is there
// itself.
enum class Links { pass_over, follow };

// What was not shown, and why. Hidden names that were not wanted do not count.
struct PassedOver {
  enum class Why { link, dangling, loop, special, unreadable };
  struct Name {
    fs::path path;  // relative to the folder that was walked
    Why why = Why::link;
  };
  std::vector<Name> names{};
};
// "2 links are passed over: keys, a/b" and so on, a sentence for each reason; the first few are named.
// `follows`, when not "", is the flag that would follow links.
std::vector<std::string> sentences(const PassedOver& passed, const std::string& follows = {});

struct Found {
  fs::path path;          // relative to the folder that was walked
  struct stat status {};  // of what a link that is followed leads to
  int depth = 0;          // 0: in the folder itself
  bool folder() const { return S_ISDIR(status.st_mode); }
};
// Of a folder: whether to go in.
using Visit = std::function<Result<bool>(const Found&)>;

struct WalkRules {
  Links links = Links::pass_over;
  bool hidden = false;  // names that begin with a dot, too
  // A folder that must not be read is an error (4); one that may be left out is told.
  bool leave_unreadable = false;
  size_t most = SIZE_MAX;          // names looked at: then it ends, and not all was shown
  const StopFlag* stop = nullptr;  // raised → 130 or 143
  PassedOver* passed = nullptr;
};

// Shows regular files and folders, each folder before what is in it. Without links the paths come in byte
// order, a folder's with its "/". With links each real folder is shown once: by its own path, if it has one
// here, else by the first link in order; links come after what is really there. `folder` itself may be a
// link.
Result<> walk(const PathAt& folder, const WalkRules& rules, const Visit& visit);

}  // namespace mlctl::sys
