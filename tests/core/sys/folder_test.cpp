#include "core/sys/folder.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>

#include "core/sys/beneath.h"
#include "core/sys/fs.h"
#include "core/sys/range_file.h"
#include "core/sys/shared_lock.h"
#include "fakes/temp_folder.h"

using mlctl::Exit;
using mlctl::Result;
using mlctl::test::TempFolder;
namespace fs = std::filesystem;
namespace sys = mlctl::sys;

namespace {

void put(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

std::string text_of(const fs::path& path) {
  return sys::read_file(path).value_or("<gone>");
}

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
}

// A folder to work in beside one that nothing may reach.
struct Planted {
  TempFolder temp;
  sys::Folder work = [&] {
    put(temp / "outside/victim", "precious");
    return sys::Folder::make(temp / "work").value();
  }();

  // As a checked-out project could hold it.
  void link(const std::string& name, const std::string& target) const {
    fs::create_directories((temp / "work" / name).parent_path());
    fs::create_symlink(target, temp / "work" / name);
  }
  bool unharmed() const {
    return text_of(temp / "outside/victim") == "precious" &&
           std::distance(fs::directory_iterator(temp / "outside"), fs::directory_iterator()) == 1;
  }
};

struct Umask {
  explicit Umask(mode_t mask) : before(::umask(mask)) {}
  ~Umask() { ::umask(before); }
  mode_t before;
};

using Write = Result<> (*)(const sys::PathAt&);
struct Way {
  const char* name;
  Write write;
};
// Everything that makes or opens a file to write, and finds it again by its name.
const Way kOwn[] = {
    {"a journal", [](const sys::PathAt& at) { return sys::AppendFile::open(at, 0).map([](auto&&) {}); }},
    {"half an object",
     [](const sys::PathAt& at) { return sys::RangeFile::open_to_write(at, 5).map([](auto&&) {}); }},
    {"a lock", [](const sys::PathAt& at) { return sys::Lock::take(at).map([](auto&&) {}); }},
    {"a shared lock", [](const sys::PathAt& at) { return sys::SharedLock::take(at).map([](auto&&) {}); }},
};
const Way kReplacing = {"a whole file", [](const sys::PathAt& at) { return sys::write_file(at, "mine"); }};

}  // namespace

TEST_CASE("a name is opened beneath a folder alike by the kernel and by steps") {
  TempFolder temp;
  put(temp / "in/a/file", "x");
  put(temp / "out/file", "x");
  fs::create_symlink("../out", temp / "in/away");
  fs::create_symlink("a", temp / "in/beside");
  fs::create_symlink("a/file", temp / "in/link");
  const sys::Folder folder = sys::Folder::open(temp / "in").value();
  struct Case {
    std::string name;
    bool opens;
  };
  for (const Case& each :
       {Case{"a/file", true}, Case{"./a//file", true}, Case{"a", true}, Case{".", true},
        Case{"away/file", false}, Case{"beside/file", false}, Case{"link", false}, Case{"../out/file", false},
        Case{"a/../../out/file", false}, Case{(temp / "out/file").string(), false}, Case{"absent", false}}) {
    for (const sys::Means means : {sys::Means::kernel, sys::Means::steps}) {
      CAPTURE(each.name);
      CAPTURE(static_cast<int>(means));
      const sys::Fd fd = sys::open_beneath(folder.fd(), each.name.c_str(), O_RDONLY, 0, means);
      CHECK(static_cast<bool>(fd) == each.opens);
      const sys::Fd made =
          sys::open_beneath(folder.fd(), (each.name + "-new").c_str(), O_WRONLY | O_CREAT, 0600, means);
      CHECK(!fs::exists(temp / "out/file-new"));
    }
  }
}

