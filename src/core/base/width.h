#pragma once

#include <cstddef>
#include <string_view>

namespace mlctl {

// Columns a text takes on a terminal: wide characters two, combining ones none.
size_t display_width(std::string_view text);

}  // namespace mlctl
