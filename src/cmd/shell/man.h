#pragma once

#include <string>

namespace mlctl {

// mlctl(1) as troff (man(7) macros), from the commands' tables and the help topics.
std::string man_page();

}  // namespace mlctl
