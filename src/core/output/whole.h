#pragma once
// Whether a finished output folder still is as it was made: that is what "up to date" promises.
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
  std::string fingerprint;       // "": the folder is not a finished output
  std::string digest, document;  // of the document and its name; "" where an older mlctl made it
};
FinishedMark finished_at(const std::filesystem::path& folder);
// The text of the fingerprint file, for a folder that is complete except for that file.
Result<std::string> finished_text(const std::filesystem::path& folder, const std::string& fingerprint,
                                  const std::string& document);

// How a command looks after the outputs it finds and leaves.
struct Upkeep {
  Seals seals{};
  bool verify = false;  // read every byte, whatever the seals say
  // For an output whose files are in a store: whether they are all there.
  std::function<Result<>(const std::filesystem::path& folder)> elsewhere{};
};

// Checks that the document is the one that was written, and that every file it lists is there with its size
// and its bytes (a file that the seals know as unchanged is not read); else 10, naming the file. Other
// files in the folder do not matter.
Result<> check_whole(const std::filesystem::path& folder, const std::string& document, const Upkeep& upkeep);
// Seals a folder that was just finished, whose bytes are known to be right.
void seal(const std::filesystem::path& folder, const std::string& document, const Upkeep& upkeep);

// Whether mlctl made the folder, and of the kind that has this document; damaged or not.
bool is_of_kind(const std::filesystem::path& folder, const std::string& document);

}  // namespace mlctl
