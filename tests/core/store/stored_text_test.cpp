#include "core/store/stored_text.h"

#include <zlib.h>

#include <algorithm>
#include <mutex>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/ingest/ingest.h"
#include "core/store/checksum.h"
#include "core/store/file_store.h"
#include "fakes/temp_folder.h"

using namespace mlctl;

namespace {

constexpr uint64_t kRange = 1000;

// What was asked for, and which answers arrive with a byte changed: by the offset, and how often it was
// asked.
struct Wire {
  std::mutex mutex;
  std::vector<uint64_t> asked;
  int bit = 1;
  std::function<bool(uint64_t offset, int64_t time)> bends = [](uint64_t, int64_t) { return false; };
};

class BentStore : public FileStore {
 public:
  BentStore(std::string root, Wire& wire) : FileStore(std::move(root)), wire_(wire) {}
  Result<> get(const std::string& key, uint64_t offset, uint64_t size, const TakeBytes& take,
               const std::string& etag) override {
    bool bend = false;
    {
      const std::lock_guard hold(wire_.mutex);
      wire_.asked.push_back(offset);
      bend = wire_.bends(offset, std::count(wire_.asked.begin(), wire_.asked.end(), offset));
    }
    const TakeBytes bent = [&](std::string_view bytes) {
      std::string copy(bytes);
      copy[copy.size() / 2] = static_cast<char>(copy[copy.size() / 2] ^ wire_.bit);
      return take(copy);
    };
    return FileStore::get(key, offset, size, bend ? bent : take, etag);
  }
  size_t streams() const override { return 3; }

 private:
  Wire& wire_;
};

std::string csv(int rows = 300) {
  std::string text = "x,label\n";
  for (int k = 0; k < rows; ++k) text += fmt::format("{}.{},{}\n", k * 7 % 13, k, k % 3 == 0 ? "yes" : "no");
  return text;
}

struct World {
  test::TempFolder folder;
  Wire wire;
  sys::StopFlag stop;
  IngestHost host{stop, [](const auto&, const auto&, uint64_t, uint64_t) {}, [](const auto&) {},
                  [](const auto&) {}};
  std::string key = "data.csv", text;
  Checksum checksum;

  explicit World(std::string content = csv(), std::string name = "data.csv") : key(std::move(name)) {
    write(std::move(content));
  }
  void write(std::string content) {
    text = std::move(content);
    REQUIRE(sys::write_file(folder / "store" / key, text));
    Summer sum(Checksum::Kind::crc64_nvme);
    sum.update(text);
    checksum = sum.finish();
  }
  std::unique_ptr<StoredText> open() {
    Place place{std::make_unique<BentStore>((folder / "store").string() + "/", wire), key};
    ObjectInfo object = place.store->head(key).value();
    object.checksum = checksum;
    return std::make_unique<StoredText>(std::move(place), object, stop, kRange);
  }
  Result<Dataset> ingest_to(const std::string& to, const IngestSource& source) {
    IngestRequest request;
    request.kind = DatasetKind::table;
    request.sources = {source};
    request.to = folder / to;
    return TRY(ingest(request, host)).dataset;
  }
  Result<Dataset> from_store(StoredText& text_there, const std::string& to = "stored") {
    return ingest_to(to, {text_there.url(), &text_there});
  }
  Result<Dataset> from_here() { return ingest_to("here", folder / "store" / key); }
  std::string made(const std::string& to) {
    return sys::read_file(folder / to / "dataset.json").value_or("none");
  }
};

Result<std::string> all_of(StoredText& text, uint64_t offset = 0) {
  const std::unique_ptr<ByteReader> reader = TRY(text.open(offset));
  std::string all, piece(70, '\0');
  for (size_t got = 1; got > 0;) {
    got = TRY(reader->read(piece.data(), piece.size()));
    all.append(piece, 0, got);
  }
  return all;
}

std::string gzip(const std::string& text, const test::TempFolder& folder) {
  const std::string path = (folder / "packed").string();
  gzFile out = gzopen(path.c_str(), "wb1");
  gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
  gzclose(out);
  return sys::read_file(path).value();
}

}  // namespace

TEST_CASE("a stored file is read from any offset on, and known when it was read to its end") {
  World world;
  const auto text = world.open();
  for (const uint64_t offset : {uint64_t{2500}, kRange, uint64_t{0}, uint64_t{1}, uint64_t{9999999}})
    CHECK(all_of(*text, offset).value() == world.text.substr(std::min<size_t>(offset, world.text.size())));
  CHECK(text->sha256().value() == sha256_hex(world.text));
}

TEST_CASE("a table read from a store becomes the dataset that the same file here becomes") {
  World world;
  const auto text = world.open();
  REQUIRE(world.from_store(*text));
  REQUIRE(world.from_here());
  CHECK(world.made("stored") == world.made("here"));
  world.wire.asked.clear();
  REQUIRE(world.from_store(*world.open()));
  CHECK(world.wire.asked.empty());  // up to date
}

