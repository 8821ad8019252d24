#include "core/output/whole.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <ctime>

#include <doctest/doctest.h>

#include "core/output/journal.h"
#include "fakes/small_dataset.h"
#include "fakes/temp_folder.h"

using namespace mlctl;
namespace fs = std::filesystem;

namespace {

constexpr const char* kShard = "train-000000.csv";

// A finished dataset `out`, and what was remembered of it.
struct World {
  test::TempFolder temp;
  fs::path out = temp / "out";
  bool sealed = true;

  explicit World(bool with_seals = true) : sealed(with_seals) { REQUIRE(make() == OutputState::fresh); }

  Result<OutputFolder> open(bool overwrite = false, bool verify = false,
                            const std::string& document = "dataset.json", const std::string& from = "v1") {
    const Seals seals = sealed ? Seals(temp / "seals") : Seals();
    return OutputFolder::open(out, from, {overwrite, document, {seals, verify, {}}});
  }
  OutputState make(bool overwrite = false) {
    auto folder = open(overwrite);
    REQUIRE_MESSAGE(folder, folder.error().message);
    const OutputState state = folder->state();
    if (state == OutputState::up_to_date) return state;
    test::write_table(folder->work(), true);
    REQUIRE(folder->finish());
    return state;
  }
  bool up_to_date() {
    const auto folder = open();
    return folder && folder->state() == OutputState::up_to_date;
  }
  std::string text(const std::string& name) { return sys::read_file(out / name).value(); }
  void put(const std::string& name, const std::string& text) { REQUIRE(sys::write_file(out / name, text)); }
};

// In place: the same inode, size and time of modification.
void edit_secretly(const fs::path& path) {
  struct stat before {};
  REQUIRE(::stat(path.c_str(), &before) == 0);
  FILE* file = std::fopen(path.c_str(), "r+");
  std::fseek(file, 30, SEEK_SET);
  std::fputc('7', file);
  std::fclose(file);
  const timespec times[] = {before.st_atim, before.st_mtim};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

struct Damage {
  const char* name;
  void (*harm)(World&);
};
const Damage kDamages[] = {
    {"a shard is gone", [](World& w) { fs::remove(w.out / kShard); }},
    {"a shard is empty", [](World& w) { w.put(kShard, ""); }},
    {"a shard is cut", [](World& w) { fs::resize_file(w.out / kShard, 40); }},
    {"a shard is longer", [](World& w) { w.put(kShard, w.text(kShard) + "1,1,red,high\n"); }},
    {"a shard is edited", [](World& w) { w.put(kShard, w.text(kShard).replace(20, 1, "7")); }},
    {"a shard is edited in place, its time put back", [](World& w) { edit_secretly(w.out / kShard); }},
    {"a folder lies in a shard's place",
     [](World& w) {
       fs::remove(w.out / kShard);
       fs::create_directory(w.out / kShard);
     }},
    {"a link that leads nowhere lies in a shard's place",
     [](World& w) {
       fs::remove(w.out / kShard);
       fs::create_symlink("nowhere", w.out / kShard);
     }},
    {"the document is gone", [](World& w) { fs::remove(w.out / "dataset.json"); }},
    {"the document is empty", [](World& w) { w.put("dataset.json", ""); }},
    {"the document is cut", [](World& w) { fs::resize_file(w.out / "dataset.json", 100); }},
    {"the document is edited",
     [](World& w) {
       std::string text = w.text("dataset.json");
       w.put("dataset.json", text.replace(text.find("\"blue\""), 6, "\"grey\""));
     }},
};

}  // namespace

TEST_CASE("a damaged output is never up to date: refused by name, and made anew to overwrite") {
  for (const bool sealed : {true, false}) {
    for (const Damage& damage : kDamages) {
      CAPTURE(sealed);
      CAPTURE(damage.name);
      World world(sealed), whole;
      damage.harm(world);
      const auto refused = world.open();
      REQUIRE(!refused);
      CHECK(refused.error().code == Exit::integrity);
      CHECK(sentence(refused.error()).find("/out/") != std::string::npos);
      CHECK(refused.error().hint == "--overwrite makes it anew");
      CHECK(world.make(true) == OutputState::fresh);
      CHECK(world.up_to_date());
      for (const char* name : {kShard, "dataset.json", kFingerprintFile})
        CHECK(world.text(name) == whole.text(name));
    }
  }
}

TEST_CASE("new times, a copy, and what else lies in the folder are no damage") {
  World world;
  fs::last_write_time(world.out / kShard, fs::file_time_type::clock::now());
  CHECK(world.up_to_date());
  fs::rename(world.out, world.temp / "old");
  fs::copy(world.temp / "old", world.out, fs::copy_options::recursive);
  CHECK(world.up_to_date());
  world.put("evaluations/0001-test.json", "{}");
  world.put("notes.txt", "mine");
  CHECK(world.up_to_date());
  CHECK(world.make(true) == OutputState::up_to_date);
}

TEST_CASE("what was compared is known by its times from then on, unless every byte is asked for") {
  World world;
  const Seals seals(world.temp / "seals");
  CHECK(seals.hold(world.out));
  fs::last_write_time(world.out / kShard, fs::file_time_type::clock::now());
  CHECK(!seals.hold(world.out));
  CHECK(world.up_to_date());
  CHECK(seals.hold(world.out));
  // A seal that is wrong shows that nothing was read.
  const std::string shard = world.text(kShard);
  world.put(kShard, std::string(shard.size(), 'x'));
  Seals::Files lie;
  for (const char* name : {kShard, "dataset.json"}) lie[name] = sys::identity_at(world.out / name).value();
  seals.keep(world.out, lie);
  CHECK(world.up_to_date());
  CHECK(world.open(false, true).error().code == Exit::integrity);
}

TEST_CASE("a torn seal, or one of another folder, holds nothing") {
  World world;
  const Seals seals(world.temp / "seals");
  const fs::path file = fs::directory_iterator(world.temp / "seals")->path();
  const std::string text = sys::read_file(file).value();
  for (const std::string& bad :
       {std::string(), text.substr(0, text.size() - 5), text.substr(0, text.find('\n') + 1) + "end\n",
        "/elsewhere" + text.substr(text.find('\n')), text.substr(0, text.find('\n') + 1) + "x y z\nend\n"}) {
    REQUIRE(sys::write_file(file, bad));
    CHECK(!seals.hold(world.out));
    CHECK(world.up_to_date());  // and it is sealed anew
    CHECK(seals.hold(world.out));
  }
}

TEST_CASE("only what mlctl made, of the same kind, is replaced") {
  World world;
  CHECK(world.open(true, false, "model.json", "v2").error().code == Exit::conflict);
  fs::remove(world.out / "dataset.json");  // the fingerprint still tells
  CHECK(world.open(true, false, "model.json", "v2").error().code == Exit::conflict);
  CHECK(world.open(true, false, "dataset.json", "v2"));
}

TEST_CASE("without a fingerprint a whole document tells the kind, of a folder that holds nothing else") {
  for (const bool emptied : {true, false}) {
    World world;
    emptied ? world.put(kFingerprintFile, "") : static_cast<void>(fs::remove(world.out / kFingerprintFile));
    CHECK(world.open().error().code == Exit::conflict);
    CHECK(world.open(true));
    world.put("thesis.txt", "dear");
    CHECK(world.open(true).error().code == Exit::conflict);
    fs::remove(world.out / "thesis.txt");
    world.put("dataset.json", "{}");
    CHECK(world.open(true).error().code == Exit::conflict);
  }
}

TEST_CASE("an output that an older mlctl finished is up to date while its files are as listed") {
  World world;
  world.put(kFingerprintFile, "v1\n");
  CHECK(world.up_to_date());
  fs::resize_file(world.out / kShard, 40);
  CHECK(world.open().error().code == Exit::integrity);
}

TEST_CASE("work is taken up only while the files of its units are as they were left") {
  for (const Damage& damage : kDamages) {
    CAPTURE(damage.name);
    if (std::string(damage.name).find("document") != std::string::npos) continue;
    World world;
    const Dataset dataset = open_dataset(world.out).value();
    const fs::path finished = world.temp / "finished";
    fs::rename(world.out, finished);
    {
      auto folder = world.open();
      REQUIRE(folder);
      fs::copy(finished / kShard, folder->work() / kShard);
      nlohmann::ordered_json unit = {{"files", nlohmann::ordered_json::array()}};
      for (const FileEntry& file : dataset.files) {
        if (file.path.text() == kShard) unit["files"].push_back(to_json(file));
      }
      REQUIRE(folder->commit("unit-0", unit));
    }
    CHECK(world.open()->state() == OutputState::resuming);
    const fs::path work = world.temp / "out.partial";
    world.out = work;
    damage.harm(world);
    world.out = world.temp / "out";
    const auto again = world.open();
    REQUIRE(again);
    CHECK(again->state() == OutputState::fresh);
    CHECK(again->damage().find(kShard) != std::string::npos);
    CHECK(!sys::exists(work / kShard));
  }
}
