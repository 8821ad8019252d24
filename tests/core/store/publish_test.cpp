#include "core/store/publish.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/output/journal.h"
#include "core/store/file_store.h"
#include "core/sys/fs.h"
#include "fakes/temp_folder.h"

using namespace mlctl;

namespace {

const TakeBytes kUnseen = [](std::string_view) -> Result<> { return {}; };

struct World {
  test::TempFolder folder;
  sys::StopFlag stop;
  FileStore store{(folder / "store").string() + "/"};

  // A finished output as OutputFolder leaves it.
  std::filesystem::path output(const std::string& name, const std::string& file, const std::string& text) {
    const std::filesystem::path path = folder / name;
    REQUIRE(sys::write_file(path / file, text));
    REQUIRE(sys::write_file(
        path / "dataset.json",
        fmt::format(R"({{"files":[{{"path":"{}","sha256":"{}"}}]}})", file, sha256_hex(text))));
    REQUIRE(sys::write_file(path / kFingerprintFile, "made-from-" + text + "\n"));
    return path;
  }
  Result<TransferSummary> publish_to(ObjectStore& to, const std::filesystem::path& path,
                                     bool overwrite = false) {
    return publish({path, &to, "d/", "dataset.json", overwrite}, {kUnseen, &stop});
  }
  std::string read(const std::string& name) {
    return sys::read_file(folder / "store/d" / name).value_or("(absent)");
  }
};

// Another one writes just before the object of a name is put.
struct Raced : FileStore {
  using FileStore::FileStore;
  std::string at;
  std::function<void()> other;
  Result<> put(const std::string& key, const Content& content, bool only_new,
               const TakeBytes& progress) override {
    if (key == at) std::exchange(other, [] {})();
    return FileStore::put(key, content, only_new, progress);
  }
};

}  // namespace

TEST_CASE("a published output is all there, and publishing it again changes nothing") {
  World world;
  const auto path = world.output("out", "train.csv", "1");
  CHECK(world.publish_to(world.store, path).value().copied == 1);
  CHECK(world.read("train.csv") == "1");
  CHECK(world.read("dataset.json").find("train.csv") != std::string::npos);
  CHECK(world.publish_to(world.store, path).value().present == 1);
}

TEST_CASE("an output made from other inputs is a conflict; overwriting leaves nothing of the old one") {
  World world;
  REQUIRE(world.publish_to(world.store, world.output("one", "old.csv", "1")));
  const auto other = world.output("two", "new.csv", "2");
  const auto refused = world.publish_to(world.store, other);
  REQUIRE(!refused);
  CHECK(refused.error().code == Exit::conflict);
  CHECK(world.read("old.csv") == "1");
  CHECK(world.publish_to(world.store, other, true).has_value());
  CHECK(world.read("new.csv") == "2");
  CHECK(world.read("old.csv") == "(absent)");
}

TEST_CASE("of two who write to one place one wins, whenever the other comes") {
  for (const char* at : {"d/.mlctl-fingerprint", "d/train.csv", "d/dataset.json"}) {
    CAPTURE(at);
    World world;
    const auto mine = world.output("mine", "train.csv", "mine");
    const auto theirs = world.output("theirs", "train.csv", "theirs");
    Raced raced(world.folder.path().string() + "/store/");
    raced.at = at;
    int won = 0, refused = 0;
    const auto count = [&](const Result<TransferSummary>& done) {
      won += done ? 1 : 0;
      refused += !done && done.error().code == Exit::conflict ? 1 : 0;
    };
    raced.other = [&] { count(world.publish_to(world.store, theirs)); };
    count(world.publish_to(raced, mine));
    CHECK(won == 1);
    CHECK(refused == 1);
    const auto hashes = listed_hashes(world.read("dataset.json"));
    CHECK(hashes.at("train.csv") == sha256_hex(world.read("train.csv")));
  }
}

TEST_CASE("an output is not put among other things, unless it is to overwrite") {
  World world;
  const auto path = world.output("out", "train.csv", "1");
  REQUIRE(sys::write_file(world.folder / "store/d/photos/a.jpg", "x"));
  const auto refused = world.publish_to(world.store, path);
  REQUIRE(!refused);
  CHECK(refused.error().code == Exit::conflict);
  CHECK(refused.error().message.find("d/photos/a.jpg") != std::string::npos);
  CHECK(world.read("dataset.json") == "(absent)");
  CHECK(world.read(kFingerprintFile) == "(absent)");
  CHECK(world.publish_to(world.store, path, true));
  CHECK(world.publish_to(world.store, path));  // finished: found, not refused
}

TEST_CASE("what was published is recalled as a finished output of its fingerprint") {
  World world;
  REQUIRE(world.publish_to(world.store, world.output("out", "train.csv", "1")));
  const auto here = world.folder / "here/d";
  CHECK(recall({&world.store, "d/", "dataset.json"}, here, {kUnseen, &world.stop}).value());
  CHECK(is_recalled(here));
  OutputRules rules{false, "dataset.json", {}};
  rules.upkeep.elsewhere = [](const auto&) -> Result<> { return {}; };
  CHECK(OutputFolder::open(here, "made-from-1", rules).value().state() == OutputState::up_to_date);
  rules.upkeep.elsewhere = [](const auto&) -> Result<> {
    return fail(Exit::integrity, "train.csv is missing");
  };
  CHECK(OutputFolder::open(here, "made-from-1", rules).error().code == Exit::integrity);
  CHECK(OutputFolder::open(here, "other", {false, "dataset.json"}).error().code == Exit::conflict);
  CHECK(!sys::exists(here / "train.csv"));
  CHECK(!recall({&world.store, "none/", "dataset.json"}, here, {kUnseen, &world.stop}).value());
}
