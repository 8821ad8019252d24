#pragma once
// Text of others made harmless to look at. A name in a bucket or a class in a table may hold sequences that
// retitle a terminal, hide a line, or look like a message of ours.

#include <string>
#include <string_view>

namespace mlctl {

// For a name, a message or a cell, each in one line. Control characters become \n, \t, \r, \x1b or \u009b;
// so do bytes that are no UTF-8 (\xff), separators of lines, and marks that turn the direction of writing.
std::string visible(std::string_view text);

// The same, but line ends and tabs stay: for text whose lines are ours.
std::string visible_lines(std::string_view text);

// At most so many bytes of UTF-8, cut between characters.
std::string_view at_most(std::string_view text, size_t bytes);

// For JSON that was dumped already, where such characters stand within strings only: DEL, the C1 controls
// and marks of direction as JSON writes them. The document means the same.
std::string visible_json(std::string dumped);

}  // namespace mlctl
