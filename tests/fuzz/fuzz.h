#pragma once
// What the fuzz targets share. A target (targets/NAME.cpp) is one function over the bytes of a stranger; it
// must neither crash, hang, nor exceed its limits (tests/fuzz/fuzzing.py), and what it claims must hold.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <unistd.h>

namespace mlctl::fuzz {

// Ends the process when a parser does not keep its word, which libFuzzer takes down as a finding.
inline void claim(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

// For parsers that open a file themselves.
class ScratchFile {
 public:
  explicit ScratchFile(const char* name)
      : folder_(std::filesystem::temp_directory_path() / ("mlctl-fuzz-" + std::to_string(::getpid()))),
        path_(folder_ / name) {
    std::filesystem::create_directories(path_.parent_path());
  }
  ~ScratchFile() { std::filesystem::remove_all(folder_); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  const std::filesystem::path& path() const { return path_; }
  const std::filesystem::path& folder() const { return folder_; }
  void write(std::string_view bytes) const {
    std::ofstream(path_, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

 private:
  std::filesystem::path folder_, path_;
};

// The first byte of an input chooses among the ways to read the rest.
inline size_t choose(std::string_view& input, size_t ways) {
  if (input.empty()) return 0;
  const size_t way = static_cast<unsigned char>(input.front()) % ways;
  input.remove_prefix(1);
  return way;
}

}  // namespace mlctl::fuzz

// FUZZ(input) { … }: the target.
#define FUZZ(input)                                                               \
  static void one_input(std::string_view input);                                  \
  extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) { \
    one_input({reinterpret_cast<const char*>(data), size});                       \
    return 0;                                                                     \
  }                                                                               \
  static void one_input(std::string_view input)