TEST_CASE("a folder that the user typed may be a link, what is named in it may not") {
  const Planted planted;
  fs::create_directory_symlink(planted.temp / "work", planted.temp / "typed");
  const sys::Folder typed = sys::Folder::open(planted.temp / "typed").value();
  REQUIRE(sys::write_file(typed / "a/b", "text"));
  CHECK(text_of(planted.temp / "work/a/b") == "text");
  planted.link("away", "../outside");
  for (const char* name : {"away/file", "away/deeper/file", "away/victim"}) {
    const Result<> written = sys::write_file(typed / name, "evil");
    REQUIRE(!written);
    CHECK(written.error().code == Exit::integrity);
    CHECK(written.error().message.find("work/away") == std::string::npos);
    CHECK(written.error().message.find("typed/away is a symbolic link") != std::string::npos);
  }
  CHECK(sys::Folder::make(typed / "away").error().code == Exit::integrity);
  CHECK(sys::read_file(typed / "away/victim").error().code == Exit::integrity);
  CHECK(planted.unharmed());
}

TEST_CASE("no name leads out of a folder") {
  const Planted planted;
  for (const std::string& name : {std::string("../outside/victim"), std::string("a/../../outside/victim"),
                                  (planted.temp / "outside/victim").string(), std::string("a\0b", 3)}) {
    CAPTURE(name);
    CHECK(sys::write_file(planted.work / name, "evil").error().code == Exit::data);
    CHECK(sys::read_file(planted.work / name).error().code == Exit::data);
    CHECK(sys::remove_tree(planted.work / name).error().code == Exit::data);
  }
  CHECK(planted.unharmed());
}

TEST_CASE("what must be found again is a regular file of one name, or named with the remedy") {
  for (const Way& way : kOwn) {
    CAPTURE(way.name);
    const Planted planted;
    planted.link("link", "../outside/victim");
    planted.link("dangling", "../outside/new");
    planted.link("away", "../outside");
    fs::create_hard_link(planted.temp / "outside/victim", planted.temp / "work/hard");
    REQUIRE(::mkfifo((planted.temp / "work/fifo").c_str(), 0600) == 0);
    fs::create_directory(planted.temp / "work/folder");
    for (const char* name : {"link", "dangling", "away/file", "away/victim", "hard", "fifo", "folder"}) {
      CAPTURE(name);
      for (const sys::PathAt& at : {planted.work / name, sys::PathAt(planted.temp / "work" / name)}) {
        if (!at.strict() && std::string(name).starts_with("away")) continue;  // typed: the user's own link
        const Result<> opened = way.write(at);
        REQUIRE(!opened);
        CHECK(opened.error().code == Exit::integrity);
        CHECK(opened.error().message.find((planted.temp / "work").string()) != std::string::npos);
        CHECK(!opened.error().hint.empty());
      }
    }
    CHECK(planted.unharmed());
    REQUIRE(way.write(planted.work / "fresh"));
    REQUIRE(way.write(planted.work / "fresh"));
  }
}

TEST_CASE("a file of another user is not taken for one of ours") {
  if (::geteuid() != 0) return;  // only root can give one away
  const Planted planted;
  put(planted.temp / "work/theirs", "");
  REQUIRE(::chown((planted.temp / "work/theirs").c_str(), 4711, 4711) == 0);
  for (const Way& way : kOwn) {
    const Result<> opened = way.write(planted.work / "theirs");
    REQUIRE(!opened);
    CHECK(opened.error().message.find("4711") != std::string::npos);
  }
  // In a folder of theirs they could exchange it anyway; on some network drives new files are theirs.
  REQUIRE(::chown((planted.temp / "work").c_str(), 4711, 4711) == 0);
  for (const Way& way : kOwn) CHECK(way.write(planted.work / "theirs"));
}

TEST_CASE("a whole file replaces a link and leaves what it leads to") {
  const Planted planted;
  planted.link("link", "../outside/victim");
  fs::create_hard_link(planted.temp / "outside/victim", planted.temp / "work/hard");
  for (const char* name : {"link", "hard"}) {
    REQUIRE(kReplacing.write(planted.work / name));
    CHECK(text_of(planted.temp / "work" / name) == "mine");
    CHECK(!fs::is_symlink(planted.temp / "work" / name));
  }
  CHECK(planted.unharmed());
}

