#include "core/store/transfer.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/base/crc.h"
#include "core/base/hash.h"
#include "core/store/file_store.h"
#include "core/sys/fs.h"
#include "fakes/temp_folder.h"

using namespace mlctl;

namespace {

const TakeBytes kIgnore = [](std::string_view) -> Result<> { return {}; };

// A source and a destination below one temporary folder.
struct World {
  test::TempFolder folder;
  FileStore store{folder.path().string() + "/"};
  sys::StopFlag stop;

  void write(const std::string& key, const std::string& text) {
    REQUIRE(sys::write_file(folder / key, text));
  }
  std::string read(const std::string& key) { return sys::read_file(folder / key).value_or("(absent)"); }
  Result<TransferSummary> copy(const TreeSource& source, Replace replace = Replace::nothing) {
    const Result<Walk> walk = walk_tree(source);
    if (!walk) return fail(walk.error());
    const auto plan = plan_transfer(*walk, store, replace, kIgnore);
    if (!plan) return fail(plan.error());
    return transfer(*walk, *plan, store, {kIgnore, &stop});
  }
};

}  // namespace

TEST_CASE("a folder's contents go below the prefix, hidden files stay behind") {
  World world;
  world.write("from/a.txt", "A");
  world.write("from/sub/兔 b.txt", "B");
  world.write("from/.hidden", "H");
  const auto summary = world.copy({&world.store, "from", "to/x/"}).value();
  CHECK(summary.copied == 2);
  CHECK(world.read("to/x/a.txt") == "A");
  CHECK(world.read("to/x/sub/兔 b.txt") == "B");
  CHECK(world.read("to/x/.hidden") == "(absent)");
}

TEST_CASE("what is there already is not copied again, and other content is a conflict") {
  World world;
  world.write("from/a", "same");
  world.write("from/b", "new!");
  world.write("to/a", "same");
  CHECK(world.copy({&world.store, "from", "to/"}).value().present == 1);
  world.write("to/b", "old!");
  const auto refused = world.copy({&world.store, "from", "to/"});
  REQUIRE(!refused);
  CHECK(refused.error().code == Exit::conflict);
  CHECK(world.read("to/b") == "old!");
  CHECK(world.copy({&world.store, "from", "to/"}, Replace::anything).value().copied == 1);
  CHECK(world.read("to/b") == "new!");
}

TEST_CASE("an older object is replaced by other bytes, a newer one is left and not even read") {
  World world;
  for (const char* name : {"older", "newer", "same"}) {
    world.write(std::string("from/") + name, "new!");
    world.write(std::string("to/") + name, std::string_view(name) == "same" ? "new!" : "old!");
  }
  world.write("from/absent", "new!");
  const auto now = std::filesystem::last_write_time(world.folder / "to/newer");
  for (const char* name : {"from/older", "from/same"})
    std::filesystem::last_write_time(world.folder / name, now + std::chrono::seconds(10));
  std::filesystem::last_write_time(world.folder / "from/newer", now);
  const auto summary = world.copy({&world.store, "from", "to/"}, Replace::older).value();
  CHECK(summary.copied == 2);
  CHECK(summary.present == 1);
  CHECK(summary.skipped == 1);
  CHECK(world.read("to/older") == "new!");
  CHECK(world.read("to/newer") == "old!");
}

TEST_CASE("surplus is what the plan does not have, below the prefix, of what a transfer would carry") {
  World world;
  for (const char* key : {"from/a", "to/a", "to/b", "to/sub/c.jpg", "to/dataset.json", "to/.hidden",
                          "to/.folder/x", "other/d", "too"})
    world.write(key, "x");
  const Walk walk = walk_tree({&world.store, "from", "to/"}).value();
  const auto plan = plan_transfer(walk, world.store, Replace::nothing, kIgnore).value();
  const auto names = [&](const NameFilter& filter) {
    std::vector<std::string> keys;
    const auto surplus = surplus_of(plan, world.store, "to/", filter).value();
    for (const ObjectInfo& object : surplus) keys.push_back(object.key);
    return keys;
  };
  CHECK(names({}) == std::vector<std::string>{"to/dataset.json", "to/b", "to/sub/c.jpg"});
  CHECK(names({{"*.jpg"}, {}}) == std::vector<std::string>{"to/sub/c.jpg"});
  CHECK(names({{}, {"*.jpg", "*.json"}}) == std::vector<std::string>{"to/b"});
}

