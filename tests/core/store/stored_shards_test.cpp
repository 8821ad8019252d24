#include "core/store/stored_shards.h"

#include <algorithm>
#include <mutex>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/data/samples.h"
#include "core/store/file_store.h"
#include "fakes/listed_file.h"
#include "fakes/temp_folder.h"

using namespace mlctl;
namespace fs = std::filesystem;

namespace {

constexpr size_t kShard = 1000;  // bytes, about

// What was fetched, and what happens then.
struct Watched {
  std::mutex mutex;
  std::vector<std::string> fetched;
  std::function<void(const std::string& key)> before = [](const std::string&) {};
};

class WatchedStore : public FileStore {
 public:
  WatchedStore(std::string root, Watched& watched) : FileStore(std::move(root)), watched_(watched) {}
  Result<> get(const std::string& key, uint64_t offset, uint64_t size, const TakeBytes& take,
               const std::string& etag) override {
    const std::lock_guard hold(watched_.mutex);
    watched_.before(key);
    watched_.fetched.push_back(key.substr(key.rfind('/') + 1));
    return FileStore::get(key, offset, size, take, etag);
  }

 private:
  Watched& watched_;
};

// A stored dataset of texts, many shards to train on and one to test, and a cache.
struct World {
  test::TempFolder folder;
  Watched watched;
  sys::StopFlag stop;
  sys::Clock clock;
  Dataset dataset;

  explicit World(int shards = 8) {
    dataset.kind = DatasetKind::text;
    dataset.columns = {{"text", ColumnType::text, Role::feature, CellForm::plain, {}}};
    for (int k = 0; k < shards; ++k) add("train", k);
    add("test", 0);
    dataset.lineage = nlohmann::ordered_json::object();
    write("dataset.json", to_json(dataset).dump());
  }
  void add(const std::string& split, int k) {
    const std::string file = fmt::format("{}-{:06}.jsonl", split, k);
    const std::string text =
        fmt::format("{{\"text\":\"{} {}{}\"}}\n", split, k, std::string(kShard - 40, 'x'));
    dataset.splits[split].files.push_back(test::inside(file));
    dataset.splits[split].shard_samples.push_back(1);
    ++dataset.splits[split].samples;
    dataset.files.push_back(test::entry(file, text));
    write(file, text);
  }
  void write(const std::string& file, const std::string& text) {
    REQUIRE(sys::write_file(folder / "store/d" / file, text));
  }
  Result<StoredShards> open(uint64_t bound = 1 << 20, const std::string& key = "d") {
    const std::string root = (folder / "store").string() + "/";
    return StoredShards::open({std::make_unique<WatchedStore>(root, watched), key},
                              MirrorCache(folder / "cache", bound), stop, clock);
  }
  uint64_t cached() {
    uint64_t bytes = 0;
    std::error_code code;
    for (fs::recursive_directory_iterator at(folder / "cache", code), end; !code && at != end;
         at.increment(code)) {
      std::error_code gone;
      const uint64_t size = at->path().filename() == "shard" ? at->file_size(gone) : 0;
      bytes += gone ? 0 : size;
    }
    return bytes;
  }
};

Result<std::vector<std::string>> texts(StoredShards& shards, const std::string& split = "train") {
  std::vector<std::string> seen;
  const Dataset dataset = shards.open().value();
  const auto take = [&](const Sample& sample) -> Result<> {
    seen.emplace_back(sample.text.substr(0, sample.text.find('x')));
    return {};
  };
  TRY(for_each_sample(shards, dataset, split, take));
  return seen;
}

const std::vector<std::string> kTrain = {"train 0", "train 1", "train 2", "train 3",
                                         "train 4", "train 5", "train 6", "train 7"};

}  // namespace

TEST_CASE("only dataset.json is fetched to open a stored dataset, and only a split's shards to read it") {
  World world;
  StoredShards shards = world.open().value();
  CHECK(world.watched.fetched == std::vector<std::string>{"dataset.json"});
  CHECK(texts(shards).value() == kTrain);
  CHECK(world.watched.fetched.size() == 9);
  CHECK(std::count(world.watched.fetched.begin(), world.watched.fetched.end(), "test-000000.jsonl") == 0);
}

TEST_CASE("what is still in the cache is not fetched again") {
  World world;
  StoredShards first = world.open().value();
  CHECK(texts(first).has_value());
  world.watched.fetched.clear();
  StoredShards second = world.open().value();
  CHECK(texts(second).value() == kTrain);
  CHECK(world.watched.fetched == std::vector<std::string>{"dataset.json"});
}

TEST_CASE("a copy that was damaged in the cache is fetched anew") {
  for (const char* text : {"", "x"}) {
    World world;
    StoredShards first = world.open().value();
    CHECK(texts(first).value() == kTrain);
    const fs::path copy = world.folder / "cache" / ("shard-" + world.dataset.files[3].sha256.hex()) / "shard";
    const std::string whole = sys::read_file(copy).value();
    REQUIRE(sys::write_file(copy, *text == '\0' ? "" : text + whole.substr(1)));
    world.watched.fetched.clear();
    StoredShards second = world.open().value();
    CHECK(texts(second).value() == kTrain);
    CHECK(world.watched.fetched == std::vector<std::string>{"dataset.json", "train-000003.jsonl"});
    CHECK(sys::read_file(copy).value() == whole);
  }
}