TEST_CASE("a small file is fetched once") {
  World world(csv(40));
  const auto text = world.open();
  REQUIRE(world.from_store(*text));
  CHECK(world.wire.asked == std::vector<uint64_t>{0});
}

TEST_CASE("bytes damaged on the way are told by the whole's checksum, and by the ranges from then on") {
  const struct {
    const char* name;
    std::function<bool(uint64_t, int64_t)> bends;
  } cases[] = {
      {"the head", [](uint64_t offset, int64_t time) { return offset == 0 && time == 1; }},
      {"the first reading", [](uint64_t offset, int64_t time) { return offset == 2000 && time == 1; }},
      {"all of the first reading", [](uint64_t offset, int64_t time) { return offset > 0 && time == 1; }},
      {"the second reading", [](uint64_t offset, int64_t time) { return offset == 2000 && time == 2; }},
      {"many", [](uint64_t offset, int64_t time) { return (offset / kRange + time) % 4 == 0; }},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    World world;
    REQUIRE(world.from_here());
    world.wire.bends = c.bends;
    const auto text = world.open();
    REQUIRE(world.from_store(*text));
    CHECK(world.made("stored") == world.made("here"));
  }
}

TEST_CASE("a line that only arrived as no text is no bad data; one that is none is, by its line") {
  World world;
  world.wire.bit = 0x80;
  world.wire.bends = [](uint64_t offset, int64_t time) { return offset == 2000 && time == 1; };
  const auto text = world.open();
  CHECK(world.from_store(*text).has_value());

  std::string content = csv();
  content[content.find('\n', 2500) - 1] = '\xff';
  const auto line = 1 + std::count(content.begin(), content.begin() + 2500, '\n');
  World other(content);
  const auto refused = other.from_store(*other.open());
  REQUIRE(!refused);
  CHECK(refused.error().code == Exit::data);
  CHECK(refused.error().where == fmt::format("{}:{}", (other.folder / "store/data.csv").string(), line));
}

TEST_CASE("what never is what the store's checksum says is damaged, after one reading more") {
  World world;
  world.checksum.value = std::string(16, '0');
  const auto text = world.open();
  const auto refused = world.from_store(*text);
  REQUIRE(!refused);
  CHECK(refused.error().code == Exit::integrity);
  CHECK(std::count(world.wire.asked.begin(), world.wire.asked.end(), 2000) == 2);
}

TEST_CASE("what a whole reading found judges the readings of a later run") {
  World world;
  std::string sums;
  {
    const auto text = world.open();
    CHECK(text->sums().empty());
    REQUIRE(all_of(*text));
    sums = text->sums();
  }
  world.wire.asked.clear();
  world.wire.bends = [](uint64_t offset, int64_t time) { return offset == 2000 && time == 1; };
  const auto text = world.open();
  text->take_sums("nonsense");
  text->take_sums(sums);
  CHECK(all_of(*text, 2000).value() == world.text.substr(2000));
  CHECK(std::count(world.wire.asked.begin(), world.wire.asked.end(), 2000) == 2);
  CHECK(std::count(world.wire.asked.begin(), world.wire.asked.end(), 0) == 0);
  CHECK(text->sha256().value() == sha256_hex(world.text));
}

TEST_CASE("an object that changes meanwhile is a conflict, and a stop ends the reading") {
  World world;
  const auto text = world.open();
  REQUIRE(sys::write_file(world.folder / "store/data.csv", csv(301)));
  CHECK(all_of(*text).error().code == Exit::conflict);
  World other;
  const auto stopped = other.open();
  other.stop.raise(15);
  CHECK(all_of(*stopped).error().code == Exit::sigterm);
}

TEST_CASE("gzip is unpacked on the way, member by member") {
  const test::TempFolder folder;
  const std::string text = csv(4000), half = text.substr(0, 9000), rest = text.substr(9000);
  const std::string packed = gzip(text, folder);
  const struct {
    const char* name;
    std::string stored;
    bool whole;
  } cases[] = {
      {"one", packed, true},
      {"two", gzip(half, folder) + gzip(rest, folder), true},
      {"tail", packed + "what follows", true},
      {"cut", packed.substr(0, packed.size() - 12), false},
      {"bent", packed.substr(0, 500) + "nonsense" + packed.substr(508), false},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    World world(c.stored, "data.csv.gz");
    const auto there = world.open();
    const auto made = world.from_store(*there);
    CHECK(made.has_value() == c.whole);
    CHECK(world.from_here().has_value() == c.whole);
    if (c.whole) CHECK(world.made("stored") == world.made("here"));
    if (!made) CHECK(made.error().message.find("is damaged gzip") != std::string::npos);
    const auto reader = open_text(*there, 9000);
    if (!c.whole) continue;
    std::string piece(20, '\0');
    REQUIRE(reader.value()->read(piece.data(), piece.size()).value() > 0);
    CHECK(rest.starts_with(piece));
  }
}