TEST_CASE("bytes that are not what dataset.json says become no object") {
  World world;
  world.write("from/train.tar", "damaged");
  world.write("from/dataset.json",
              R"({"files":[{"path":"train.tar","size":5,"sha256":")" + sha256_hex("whole") + "\"}]}");
  const auto refused = world.copy({&world.store, "from", "to/"});
  REQUIRE(!refused);
  CHECK(refused.error().code == Exit::integrity);
  CHECK(refused.error().message.find("train.tar") != std::string::npos);
  CHECK(sys::list_files(world.folder / "to").value().empty());
}

TEST_CASE("dataset.json is copied last") {
  World world;
  world.write("from/dataset.json", "{}");
  world.write("from/train.tar", "t");
  std::vector<std::string> order;
  const TakeItem note = [&](const TransferItem& item) -> Result<> {
    order.push_back(item.key);
    return {};
  };
  REQUIRE(walk_tree({&world.store, "from", "to/"}).value()(note));
  CHECK(order == std::vector<std::string>{"to/train.tar", "to/dataset.json"});
}

TEST_CASE("two items of one name are refused before anything is copied") {
  World world;
  world.write("from/a/x", "1");
  world.write("from/b/x", "2");
  const auto refused = world.copy({&world.store, "from", "to/", "{name}"});
  REQUIRE(!refused);
  CHECK(refused.error().code == Exit::data);
  CHECK(!sys::exists(world.folder / "to"));
}

TEST_CASE("a stopped transfer says whether it saved something, and the next one goes on") {
  World world;
  for (const char* key : {"from/a", "from/b", "from/c"}) world.write(key, key);
  const Walk walk = walk_tree({&world.store, "from", "to/"}).value();
  const auto plan = plan_transfer(walk, world.store, Replace::nothing, kIgnore).value();
  const TakeBytes interrupt = [&](std::string_view bytes) -> Result<> {
    if (bytes.empty()) return {};
    world.stop.raise(2);
    return {};
  };
  const auto stopped = transfer(walk, plan, world.store, {interrupt, &world.stop, 1});
  REQUIRE(!stopped);
  CHECK(stopped.error().code == Exit::interrupted);
  CHECK(transfer(walk, plan, world.store, {kIgnore, &world.stop}).error().code == Exit::sigint);
  world.stop.raise(0);
  const auto summary = world.copy({&world.store, "from", "to/"}).value();
  CHECK(summary.present == 1);
  CHECK(summary.copied == 2);
}

TEST_CASE("no key leaves the store's root") {
  World world;
  Content content{1, {}};
  content.read = [](uint64_t, uint64_t, const TakeBytes& take) { return take("x"); };
  for (const char* key : {"../x", "a/../../x", "a//b", "", "a/./b"}) {
    CAPTURE(key);
    const auto refused = world.store.put(key, content, false, kIgnore);
    REQUIRE(!refused);
    CHECK(refused.error().code == Exit::data);
  }
}

TEST_CASE("halves of objects are neither listed nor left after an error or a removal") {
  World world;
  Content broken{8, {}};
  broken.read = [](uint64_t, uint64_t, const TakeBytes&) -> Result<> { return fail(Exit::failed, "gone"); };
  CHECK(!world.store.put("to/x", broken, false, kIgnore));
  CHECK(std::filesystem::is_empty(world.folder / "to"));
  world.write("to/.mlctl-part-00", "half");
  CHECK(!walk_tree({&world.store, "to", "x/"}));
  REQUIRE(world.store.remove_folder("to/"));
  CHECK(!sys::exists(world.folder / "to"));
}

