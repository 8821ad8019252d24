#pragma once
// Text sources cut into blocks of whole records, read in order with bounded memory.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/ingest/remote_text.h"
#include "core/ingest/source_watch.h"
#include "core/sys/fs.h"

namespace mlctl {

enum class TextFormat { csv, jsonl };

// One CSV, TSV or JSONL file (gzip or not), opened far enough to know its form.
struct TextFile {
  std::filesystem::path path;    // a local file, or the URL of an object
  RemoteText* remote = nullptr;  // reads that object; null for a local file
  SourceWatch* watch = nullptr;  // sees to it that a local file does not change
  std::string name;              // for messages: as the user wrote it
  int split = -1;                // the source's own split (an index of kSplitNames), or -1
  TextFormat format = TextFormat::csv;
  char delimiter = ',';
  std::vector<std::string> header;  // JSONL: the keys of the first objects
  uint64_t data_begin = 0;          // offset of the first record after the header
  int64_t data_line = 1;            // and its line, from 1
  bool headerless = false;          // there was no header: mlctl named the columns
  // The names of the classes 0, 1, … of the last column, where the header has them (scikit-learn's CSV).
  std::vector<std::string> label_names;
};

// Refuses what is not text in UTF-8 (7, with how to convert it).
Result<TextFile> open_text_file(const std::filesystem::path& path, const std::string& name,
                                SourceWatch* watch = nullptr, RemoteText* remote = nullptr);

struct Position {
  size_t file = 0;
  uint64_t offset = 0;  // in the uncompressed text
  int64_t line = 1;     // of that offset
};

struct Block {
  size_t file = 0;
  uint64_t offset = 0;
  std::string bytes;               // whole records
  std::vector<std::string> names;  // a folder of texts: the file behind each record
};

// A stream of blocks.
class BlockSource {
 public:
  virtual ~BlockSource() = default;
  virtual Result<std::optional<Block>> next() = 0;
  virtual void seek(const Position& position) = 0;
  virtual Position after(const Block& block) const = 0;  // where the next block begins (its line aside)
};

std::unique_ptr<BlockSource> text_blocks(std::vector<TextFile> files, size_t block_bytes = size_t{1} << 20);

// The text of a file from an offset on, in pieces, unpacked where it is gzip; read through `remote` where
// there is one. A watched file that changed → 6.
class TextReader {
 public:
  TextReader() = default;
  ~TextReader();
  TextReader(const TextReader&) = delete;
  TextReader& operator=(const TextReader&) = delete;
  Result<> open(const std::filesystem::path& path, uint64_t offset, SourceWatch* watch = nullptr,
                RemoteText* remote = nullptr);
  Result<size_t> read(char* out, size_t size);  // 0 at the end
  void close();
  bool is_open() const { return file_ != nullptr || remote_ != nullptr; }

 private:
  Result<> check() const;

  void* file_ = nullptr;
  SourceWatch* watch_ = nullptr;
  std::optional<sys::OpenFile> watched_;
  std::unique_ptr<ByteReader> remote_;
  std::filesystem::path path_;
};

}  // namespace mlctl
