#pragma once
// An item that was left out of a dataset.

#include <string>

namespace mlctl {

// Why an item was left out: a word for machines, a clause for people.
struct Reject {
  std::string source;  // "data.csv:17", "cats/1.jpg"
  std::string reason;  // ragged, malformed, type, label, corrupt, unreadable, …
  std::string detail;
  // Of an item that was in a dataset (`clean`): where it was, and the item it repeats, "test/000123".
  std::string split{}, key{}, other{};
};
std::string to_line(const Reject& reject);  // of rejects.jsonl

}  // namespace mlctl
