#pragma once
// The one way to walk through a folder and the folders below it. It ends whatever links there are, can be
// stopped, and reports what it passed over.

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/sys/folder.h"
#include "core/sys/stop.h"

namespace mlctl::sys {

// Sources that are read may be put together by links; what is uploaded, listed or removed is only what is
// really there.
enum class Links { pass_over, follow };

// What was passed over, and why. Hidden names that were not asked for do not count.
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
  struct stat status {};  // of the target where a link is followed
  int depth = 0;          // 0: in the folder itself
  bool folder() const { return S_ISDIR(status.st_mode); }
};
// Returns, for a folder, whether to go into it.
using Visit = std::function<Result<bool>(const Found&)>;

struct WalkRules {
  Links links = Links::pass_over;
  bool hidden = false;  // names that begin with a dot, too
  // A folder that we may not read is an error (4); with this, it is passed over and reported.
  bool leave_unreadable = false;
  size_t most = SIZE_MAX;          // stops after looking at this many names
  const StopFlag* stop = nullptr;  // raised → 130 or 143
  PassedOver* passed = nullptr;
};

// Shows regular files and folders, each folder before what is in it. Without links, the paths come in byte
// order, a folder's with its "/". With links, each real folder is shown once: by its own path if it is
// below `folder`, else by the first link in order; links come after what is really there. `folder` itself
// may be a link.
Result<> walk(const PathAt& folder, const WalkRules& rules, const Visit& visit);

}  // namespace mlctl::sys