TEST_CASE("of two writers of a new object one wins") {
  World world;
  Content content{1, {}};
  content.read = [](uint64_t, uint64_t, const TakeBytes& take) { return take("x"); };
  CHECK(world.store.put("to/x", content, true, kIgnore));
  const auto second = world.store.put("to/x", content, true, kIgnore);
  REQUIRE(!second);
  CHECK(second.error().code == Exit::conflict);
  CHECK(world.store.put("to/x", content, false, kIgnore));
}

namespace {

// 40 MiB that several streams may read, and that notes what it was asked for.
struct Remote {
  std::string bytes = std::string(size_t{40} << 20, '\0');
  std::vector<uint64_t> asked;
  std::mutex mutex;
  uint64_t breaks_at = UINT64_MAX;

  Remote() {
    for (size_t k = 0; k < bytes.size(); k += 4096) bytes[k] = static_cast<char>(k / 4096 % 251);
  }
  Content content() {
    Content content{bytes.size(), {}};
    content.read = [this](uint64_t offset, uint64_t size, const TakeBytes& take) -> Result<> {
      const std::lock_guard hold(mutex);
      asked.push_back(offset);
      if (offset >= breaks_at) return fail(Exit::network, "cut off");
      return take(std::string_view(bytes).substr(offset, size));
    };
    content.checksum = {Checksum::Kind::crc64_nvme, fmt::format("{:016x}", crc64_nvme(bytes))};
    content.fingerprint = "one";
    content.streams = 3;
    return content;
  }
};

}  // namespace

TEST_CASE("a large content is fetched in ranges, and after an interruption only the missing ones") {
  World world;
  Remote remote;
  remote.breaks_at = uint64_t{24} << 20;
  CHECK(world.store.put("to/x", remote.content(), true, kIgnore).error().code == Exit::network);
  CHECK(!sys::exists(world.folder / "to/x"));
  remote.breaks_at = UINT64_MAX;
  remote.asked.clear();
  REQUIRE(world.store.put("to/x", remote.content(), true, kIgnore));
  CHECK(remote.asked.size() == 2);
  CHECK(world.read("to/x") == remote.bytes);
  CHECK(sys::list_files(world.folder / "to").value().size() == 1);
}

TEST_CASE("ranges of another version of the source do not count") {
  World world;
  Remote remote;
  remote.breaks_at = uint64_t{24} << 20;
  CHECK(!world.store.put("to/x", remote.content(), true, kIgnore));
  remote.breaks_at = UINT64_MAX;
  remote.asked.clear();
  Content changed = remote.content();
  changed.fingerprint = "two";
  REQUIRE(world.store.put("to/x", changed, true, kIgnore));
  CHECK(remote.asked.size() == 5);
}

TEST_CASE("ranges that do not sum to the object's checksum are an integrity error and no file") {
  World world;
  Remote remote;
  Content content = remote.content();
  content.checksum.value = "0000000000000000";
  CHECK(world.store.put("to/x", content, true, kIgnore).error().code == Exit::integrity);
  CHECK(std::filesystem::is_empty(world.folder / "to"));
}

TEST_CASE("half an object that mlctl did not make is refused, and neither written nor removed") {
  World world;
  world.write("outside", "precious");
  world.write("to/y", "y");
  const auto part = world.folder / "to" / fmt::format("{}{:016x}", kPartPrefix, hash64("x"));
  std::filesystem::create_symlink("../outside", part);
  Remote remote;
  Content small;
  small.size = 1;
  small.read = [](uint64_t, uint64_t, const TakeBytes& take) { return take("x"); };
  for (const Content& content : {remote.content(), small}) {
    const Result<> put = world.store.put("to/x", content, true, kIgnore);
    REQUIRE(!put);
    CHECK(put.error().code == Exit::integrity);
    CHECK(put.error().message.find(part.string()) != std::string::npos);
  }
  CHECK(std::filesystem::is_symlink(part));
  CHECK(world.read("outside") == "precious");
}
