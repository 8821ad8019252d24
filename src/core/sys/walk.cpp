#include "core/sys/walk.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include <fmt/format.h>

#include "core/sys/beneath.h"
#include "core/sys/fs.h"
#include "core/sys/names_in.h"

namespace mlctl::sys {

namespace {

using Why = PassedOver::Why;

class Walker {
 public:
  Walker(const Folder& root, const WalkRules& rules, const Visit& visit)
      : root_(root), rules_(rules), visit_(visit) {}

  // Real folders first, so that a link to one of them is recognised as leading back.
  Result<> run() {
    waiting_.push_back({});
    while (!waiting_.empty()) {
      std::vector<Found> branches = std::move(waiting_);
      waiting_.clear();
      for (const Found& branch : branches) TRY(go_in(branch));
    }
    return {};
  }

 private:
  bool follows() const { return rules_.links == Links::follow; }
  void pass(const fs::path& path, Why why) {
    if (rules_.passed != nullptr) rules_.passed->names.push_back({path, why});
  }

  Fd open(const fs::path& relative) const {
    const fs::path name = relative.empty() ? fs::path(".") : relative;
    constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    if (!follows()) return open_beneath(root_.fd(), name.c_str(), kFlags);
    return Fd(::openat(root_.fd(), name.c_str(), kFlags));
  }

  Result<> unreadable(const fs::path& relative, int number) {
    if (number == ENOENT) return {};  // went away meanwhile
    if (!rules_.leave_unreadable) return fail(os_error(number, "list", root_.path() / relative));
    pass(relative, Why::unreadable);
    return {};
  }

  // Shows a folder, and what is in it if that is wanted.
  Result<> go_in(const Found& found) {
    const bool root = found.path.empty();
    if (!root && is_seen(found.status)) {
      pass(found.path, Why::loop);
      return {};
    }
    if (!root && !TRY(visit_(found))) return {};
    std::vector<Item> items;
    {  // closed before the folders in it are opened: depth costs no descriptors
      const Fd folder = open(found.path);
      if (!folder) return unreadable(found.path, errno);
      struct stat status {};
      if (root && ::fstat(folder.get(), &status) == 0) is_seen(status);
      items = TRY(items_in(folder, found.path, root ? 0 : found.depth + 1));
    }
    for (Item& item : items) {
      TRY(check_stop());
      TRY(show(std::move(item)));
    }
    return {};
  }

  bool is_seen(const struct stat& folder) {
    return follows() && !seen_.emplace(folder.st_dev, folder.st_ino).second;
  }

  struct Item {
    std::string order;  // the name as it sorts in a whole path: a folder's with its "/"
    Found found{};      // of what a link leads to
    bool link = false, dangling = false, loop = false;
  };

  Result<std::vector<Item>> items_in(const Fd& folder, const fs::path& above, int depth) {
    std::vector<Item> items;
    for (std::string& name : TRY(names_in(folder.get(), root_.path() / above, left_))) {
      TRY(check_stop());
      --left_;
      if (!rules_.hidden && name.starts_with('.')) continue;
      Item item{name, {above / name, {}, depth}};
      struct stat& status = item.found.status;
      if (::fstatat(folder.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
      if (S_ISDIR(status.st_mode)) item.order += '/';
      item.link = S_ISLNK(status.st_mode);
      if (item.link && ::fstatat(folder.get(), name.c_str(), &status, 0) != 0)
        (errno == ELOOP ? item.loop : item.dangling) = true;
      items.push_back(std::move(item));
    }
    std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.order < b.order; });
    return items;
  }

  Result<> show(Item item) {
    Found& found = item.found;
    const bool file = S_ISREG(found.status.st_mode);
    if (item.dangling || item.loop) {
      pass(found.path, item.loop ? Why::loop : Why::dangling);
    } else if (item.link && !follows()) {
      pass(found.path, Why::link);
    } else if (item.link && found.folder()) {
      waiting_.push_back(std::move(found));
    } else if (found.folder()) {
      TRY(go_in(found));
    } else if (file) {
      TRY(visit_(found));
    } else {
      pass(found.path, Why::special);
    }
    return {};
  }

  Result<> check_stop() const {
    if (rules_.stop == nullptr || !*rules_.stop) return {};
    return fail(rules_.stop->code(), fmt::format("stopped while listing {}", root_.path().string()));
  }

  const Folder& root_;
  const WalkRules& rules_;
  const Visit& visit_;
  std::set<std::pair<dev_t, ino_t>> seen_;  // when links are followed: no folder twice
  size_t left_ = rules_.most;
  std::vector<Found> waiting_;  // linked folders, until all before them have been shown
};

struct Reason {
  Why why;
  const char* one;
  const char* many;
};
constexpr Reason kReasons[] = {
    {Why::link, "link is passed over", "links are passed over"},
    {Why::dangling, "link leads nowhere", "links lead nowhere"},
    {Why::loop, "link leads to a folder that is read already", "links lead to folders that are read already"},
    {Why::special, "FIFO, socket or device is passed over", "FIFOs, sockets or devices are passed over"},
    {Why::unreadable, "folder cannot be read", "folders cannot be read"},
};

}  // namespace

std::vector<std::string> sentences(const PassedOver& passed, const std::string& follows) {
  constexpr size_t kNamed = 3;
  std::vector<std::string> all;
  for (const Reason& reason : kReasons) {
    size_t count = 0;
    std::string named;
    for (const PassedOver::Name& name : passed.names) {
      if (name.why != reason.why || ++count > kNamed) continue;
      named += (named.empty() ? "" : ", ") + name.path.string();
    }
    if (count == 0) continue;
    if (count > kNamed) named += fmt::format(" and {} more", count - kNamed);
    const bool can_follow = reason.why == Why::link && !follows.empty();
    all.push_back(fmt::format("{} {}: {}{}", count, count == 1 ? reason.one : reason.many, named,
                              can_follow ? fmt::format(" ({} follows them)", follows) : ""));
  }
  return all;
}

Result<> walk(const PathAt& folder, const WalkRules& rules, const Visit& visit) {
  const Folder root = TRY(Folder::open(folder));
  return Walker(root, rules, visit).run();
}

Result<std::vector<Entry>> list_files(const fs::path& folder, const StopFlag* stop, PassedOver* passed) {
  std::vector<Entry> entries;
  WalkRules rules;
  rules.links = Links::follow;
  rules.stop = stop;
  rules.passed = passed;
  TRY(walk(folder, rules, [&](const Found& found) -> Result<bool> {
    if (!found.folder()) entries.push_back({found.path, static_cast<uint64_t>(found.status.st_size)});
    return true;
  }));
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.path.native() < b.path.native(); });
  return entries;
}

}  // namespace mlctl::sys
