#pragma once
// A text with a name, and places in it: what every message about a manifest points at.

#include <string>
#include <vector>

namespace mlctl {

// 1-based; columns count characters, not bytes. `source` is an index into the list of texts a manifest was
// made from: 0 the file, 1… the --set flags. Line 0: no place.
struct TextPlace {
  int line = 0, column = 0;
  int source = 0;
};

struct Source {
  std::string name;  // "train.yaml", "--set spec.epochs=2"
  std::string text;
};

std::string place_text(const Source& source, TextPlace place);  // "train.yaml:12:5"
// The line and a caret under the column, each with a margin; long lines are cut around the caret. "" without
// a place.
std::string caret_lines(const Source& source, TextPlace place);

}  // namespace mlctl
