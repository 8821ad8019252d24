#include "core/store/mirror.h"

#include <doctest/doctest.h>

#include "core/store/file_store.h"
#include "fakes/temp_folder.h"

using namespace mlctl;
namespace fs = std::filesystem;

namespace {

// A store below one folder and a cache beside it; counts the bytes that were fetched.
struct World {
  test::TempFolder folder;
  sys::StopFlag stop;
  sys::Clock clock;
  uint64_t fetched = 0;

  void write(const std::string& key, const std::string& text) {
    REQUIRE(sys::write_file(folder / "store" / key, text));
  }
  Result<Mirrored> fetch(const std::string& key, uint64_t bound = 1000) {
    const Place place{std::make_unique<FileStore>((folder / "store").string() + "/"), key};
    MirrorCache cache(folder / "cache", bound);
    return cache.fetch(place, {&stop, &clock, [&](uint64_t bytes) { fetched = bytes; },
                               [](std::string_view) -> Result<> { return {}; }});
  }
  size_t kept() {
    size_t count = 0;
    for (const auto& each : fs::directory_iterator(folder / "cache")) count += each.is_directory() ? 1 : 0;
    return count;
  }
};

std::string text_of(const fs::path& path) {
  return sys::read_file(path).value_or("(absent)");
}

}  // namespace

TEST_CASE("an object and a folder become a file and a folder of their names; hidden ones stay behind") {
  World world;
  world.write("data/photos/a/1.png", "one");
  world.write("data/photos/.hidden", "no");
  world.write("data.csv", "x,y\n");
  const Mirrored folder = world.fetch("data/photos").value();
  CHECK(folder.path.filename() == "photos");
  CHECK(text_of(folder.path / "a/1.png") == "one");
  CHECK(text_of(folder.path / ".hidden") == "(absent)");
  const Mirrored file = world.fetch("data.csv").value();
  CHECK(file.path.filename() == "data.csv");
  CHECK(text_of(file.path) == "x,y\n");
}

TEST_CASE("a source that has not changed is not fetched again; of a changed one only what changed is") {
  World world;
  world.write("d/a", "aaaa");
  world.write("d/b", "bb");
  CHECK(world.fetch("d").has_value());
  CHECK(world.fetched == 6);
  world.fetched = 99;
  CHECK(world.fetch("d").has_value());
  CHECK(world.fetched == 99);  // never began
  world.write("d/b", "other");
  const Mirrored now = world.fetch("d").value();
  CHECK(world.fetched == 5);
  CHECK(text_of(now.path / "a") == "aaaa");
  CHECK(text_of(now.path / "b") == "other");
  CHECK(world.kept() == 1);
}

TEST_CASE("a copy in use keeps its content when the source changes") {
  World world;
  world.write("d/a", "old");
  const Mirrored before = world.fetch("d").value();
  world.write("d/a", "newer");
  const Mirrored after = world.fetch("d").value();
  CHECK(text_of(before.path / "a") == "old");
  CHECK(text_of(after.path / "a") == "newer");
}

TEST_CASE("the copy unused for longest makes room, one in use never does") {
  World world;
  world.write("a", std::string(40, 'a'));
  world.write("b", std::string(40, 'b'));
  world.write("c", std::string(40, 'c'));
  constexpr uint64_t kBound = 400;  // two copies with what is noted of them
  fs::path first;
  {
    const Mirrored a = world.fetch("a", kBound).value();
    first = a.path;
  }
  const Mirrored b = world.fetch("b", kBound).value();
  CHECK(world.fetch("c", 130).error().code == Exit::resource);
  CHECK(!sys::exists(first));
  CHECK(sys::exists(b.path));
}

TEST_CASE("a source larger than the bound is refused, with the variable that sets it") {
  World world;
  world.write("big", std::string(100, 'x'));
  const auto refused = world.fetch("big", 99);
  REQUIRE(!refused);
  CHECK(refused.error().code == Exit::resource);
  CHECK(refused.error().hint.find("MLCTL_CACHE_SIZE") != std::string::npos);
}

TEST_CASE("nothing at a URL is not found") {
  World world;
  world.write("x", "x");
  CHECK(world.fetch("y").error().code == Exit::not_found);
}
