#include <zlib.h>

#include <doctest/doctest.h>

#include "core/ingest/blocks.h"
#include "core/ingest/rows.h"
#include "fakes/temp_folder.h"

using namespace mlctl;

namespace {

struct Opened {
  test::TempFolder folder;
  Result<TextFile> file;
  Opened(const std::string& name, const std::string& content) : file(fail(Error{})) {
    REQUIRE(sys::write_file(folder / name, content).has_value());
    file = open_text_file(folder / name, name);
  }

  // "a|b" a row, or "!reason".
  std::vector<std::string> rows(size_t block_bytes = 1 << 20) const {
    std::vector<std::string> result;
    const auto blocks = text_blocks({*file}, block_bytes);
    while (auto block = blocks->next().value()) {
      RowReader reader(*file, file->header, *block);
      while (reader.next()) {
        std::string row;
        for (const auto field : reader.fields()) row += (row.empty() ? "" : "|") + std::string(field);
        result.push_back(reader.problem() ? "!" + reader.problem()->reason : row);
      }
    }
    return result;
  }
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("tables of every form are read to the same rows") {
  const struct {
    const char* name;
    std::string content;
    Lines header, rows;
  } cases[] = {
      {"plain.csv", "a,b\n1,x\n2,y\n", {"a", "b"}, {"1|x", "2|y"}},
      {"bom.csv",
       "\xef\xbb\xbf"
       "a,b\n1,x\n",
       {"a", "b"},
       {"1|x"}},
      {"crlf.csv", "a,b\r\n1,x\r\n", {"a", "b"}, {"1|x"}},
      {"semicolon.csv", "a;b\n1,5;x\n", {"a", "b"}, {"1,5|x"}},
      {"tabs.tsv", "a\tb\n1\tx, y\n", {"a", "b"}, {"1|x, y"}},
      {"blanks.csv", " a , b\n 1 ,x \n", {"a", "b"}, {"1|x"}},
      {"quoted.csv", "a,b\n\"1\",\"x\ny\"\n", {"a", "b"}, {"1|x\ny"}},
      {"index.csv", ",b\n0,x\n1,y\n", {"column_1", "b"}, {"0|x", "1|y"}},
      {"ragged.csv", "a,b\n1\n2,y\n3,z,w\n", {"a", "b"}, {"!ragged", "2|y", "!ragged"}},
      {"open.csv", "a,b\n1,\"x\n2,y\n", {"a", "b"}, {"!unclosed"}},
      {"bare.csv", "1.5,2\n2.5,3\n", {"column_1", "column_2"}, {"1.5|2", "2.5|3"}},
      {"years.csv", "land,2019,2020\nx,1,2\n", {"land", "2019", "2020"}, {"x|1|2"}},
      {"sklearn.csv", "2,1,no,yes\n0.5,1\n0.7,0\n", {"x1", "target"}, {"0.5|yes", "0.7|no"}},
      {"objects.jsonl",
       "{\"a\": 1, \"b\": \"x\"}\n\n{\"b\": null, \"a\": 2.5}\n",
       {"a", "b"},
       {"1|x", "2.5|"}},
      {"mixed.jsonl",
       "{\"a\": true}\nnonsense\n[1]\n{\"a\": {\"b\": 1}}\n",
       {"a"},
       {"true", "!malformed", "!malformed", "!nested"}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    const Opened opened(c.name, c.content);
    REQUIRE(opened.file.has_value());
    CHECK(opened.file->header == c.header);
    CHECK(opened.rows() == c.rows);
    CHECK(opened.rows(3) == c.rows);  // whatever the size of the blocks
  }
}

TEST_CASE("what is not a table in UTF-8 is refused with how to convert it") {
  const struct {
    const char* name;
    std::string content;
    const char* hint;
  } cases[] = {
      {"utf16.csv",
       std::string("\xff\xfe"
                   "a\0,\0b\0\n\0",
                   10),
       "iconv -f UTF-16"},
      {"zero.csv", std::string("a,b\0\n", 5), "UTF-8"},
      {"data.parquet", "PAR1....", "read_parquet"},
      {"sheet.xlsx", "PK\3\4...", "as CSV"},
      {"array.json", "[{\"a\": 1}]", "jq -c"},
      {"empty.csv", "", ""},
      {"blank.csv", "\n\n", ""},
      {"twice.csv", "a,b,a\n1,2,3\n", "rename"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    const Opened opened(c.name, c.content);
    REQUIRE_FALSE(opened.file.has_value());
    CHECK(opened.file.error().code == Exit::data);
    CHECK(opened.file.error().hint.find(c.hint) != std::string::npos);
  }
}

TEST_CASE("a gzip file is read as its text, and a cut one is refused") {
  const test::TempFolder folder;
  const std::string path = (folder / "a.csv.gz").string();
  gzFile out = gzopen(path.c_str(), "wb");
  gzputs(out, "a,b\n1,x\n2,y\n");
  gzclose(out);
  const TextFile file = open_text_file(path, "a.csv.gz").value();
  CHECK(file.header == Lines{"a", "b"});
  CHECK(text_blocks({file})->next().value()->bytes == "1,x\n2,y\n");
  const std::string packed = sys::read_file(path).value();
  REQUIRE(sys::write_file(path, packed.substr(0, packed.size() - 12)).has_value());
  const auto cut = open_text_file(path, "a.csv.gz");
  REQUIRE_FALSE(cut.has_value());
  CHECK(cut.error().code == Exit::data);
}

TEST_CASE("blocks can be read on from any block's end") {
  const Opened opened("a.csv", "a,b\n1,x\n\"2\n\",y\n3,z\n");
  const auto blocks = text_blocks({*opened.file}, 4);
  std::vector<std::string> all;
  std::vector<Position> ends;
  while (auto block = blocks->next().value()) {
    all.push_back(block->bytes);
    ends.push_back(blocks->after(*block));
  }
  REQUIRE(all.size() > 1);
  for (size_t i = 0; i + 1 < all.size(); ++i) {
    blocks->seek(ends[i]);
    CHECK(blocks->next().value()->bytes == all[i + 1]);
  }
}