TEST_CASE("a dataset larger than the cache is read within it, as often as wanted") {
  World world;
  constexpr uint64_t kBound = 3 * kShard;
  StoredShards shards = world.open(kBound).value();
  uint64_t most = 0;
  const TakeShard look = [&](const std::string&, std::string_view) -> Result<> {
    most = std::max(most, world.cached());
    return {};
  };
  const auto files = listed(world.dataset.files, world.dataset.splits["train"].files, "d").value();
  CHECK(shards.read(files, look));
  CHECK(shards.read(files, look));
  CHECK(most <= kBound);
  CHECK(most > 0);
  CHECK(texts(shards).value() == kTrain);
}

TEST_CASE("the next shards come while one is read") {
  World world;
  StoredShards shards = world.open().value();
  size_t ahead = 0;
  const auto fetched = [&] {
    const std::lock_guard hold(world.watched.mutex);
    return world.watched.fetched.size() - 1;  // without dataset.json
  };
  const TakeShard wait = [&](const std::string&, std::string_view) -> Result<> {
    for (int tries = 0; ahead == 0 && fetched() < 4 && tries < 2000; ++tries) sys::Clock().sleep(0.005);
    if (ahead == 0) ahead = fetched();
    return {};
  };
  CHECK(shards.read(listed(world.dataset.files, world.dataset.splits["train"].files, "d").value(), wait));
  CHECK(ahead >= 4);
}

TEST_CASE("shards that are not what dataset.json lists are refused, by name, and not kept") {
  for (const bool longer : {false, true}) {
    World world;
    const std::string text = sys::read_file(world.folder / "store/d/train-000003.jsonl").value();
    world.write("train-000003.jsonl", longer ? text + "x" : "y" + text.substr(1));
    StoredShards shards = world.open().value();
    const auto refused = texts(shards);
    REQUIRE(!refused);
    CHECK(refused.error().code == Exit::integrity);
    CHECK(refused.error().message.find("d/train-000003.jsonl is not what") != std::string::npos);
    CHECK(!sys::exists(world.folder / "cache" / ("shard-" + world.dataset.files[3].sha256.hex())));
  }
}

TEST_CASE("a shard that is missing is named") {
  World world;
  REQUIRE(sys::remove_tree(world.folder / "store/d/train-000002.jsonl"));
  StoredShards shards = world.open().value();
  const auto refused = texts(shards);
  REQUIRE(!refused);
  CHECK(refused.error().code == Exit::integrity);
  CHECK(refused.error().message.find("d/train-000002.jsonl is missing") != std::string::npos);
}

TEST_CASE("a dataset that is replaced while it is read is a conflict, not damage") {
  World world;
  StoredShards shards = world.open().value();
  world.write("train-000005.jsonl", "{\"text\":\"of another dataset\"}\n");
  world.write("dataset.json", to_json(world.dataset).dump() + " ");
  const auto refused = texts(shards);
  REQUIRE(!refused);
  CHECK(refused.error().code == Exit::conflict);
  CHECK(refused.error().message.find("was replaced while it was read") != std::string::npos);
}

TEST_CASE("a shard larger than the cache is refused, with the variable that sets it") {
  World world;
  StoredShards shards = world.open(kShard / 2).value();
  const auto refused = texts(shards);
  REQUIRE(!refused);
  CHECK(refused.error().code == Exit::resource);
  CHECK(refused.error().hint.find("MLCTL_CACHE_SIZE") != std::string::npos);
}

TEST_CASE("a stop ends the reading") {
  World world;
  StoredShards shards = world.open().value();
  world.watched.before = [&](const std::string&) { world.stop.raise(15); };
  CHECK(texts(shards).error().code == Exit::sigterm);
}

TEST_CASE("where there is no dataset.json there is no dataset") {
  World world;
  CHECK(world.open(1 << 20, "e").error().code == Exit::not_found);
}

TEST_CASE("comparing reads every listed file, keeps none, and names the one that differs") {
  World world;
  const auto compared = [&] {
    uint64_t bytes = 0;
    const Result<> outcome = world.open(kShard / 2).value().compare([&](std::string_view piece) -> Result<> {
      bytes += piece.size();
      return {};
    });
    return outcome ? Result<uint64_t>(bytes) : fail(outcome.error());
  };
  CHECK(compared().value() == world.open().value().bytes());
  CHECK(world.watched.fetched.size() == 1 + 9 + 1);
  CHECK(world.cached() == 0);
  const std::string text = sys::read_file(world.folder / "store/d/test-000000.jsonl").value();
  for (const std::string& other : {text + "x", "y" + text.substr(1)}) {
    world.write("test-000000.jsonl", other);
    CHECK(compared().error().code == Exit::integrity);
    CHECK(compared().error().message.find("d/test-000000.jsonl is not what") != std::string::npos);
  }
  REQUIRE(sys::remove_tree(world.folder / "store/d/test-000000.jsonl"));
  CHECK(compared().error().message.find("d/test-000000.jsonl is missing") != std::string::npos);
}
