#include "core/sys/walk.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>

#include "core/sys/fs.h"
#include "fakes/temp_folder.h"

using mlctl::Exit;
using mlctl::Result;
using mlctl::test::TempFolder;
namespace fs = std::filesystem;
namespace sys = mlctl::sys;

namespace {

using Paths = std::vector<std::string>;

struct Tree {
  TempFolder temp;
  sys::PassedOver passed;
  sys::WalkRules rules;
  Tree() { rules.passed = &passed; }

  void file(const std::string& name) const {
    fs::create_directories((temp / "top" / name).parent_path());
    std::ofstream(temp / "top" / name) << name;
  }
  void link(const std::string& name, const std::string& target) const {
    fs::create_directories((temp / "top" / name).parent_path());
    fs::create_symlink(target, temp / "top" / name);
  }
  Result<Paths> walk() {
    Paths paths;
    TRY(sys::walk(temp / "top", rules, [&](const sys::Found& found) -> Result<bool> {
      paths.push_back(found.path.string() + (found.folder() ? "/" : ""));
      return true;
    }));
    return paths;
  }
  Paths said() const { return sys::sentences(passed); }
};

}  // namespace

TEST_CASE("a walk shows files and folders in the order of whole paths") {
  Tree tree;
  for (const char* name : {"b", "a/x", "a-b", "a.txt", "a/y/z", ".hidden", ".git/config"}) tree.file(name);
  CHECK(tree.walk().value() == Paths{"a-b", "a.txt", "a/", "a/x", "a/y/", "a/y/z", "b"});
  CHECK(tree.passed.names.empty());
  tree.rules.hidden = true;
  CHECK(tree.walk().value() ==
        Paths{".git/", ".git/config", ".hidden", "a-b", "a.txt", "a/", "a/x", "a/y/", "a/y/z", "b"});
}

TEST_CASE("links are passed over and told, or followed, each real folder once") {
  Tree tree;
  fs::create_directories(tree.temp / "else");
  std::ofstream(tree.temp / "else/one") << "1";
  tree.file("z/file");
  tree.link("a", "z");       // sorts before the folder it leads to
  tree.link("b/self", ".");  // loops of all kinds
  tree.link("b/up", "..");
  tree.link("c", "../else");
  tree.link("d", "../else");  // a second way to the same
  tree.link("e", "../else/one");
  tree.link("gone", "/nowhere");
  tree.link("ring", "ring");
  SUBCASE("passed over") {
    CHECK(tree.walk().value() == Paths{"b/", "z/", "z/file"});
    CHECK(tree.said() == Paths{"6 links are passed over: a, b/self, b/up and 3 more",
                               "1 link leads nowhere: gone",
                               "1 link leads to a folder that is read already: ring"});
    CHECK(sys::sentences(tree.passed, "--follow-links").front() ==
          "6 links are passed over: a, b/self, b/up and 3 more (--follow-links follows them)");
  }
  SUBCASE("followed") {
    tree.rules.links = sys::Links::follow;
    CHECK(tree.walk().value() == Paths{"b/", "e", "z/", "z/file", "c/", "c/one"});
    CHECK(tree.said() == Paths{"1 link leads nowhere: gone",
                               "5 links lead to folders that are read already: ring, a, b/self and 2 more"});
    Paths listed;
    const auto entries = sys::list_files(tree.temp / "top").value();
    for (const sys::Entry& entry : entries) listed.push_back(entry.path);
    CHECK(listed == Paths{"c/one", "e", "z/file"});
  }
}

TEST_CASE("the folder that is walked may be a link itself") {
  Tree tree;
  tree.file("a/file");
  fs::create_directory_symlink(tree.temp / "top", tree.temp / "typed");
  for (const sys::Links links : {sys::Links::pass_over, sys::Links::follow}) {
    tree.rules.links = links;
    Paths paths;
    REQUIRE(sys::walk(tree.temp / "typed", tree.rules, [&](const sys::Found& found) -> Result<bool> {
      paths.push_back(found.path);
      return true;
    }));
    CHECK(paths == Paths{"a", "a/file"});
  }
}

TEST_CASE("FIFOs and sockets are passed over and told, also behind a link") {
  Tree tree;
  tree.file("file");
  REQUIRE(::mkfifo((tree.temp / "top/pipe").c_str(), 0600) == 0);
  tree.link("zero", "/dev/zero");
  tree.rules.links = sys::Links::follow;
  CHECK(tree.walk().value() == Paths{"file"});
  CHECK(tree.said() == Paths{"2 FIFOs, sockets or devices are passed over: pipe, zero"});
}

TEST_CASE("a walk ends when it shall, goes where it shall, and looks at no more than it may") {
  Tree tree;
  for (int k = 0; k < 50; ++k) tree.file("f" + std::to_string(k / 10) + "/" + std::to_string(k));
  sys::StopFlag stop;
  tree.rules.stop = &stop;
  size_t shown = 0;
  const auto until = [&](const sys::Found&) -> Result<bool> {
    if (++shown == 5) stop.raise(15);
    return true;
  };
  const Result<> stopped = sys::walk(tree.temp / "top", tree.rules, until);
  REQUIRE(!stopped);
  CHECK(stopped.error().code == Exit::sigterm);
  CHECK(shown == 5);
  tree.rules.stop = nullptr;
  tree.rules.most = 8;
  CHECK(tree.walk().value().size() == 8);
  tree.rules.most = SIZE_MAX;
  Paths outer;
  REQUIRE(sys::walk(tree.temp / "top", tree.rules, [&](const sys::Found& found) -> Result<bool> {
    outer.push_back(found.path);
    return false;
  }));
  CHECK(outer == Paths{"f0", "f1", "f2", "f3", "f4"});
}

TEST_CASE("depth costs no descriptors") {
  Tree tree;
  fs::create_directories(tree.temp / "top");
  constexpr size_t kDepth = 1500;
  sys::Fd at(::open((tree.temp / "top").c_str(), O_PATH | O_DIRECTORY));
  for (size_t k = 0; k < kDepth; ++k) {
    REQUIRE(::mkdirat(at.get(), "d", 0700) == 0);
    at = sys::Fd(::openat(at.get(), "d", O_PATH | O_DIRECTORY));
  }
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit few = before;
  few.rlim_cur = 64;
  ::setrlimit(RLIMIT_NOFILE, &few);
  const Result<Paths> walked = tree.walk();
  ::setrlimit(RLIMIT_NOFILE, &before);
  REQUIRE(walked);
  CHECK(walked->size() == kDepth);
}

TEST_CASE("a folder that may not be read is an error, unless it may be left out") {
  if (::geteuid() == 0) return;  // who may read everything
  Tree tree;
  tree.file("a/file");
  tree.file("shut/file");
  fs::permissions(tree.temp / "top/shut", fs::perms::none);
  const Result<Paths> refused = tree.walk();
  REQUIRE(!refused);
  CHECK(refused.error().code == Exit::auth);
  tree.rules.leave_unreadable = true;
  CHECK(tree.walk().value() == Paths{"a/", "a/file", "shut/"});
  CHECK(tree.said() == Paths{"1 folder cannot be read: shut"});
  fs::permissions(tree.temp / "top/shut", fs::perms::all);
}
