#pragma once
// The stable codes of what `clean` does to an item: in rejects.jsonl, in dataset.json's lineage, in the
// summary and in the help.

#include <array>
#include <cstddef>
#include <string>

namespace mlctl {

enum class Reason {
  none,
  corrupt,
  too_small,
  leakage,
  exact_duplicate,
  near_duplicate,
  missing_value,
  outlier,
};
inline constexpr size_t kReasons = 8;

struct ReasonText {
  const char* code;     // "exact_duplicate"
  const char* meaning;  // for people
};
const ReasonText& text_of(Reason reason);
const char* code(Reason reason);

// Doubts about labels, listed in suspects.jsonl; nothing is removed for them.
enum class Suspicion { label_conflict, near_label_conflict, unlikely_label };
inline constexpr size_t kSuspicions = 3;
const ReasonText& text_of(Suspicion suspicion);

std::string reason_help();  // the table of all codes, for `mlctl clean --help`

}  // namespace mlctl
