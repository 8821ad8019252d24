#include "core/store/ranged.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "core/sys/fs.h"
#include "core/sys/range_file.h"
#include "fakes/temp_folder.h"

using mlctl::Content;
using mlctl::Exit;
using mlctl::Result;
using mlctl::TakeBytes;
using mlctl::test::TempFolder;
namespace fs = std::filesystem;
namespace sys = mlctl::sys;

namespace {

constexpr uint64_t kRange = uint64_t{8} << 20;
constexpr uint64_t kSize = 3 * kRange;

// Three ranges, of which the last cannot be had at first; counts the bytes that are asked for.
struct Source {
  uint64_t asked = 0;
  bool whole = false;
  Content content() {
    Content content;
    content.size = kSize;
    content.fingerprint = "state-1";
    content.read = [this](uint64_t offset, uint64_t size, const TakeBytes& take) -> Result<> {
      if (!whole && offset >= 2 * kRange) return mlctl::fail(Exit::network, "the wire broke");
      asked += size;
      return take(std::string(size, static_cast<char>('a' + offset / kRange)));
    };
    return content;
  }
};

const TakeBytes kUnseen = [](std::string_view) -> Result<> { return {}; };

}  // namespace

TEST_CASE("ranges that arrived are not fetched again, unless the file is another one than was written") {
  struct Case {
    const char* what;
    void (*meanwhile)(const fs::path& part);
    uint64_t asked;
  };
  const auto put_in_place = [](const fs::path& part) {  // as unpacking it would
    fs::rename(part, part.string() + ".old");
    fs::copy_file(part.string() + ".old", part);
    fs::last_write_time(part, fs::last_write_time(part.string() + ".old"));
  };
  const auto change = [](const fs::path& part) {
    const sys::RangeFile file = sys::RangeFile::open_to_write(part, kSize).value();
    REQUIRE(file.write(kRange + 5, "!"));
  };
  for (const Case& each :
       {Case{"nothing", [](const fs::path&) {}, kRange}, Case{"a range is damaged", change, 2 * kRange},
        Case{"the same bytes as another file", put_in_place, kSize}}) {
    CAPTURE(each.what);
    TempFolder temp;
    const fs::path part = temp / "part";
    Source source;
    CHECK(!mlctl::write_ranges(part, source.content(), kUnseen));
    CHECK(source.asked == 2 * kRange);
    each.meanwhile(part);
    source.asked = 0;
    source.whole = true;
    REQUIRE(mlctl::write_ranges(part, source.content(), kUnseen));
    CHECK(source.asked == each.asked);
    CHECK(sys::read_range(part, 2 * kRange - 1, 2).value() == "bc");
    CHECK(sys::read_range(part, kRange + 5, 1).value() == "b");
  }
}

TEST_CASE("neither half an object nor its journal is written through a link") {
  for (const char* name : {"part", "part.ranges"}) {
    CAPTURE(name);
    TempFolder temp;
    REQUIRE(sys::write_file(temp / "outside", "precious"));
    fs::create_directory(temp / "in");
    fs::create_symlink("../outside", temp / "in" / name);
    Source source;
    source.whole = true;
    const Result<> written = mlctl::write_ranges(temp / "in/part", source.content(), kUnseen);
    REQUIRE(!written);
    CHECK(written.error().code == Exit::integrity);
    CHECK(sys::read_file(temp / "outside").value() == "precious");
  }
}
