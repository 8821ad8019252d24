#include "core/ingest/source_watch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <zlib.h>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/data/tar.h"
#include "core/image/image.h"
#include "core/ingest/ingest.h"
#include "fakes/temp_folder.h"

using namespace mlctl;
namespace fs = std::filesystem;

namespace {

void put(const fs::path& path, const std::string& text) {
  REQUIRE(sys::write_file(path, text));
}

// In place, of the same size, its time of modification put back.
void edit_secretly(const fs::path& path) {
  struct stat before {};
  REQUIRE(::stat(path.c_str(), &before) == 0);
  const std::string text = sys::read_file(path).value();
  FILE* file = std::fopen(path.c_str(), "r+");
  std::fputc(text[0] == 'x' ? 'y' : 'x', file);
  std::fclose(file);
  const timespec times[] = {before.st_atim, before.st_mtim};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

std::string table(const std::string& zone) {
  std::string csv = "size,zone,price\n";
  for (int i = 0; i < 60; ++i) csv += fmt::format("{}.5,{},{}.25\n", i * 7 % 13, i % 2 ? zone : "north", i);
  return csv;
}

std::string lines(const std::string& zone) {
  std::string text;
  for (int i = 0; i < 60; ++i)
    text += fmt::format("{{\"text\":\"number {} of {}\",\"label\":\"{}\"}}\n", i, zone, i % 2 ? "yes" : "no");
  return text;
}

std::string picture(int shade) {
  Pixels pixels{8, 8, 3, std::vector<uint8_t>(8 * 8 * 3, static_cast<uint8_t>(shade))};
  pixels.data[0] = static_cast<uint8_t>(shade / 2);
  return encode_png(pixels);
}

std::string archive(int shade) {
  std::string tar;
  for (int i = 0; i < 40; ++i)
    append_tar_member(tar, fmt::format("{}/{}.png", i % 2 ? "cat" : "dog", i), picture(shade + i));
  end_tar(tar);
  return tar;
}

std::string packed(const std::string& text) {
  std::string out(compressBound(text.size()) + 32, '\0');
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string idx(uint8_t shade) {
  const unsigned char head[] = {0, 0, 8, 3, 0, 0, 0, 40, 0, 0, 0, 4, 0, 0, 0, 4};
  return std::string(reinterpret_cast<const char*>(head), sizeof head) +
         std::string(40 * 16, static_cast<char>(shade));
}

std::string idx_labels() {
  const unsigned char head[] = {0, 0, 8, 1, 0, 0, 0, 40};
  std::string labels(reinterpret_cast<const char*>(head), sizeof head);
  for (int i = 0; i < 40; ++i) labels += static_cast<char>(i % 2);
  return labels;
}

// A source in two states, and how it becomes the other one while it is read.
struct Source {
  const char* name;
  DatasetKind kind;
  const char* path;  // of the source, in a folder of its own
  void (*make)(const fs::path& folder, bool other);
};
const Source kSources[] = {
    {"CSV", DatasetKind::table, "s.csv",
     [](const fs::path& at, bool other) { put(at / "s.csv", table(other ? "SOUTH" : "south")); }},
    {"CSV, packed", DatasetKind::table, "s.csv.gz",
     [](const fs::path& at, bool other) { put(at / "s.csv.gz", packed(table(other ? "SOUTH" : "south"))); }},
    {"a folder of CSV", DatasetKind::table, "s",
     [](const fs::path& at, bool other) {
       put(at / "s/1.csv", table("south"));
       put(at / "s/2.csv", table(other ? "SOUTH" : "south"));
     }},
    {"one CSV more", DatasetKind::table, "s",
     [](const fs::path& at, bool other) {
       put(at / "s/1.csv", table("south"));
       if (other) put(at / "s/2.csv", table("west"));
     }},
    {"JSONL", DatasetKind::text, "s.jsonl",
     [](const fs::path& at, bool other) { put(at / "s.jsonl", lines(other ? "SOUTH" : "south")); }},
    {"a CSV that is cut", DatasetKind::table, "s.csv",
     [](const fs::path& at, bool other) {
       if (!other) return put(at / "s.csv", table("south"));
       fs::resize_file(at / "s.csv", 120);
     }},
    {"a CSV written in place", DatasetKind::table, "s.csv",
     [](const fs::path& at, bool other) {
       if (!other) return put(at / "s.csv", table("south"));
       edit_secretly(at / "s.csv");
     }},
    {"a CSV that becomes garbage", DatasetKind::table, "s.csv",
     [](const fs::path& at, bool other) {
       put(at / "s.csv", other ? "size,zone,price\n1\n2,3\n\"" : table("south"));
     }},
    {"texts in a folder", DatasetKind::text, "s",
     [](const fs::path& at, bool other) {
       for (int i = 0; i < 40; ++i)
         put(at / fmt::format("s/{}/{}.txt", i % 2 ? "yes" : "no", i),
             fmt::format("{} {}", i, other ? "A" : "a"));
     }},
    {"pictures in a folder", DatasetKind::image, "s",
     [](const fs::path& at, bool other) {
       for (int i = 0; i < 40; ++i)
         put(at / fmt::format("s/{}/{}.png", i % 2 ? "cat" : "dog", i), picture(i + (other ? 100 : 0)));
     }},
    {"a picture that is removed", DatasetKind::image, "s",
     [](const fs::path& at, bool other) {
       if (other) return static_cast<void>(fs::remove_all(at / "s/cat"));
       for (int i = 0; i < 40; ++i)
         put(at / fmt::format("s/{}/{}.png", i % 2 ? "cat" : "dog", i), picture(i));
     }},
    {"pictures in an archive", DatasetKind::image, "s.tar",
     [](const fs::path& at, bool other) { put(at / "s.tar", archive(other ? 100 : 0)); }},
    {"IDX", DatasetKind::image, "s-images-idx3-ubyte",
     [](const fs::path& at, bool other) {
       put(at / "s-images-idx3-ubyte", idx(other ? 200 : 100));
       put(at / "s-labels-idx1-ubyte", idx_labels());
     }},
};

// Changes the source when the `nth` word of progress is heard, and says how it ended.
struct World {
  test::TempFolder temp;
  sys::StopFlag stop;
  int heard = 0;

  Result<IngestOutcome> ingest(const Source& source, int nth, bool dry_run = false) {
    IngestRequest request;
    request.sources = {temp / source.path};
    request.to = temp / "d";
    request.kind = source.kind;
    request.split.parts = TRY(parse_split("0.8,0.1,0.1"));
    request.max_bad.share = 1;
    request.max_bad.given = true;
    request.dry_run = dry_run;
    const auto silent = [](const std::string&) {};
    const IngestHost host{stop,
                          [&](const std::string&, const std::string&, uint64_t, uint64_t) {
                            if (++heard == nth) source.make(temp.path(), true);
                          },
                          silent, silent};
    return mlctl::ingest(request, host);
  }
};

}  // namespace

TEST_CASE("a file is the one that was first seen, in the same state, or the reading ends with 6") {
  const std::pair<const char*, void (*)(const fs::path&)> cases[] = {
      {"replaced by the same bytes", [](const fs::path& path) { put(path, "one\n"); }},
      {"written in place, its time put back", edit_secretly},
      {"cut", [](const fs::path& path) { fs::resize_file(path, 1); }},
      {"gone", [](const fs::path& path) { fs::remove(path); }},
  };
  for (const auto& [name, change] : cases) {
    CAPTURE(name);
    test::TempFolder temp;
    put(temp / "a", "one\n");
    put(temp / "b", "two\n");
    SourceWatch watch;
    CHECK(watch.sha256(temp / "a"));
    CHECK(watch.read(temp / "a", 100).value() == "one\n");
    CHECK(watch.open(temp / "b"));
    CHECK(watch.settle());
    change(temp / "a");
    const auto refused = watch.read(temp / "a", 100);
    REQUIRE(!refused);
    CHECK(refused.error().code == Exit::conflict);
    CHECK(refused.error().message == (temp / "a").string() + " changed while it was read");
    CHECK(watch.settle());  // of what is streamed
    change(temp / "b");
    CHECK(watch.settle().error().code == Exit::conflict);
  }
}

TEST_CASE("a folder holds the files that it held when it was first listed") {
  test::TempFolder temp;
  put(temp / "s/a", "1");
  put(temp / "s/b", "2");
  SourceWatch watch;
  CHECK(watch.list(temp / "s").value().size() == 2);
  put(temp / "s/b", "other");
  CHECK(watch.list(temp / "s"));
  put(temp / "s/c", "3");
  CHECK(watch.list(temp / "s").error().code == Exit::conflict);
  fs::remove(temp / "s/c");
  CHECK(watch.list(temp / "s"));
  fs::remove(temp / "s/a");
  CHECK(watch.list(temp / "s").error().code == Exit::conflict);
}

TEST_CASE("a source that changes while it is ingested makes no dataset of two halves") {
  for (const Source& source : kSources) {
    for (const bool dry_run : {false, true}) {
      CAPTURE(source.name);
      CAPTURE(dry_run);
      World undisturbed;
      source.make(undisturbed.temp.path(), false);
      const auto fine = undisturbed.ingest(source, 0, dry_run);
      REQUIRE_MESSAGE(fine, fine.error().message);
      World world;
      source.make(world.temp.path(), false);
      const auto refused = world.ingest(source, 1, dry_run);
      REQUIRE(!refused);
      CHECK_MESSAGE(refused.error().code == Exit::conflict, refused.error().message);
      CHECK(!sys::exists(world.temp / "d"));
      CHECK(!sys::exists(world.temp / "d.partial"));
    }
  }
}

TEST_CASE("whenever the source changes, the dataset is that of one state or there is none") {
  const Source& source = kSources[0];
  for (int nth = 1; nth < 20; ++nth) {
    CAPTURE(nth);
    World world;
    source.make(world.temp.path(), false);
    const auto outcome = world.ingest(source, nth);
    if (world.heard < nth) {
      CHECK(outcome);
      break;
    }
    REQUIRE(!outcome);
    CHECK(outcome.error().code == Exit::conflict);
    CHECK(world.ingest(source, 0));
  }
}
