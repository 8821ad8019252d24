#pragma once
// Makes foreign text safe to print. The name of an object or a class may hold sequences that retitle a
// terminal, hide a line, or imitate a message of mlctl.

#include <string>
#include <string_view>

namespace mlctl {

// For a name, a message or a table cell, all of one line. Control characters become \n, \t, \r, \x1b or
// \u009b. Bytes that are not UTF-8 (\xff), line separators, and marks that change the direction of writing
// are escaped as well.
std::string visible(std::string_view text);

// The same, but line ends and tabs stay: for text whose lines mlctl made itself.
std::string visible_lines(std::string_view text);

// At most `bytes` bytes of UTF-8, cut between characters.
std::string_view at_most(std::string_view text, size_t bytes);

// For JSON text, where such characters can only stand within strings: escapes DEL, the C1 controls and
// direction marks by JSON's rules. The meaning of the document stays the same.
std::string visible_json(std::string dumped);

}  // namespace mlctl
