#include "core/store/stored_files.h"

#include <algorithm>
#include <mutex>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/image/image.h"
#include "core/ingest/image_openers.h"
#include "core/store/file_store.h"
#include "core/sys/hash_file.h"
#include "fakes/temp_folder.h"

using namespace mlctl;
namespace fs = std::filesystem;

namespace {

class CountedStore : public FileStore {
 public:
  CountedStore(std::string root, std::vector<std::string>& fetched)
      : FileStore(std::move(root)), fetched_(fetched) {}
  Result<> get(const std::string& key, uint64_t offset, uint64_t size, const TakeBytes& take,
               const std::string& etag) override {
    {
      const std::lock_guard hold(mutex_);
      fetched_.push_back(key.substr(key.rfind('/') + 1));
    }
    return FileStore::get(key, offset, size, take, etag);
  }

 private:
  std::mutex mutex_;
  std::vector<std::string>& fetched_;
};

// Pictures of two classes below a key, and a file that is none.
struct World {
  test::TempFolder folder;
  std::vector<std::string> fetched;
  sys::StopFlag stop;
  IngestHost host{stop, [](const auto&, const auto&, uint64_t, uint64_t) {}, [](const auto&) {},
                  [](const auto&) {}};

  World() {
    for (int k = 0; k < 12; ++k) {
      Pixels pixels{4, 4, 1, std::vector<uint8_t>(16, static_cast<uint8_t>(20 * k))};
      write(fmt::format("{}/{:02}.png", k % 2 == 0 ? "even" : "odd", k), encode_png(pixels));
    }
    write("even/broken.png", "no picture");
    write("readme.md", "pictures");
  }
  void write(const std::string& name, const std::string& bytes) {
    REQUIRE(sys::write_file(folder / "photos" / name, bytes));
  }
  std::unique_ptr<StoredFiles> open() {
    Place place{std::make_unique<CountedStore>(folder.path().string() + "/", fetched), "photos"};
    Listing listing = list_source(place).value();
    return StoredFiles::open(std::move(place), std::move(listing), folder / "cache/sums", stop).value();
  }
  IngestRequest request(const std::string& to) {
    IngestRequest made;
    made.to = folder / to;
    made.max_bad = parse_bad_limit("1").value();
    return made;
  }
  std::string made(const std::string& to) {
    return sys::read_file(folder / to / "dataset.json").value_or("none");
  }
};

}  // namespace

TEST_CASE("pictures read from a store become the dataset that a folder of them becomes, each fetched once") {
  World world;
  const std::unique_ptr<StoredFiles> files = world.open();
  IngestRequest afar = world.request("afar");
  afar.remote = files.get();
  REQUIRE(ingest(afar, world.host));
  CHECK(world.fetched.size() == 14);
  IngestRequest here = world.request("here");
  here.sources = {world.folder / "photos"};
  REQUIRE(ingest(here, world.host));
  CHECK(world.made("afar") == world.made("here"));
  CHECK(ingest(afar, world.host).value().state == IngestState::up_to_date);
  CHECK(world.fetched.size() == 14);
}

TEST_CASE("a run that goes on asks for no picture of the units that are done, nor for their hashes") {
  World world;
  {
    const std::unique_ptr<StoredFiles> files = world.open();
    for (size_t k = 0; k < 5; ++k) REQUIRE(files->read(k));
  }
  REQUIRE(sys::AppendFile::open(world.folder / "cache/sums").value().append("5 0123"));  // killed here
  world.fetched.clear();
  const std::unique_ptr<StoredFiles> files = world.open();
  SplitRule split;
  const auto source = open_remote_images(*files, "", split, world.host).value();
  REQUIRE(source->skip(5));
  std::vector<std::string> names;
  for (auto item = source->next().value(); item; item = source->next().value()) names.push_back(item->name);
  CHECK(names.front() == "even/10.png");
  CHECK(names.size() == 8);
  CHECK(world.fetched.size() == 8);
  for (size_t k = 0; k < 13; ++k) {
    const std::string path = (world.folder / "photos" / files->entries()[k].path).string();
    CHECK(files->sha256(k).value() == sha256_file(path).value());
  }
  CHECK(world.fetched.size() == 8);
}

TEST_CASE("an object that changes after the listing is a conflict") {
  World world;
  const std::unique_ptr<StoredFiles> files = world.open();
  world.write("even/00.png", "another");
  CHECK(files->read(0).error().code == Exit::conflict);
}

TEST_CASE("a folder of other things, or with IDX files, is not read as pictures from afar") {
  const auto holds = [](std::initializer_list<const char*> names) {
    std::vector<sys::Entry> entries;
    for (const char* name : names) entries.push_back({name, 1});
    return holds_remote_pictures(entries);
  };
  CHECK(holds({"a/1.png", "a/2.jpg", "readme.md"}));
  CHECK(!holds({"a/1.txt", "a/2.txt", "logo.png"}));
  CHECK(!holds({"data.csv"}));
  CHECK(!holds({"a/1.png", "train-images-idx3-ubyte"}));
}