TEST_CASE("a temporary cannot be foreseen, and what a killed process left of one is known") {
  TempFolder temp;
  fs::create_directory(temp / "full");  // the rename fails, the temporary goes
  put(temp / "full/file", "x");
  CHECK(!sys::write_file(temp / "full", "x"));
  CHECK(std::distance(fs::directory_iterator(temp.path()), fs::directory_iterator()) == 1);
  for (const char* name : {".mlctl-tmp-0123456789abcdef", "model.json.tmp-4711"})
    CHECK(sys::is_temporary(name));
  for (const char* name : {".mlctl-tmp-", ".mlctl-tmp-0123456789abcdeg", ".mlctl-tmp-0123456789abcdef0",
                           "a.tmp-", "a.tmp-x1", "file"})
    CHECK(!sys::is_temporary(name));
}

TEST_CASE("removing a tree removes links and nothing behind them") {
  const Planted planted;
  put(planted.temp / "work/tree/a/b/file", "x");
  planted.link("tree/away", "../../outside");
  planted.link("tree/a/victim", "../../../outside/victim");
  planted.link("tree/loop", ".");
  planted.link("itself", "../outside");
  REQUIRE(sys::remove_tree(planted.work / "tree"));
  CHECK(!fs::exists(planted.temp / "work/tree"));
  REQUIRE(sys::remove_tree(planted.work / "itself"));
  CHECK(!fs::is_symlink(planted.temp / "work/itself"));
  CHECK(planted.unharmed());
  REQUIRE(sys::remove_tree(planted.work / "absent/too"));
  planted.link("away", "../outside");
  CHECK(sys::remove_tree(planted.work / "away/victim").error().code == Exit::integrity);
  REQUIRE(sys::remove_tree(planted.temp / "work/away/"));  // typed with a slash, and still the link
  CHECK(planted.unharmed());
}

TEST_CASE("a private folder is for its user alone, whatever the umask says") {
  TempFolder temp;
  const Umask open_to_all(0);
  const sys::Folder state = sys::Folder::make(temp / "state/mlctl", sys::Readers::nobody).value();
  REQUIRE(sys::write_file(state / "runs/1/run.json", "{}"));
  sys::AppendFile log = sys::AppendFile::open(state / "runs/1/metrics.jsonl").value();
  const sys::Lock lock = sys::Lock::take(state / "locks/a").value();
  for (const char* folder :
       {"state", "state/mlctl", "state/mlctl/runs", "state/mlctl/runs/1", "state/mlctl/locks"})
    CHECK(mode_of(temp / folder) == 0700);
  for (const char* file : {"runs/1/run.json", "runs/1/metrics.jsonl", "locks/a"})
    CHECK(mode_of(temp / "state/mlctl" / file) == 0600);
  const sys::Folder data = sys::Folder::make(temp / "data").value();  // as the umask says
  REQUIRE(sys::write_file(data / "shard", ""));
  CHECK(mode_of(temp / "data") == 0777);
  CHECK(mode_of(temp / "data/shard") == 0644);
}

TEST_CASE("nothing waits for a FIFO or reads a device") {
  TempFolder temp;
  REQUIRE(::mkfifo((temp / "fifo").c_str(), 0600) == 0);
  for (const fs::path& path : {temp / "fifo", fs::path("/dev/zero")}) {
    CHECK(sys::read_file(path).error().code == Exit::data);
    CHECK(sys::Mapping::open(path).error().code == Exit::data);
    CHECK(sys::RangeFile::open_to_read(path).error().code == Exit::data);
  }
  CHECK(sys::read_input("/dev/zero", 1 << 20).error().message.find("over the limit") != std::string::npos);
  CHECK(sys::read_input("/dev/null", 1 << 20).value().empty());
}

TEST_CASE("a file is told from one that was put in its place with the same bytes and times") {
  TempFolder temp;
  const auto birth = [&] { return sys::RangeFile::open_to_write(temp / "part", 5).value().birth().value(); };
  const std::string first = birth();
  CHECK(birth() == first);
  fs::rename(temp / "part", temp / "kept");
  fs::copy_file(temp / "kept", temp / "part");
  fs::last_write_time(temp / "part", fs::last_write_time(temp / "kept"));
  CHECK(birth() != first);
}
