#include "core/clean/reasons.h"

#include <fmt/format.h>

namespace mlctl {

namespace {
constexpr std::array<ReasonText, kReasons> kReasonTexts{{
    {"", ""},
    {"corrupt", "an image that does not decode to its end, a text that is not UTF-8, a cell not of its type"},
    {"too_small", "an image narrower or lower than --min-size"},
    {"leakage", "the same item is in test (or validation) too; it stays there"},
    {"exact_duplicate", "the same content and label as an earlier item of the split"},
    {"near_duplicate",
     "nearly the same picture or text, and the same label, as an earlier item of the split"},
    {"missing_value", "a row with an empty cell, under --missing drop"},
    {"outlier", "a number far outside what train holds, under --outliers"},
}};
constexpr std::array<ReasonText, kSuspicions> kSuspicionTexts{{
    {"label_conflict", "the same content as another item, with another label"},
    {"near_label_conflict", "nearly the same content as another item, with another label"},
    {"unlikely_label", "16 of a table row's 20 nearest have one other label (in train, of some 10,000 rows)"},
}};
}  // namespace

const ReasonText& text_of(Reason reason) {
  return kReasonTexts[static_cast<size_t>(reason)];
}
const char* code(Reason reason) {
  return text_of(reason).code;
}
const ReasonText& text_of(Suspicion suspicion) {
  return kSuspicionTexts[static_cast<size_t>(suspicion)];
}

std::string reason_help() {
  std::string text = "Reasons in rejects.jsonl:\n";
  for (size_t i = 1; i < kReasons; ++i)
    text += fmt::format("  {:20}  {}\n", kReasonTexts[i].code, kReasonTexts[i].meaning);
  text += "Doubts in suspects.jsonl (nothing is removed for them):\n";
  for (const ReasonText& suspicion : kSuspicionTexts)
    text += fmt::format("  {:20}  {}\n", suspicion.code, suspicion.meaning);
  return text;
}

}  // namespace mlctl
