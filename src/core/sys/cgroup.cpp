#include "core/sys/cgroup.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/base/strings.h"
#include "core/sys/cpu.h"
#include "core/sys/fs.h"

namespace mlctl::sys {

namespace {

std::string text_of(const fs::path& path, uint64_t limit = 4096) {
  const auto text = read_file(path, limit);
  return text ? std::string(trim(*text)) : "";
}

// A hierarchy: version 2 is one for all controllers, version 1 has some with one or more each.
struct Mount {
  bool unified = false;
  std::vector<std::string> controllers;
  std::string root;  // the group that is seen at `point`; not "/" within a container
  fs::path point;
};

bool has(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// "31 23 0:28 ROOT POINT rw,relatime shared:9 - cgroup2 SOURCE rw,cpu,cpuacct"
std::vector<Mount> mounts_below(const fs::path& root) {
  std::vector<Mount> mounts;
  for (const std::string& line : split(text_of(root / "proc/self/mountinfo", 16 << 20), '\n')) {
    const size_t dash = line.find(" - cgroup");
    if (dash == std::string::npos) continue;
    const std::vector<std::string> place = split(line.substr(0, dash), ' ');
    const std::vector<std::string> kind = split(line.substr(dash + 3), ' ');
    if (place.size() < 5 || kind.size() < 3) continue;
    mounts.push_back(
        {kind[0] == "cgroup2", split(kind[2], ','), place[3], root / fs::path(place[4]).relative_path()});
  }
  return mounts;
}

struct Membership {
  std::vector<std::string> controllers;  // {""} for version 2
  std::string group;
};

// "4:memory:/user/7" or "0::/user/7"
std::vector<Membership> memberships(const fs::path& root) {
  std::vector<Membership> list;
  for (const std::string& line : split(text_of(root / "proc/self/cgroup", 1 << 20), '\n')) {
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    list.push_back({split(line.substr(first + 1, second - first - 1), ','), line.substr(second + 1)});
  }
  return list;
}

// The folders of a group and of all above it, as far as the mount shows them. A group outside of what is
// mounted, as containers see it, leaves the mount itself.
std::vector<fs::path> folders_of(const Mount& mount, const std::string& group) {
  const std::string above = mount.root == "/" ? "" : mount.root;
  fs::path below = group.starts_with(above + "/") ? fs::path(group.substr(above.size())) : "/";
  if (group.find("..") != std::string::npos) below = "/";
  std::vector<fs::path> folders;
  for (below = below.relative_path(); !below.empty(); below = below.parent_path())
    folders.push_back(mount.point / below);
  folders.push_back(mount.point);
  return folders;
}

// 0 is no limit.
template <class T>
void tighten(T& limit, T other) {
  if (other > 0 && (limit == 0 || other < limit)) limit = other;
}

uint64_t bytes_of(const fs::path& file) {
  return static_cast<uint64_t>(std::max<int64_t>(0, parse_int(text_of(file)).value_or(0)));
}

void apply(CgroupLimits& limits, const Mount& mount, const fs::path& folder) {
  if (mount.unified) {
    tighten(limits.cpus, cpus_of_quota(text_of(folder / "cpu.max")));
    tighten(limits.memory, bytes_of(folder / "memory.max"));
    return;
  }
  if (has(mount.controllers, "cpu"))
    tighten(limits.cpus, cpus_of_quota(text_of(folder / "cpu.cfs_quota_us") + " " +
                                       text_of(folder / "cpu.cfs_period_us")));
  if (has(mount.controllers, "memory")) tighten(limits.memory, bytes_of(folder / "memory.limit_in_bytes"));
}

bool is_in(const Membership& member, const Mount& mount) {
  if (mount.unified) return has(member.controllers, "");
  return std::any_of(member.controllers.begin(), member.controllers.end(), [&](const std::string& each) {
    return (each == "cpu" || each == "memory") && has(mount.controllers, each);
  });
}

}  // namespace

CgroupLimits cgroup_limits(const std::filesystem::path& root) {
  CgroupLimits limits;
  const std::vector<Mount> mounts = mounts_below(root);
  for (const Membership& member : memberships(root)) {
    for (const Mount& mount : mounts) {
      if (!is_in(member, mount)) continue;
      for (const fs::path& folder : folders_of(mount, member.group)) apply(limits, mount, folder);
    }
  }
  return limits;
}

}  // namespace mlctl::sys
