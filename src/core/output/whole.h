#pragma once
// Whether a finished output folder is as it was made, which is what "up to date" promises.
//
//   OUTPUT/.mlctl-fingerprint  line 1: what it was made from
//                              line 2: "SHA-256  NAME" of the document that says what it is ("dataset.json",
//                              "model.json"); missing in folders of older versions

#include <filesystem>
#include <functional>
#include <string>

#include "core/base/result.h"
#include "core/output/seals.h"

namespace mlctl {

inline constexpr const char* kFingerprintFile = ".mlctl-fingerprint";

struct FinishedMark {
  std::string fingerprint;       // "": the folder is no finished output
  std::string digest, document;  // of the document and its name; "" where an older mlctl made it
};
FinishedMark finished_at(const std::filesystem::path& folder);
// The text of the fingerprint file of a folder that is ready but for it.
Result<std::string> finished_text(const std::filesystem::path& folder, const std::string& fingerprint,
                                  const std::string& document);

// How a command looks after the outputs it finds and leaves.
struct Upkeep {
  Seals seals{};
  bool verify = false;  // read every byte, whatever the seals say
  // Of an output whose files are elsewhere, in a store: whether they are all there.
  std::function<Result<>(const std::filesystem::path& folder)> elsewhere{};
};

// The document is the one that was written, and every file it lists is there with its size and its bytes (of
// unchanged times: its size); else 10, naming the file. What else lies in the folder is nobody's business.
Result<> check_whole(const std::filesystem::path& folder, const std::string& document, const Upkeep& upkeep);
// To be called of a folder that was just finished: its bytes are known.
void seal(const std::filesystem::path& folder, const std::string& document, const Upkeep& upkeep);

// The folder is one that mlctl made, of the kind that `document` tells; torn or not.
bool is_of_kind(const std::filesystem::path& folder, const std::string& document);

}  // namespace mlctl
