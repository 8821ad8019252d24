#include "core/base/width.h"

#include <algorithm>

#include <utf8proc.h>

namespace mlctl {

size_t display_width(std::string_view text) {
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  size_t width = 0;
  while (left > 0) {
    utf8proc_int32_t codepoint = 0;
    const utf8proc_ssize_t used = utf8proc_iterate(bytes, left, &codepoint);
    width += used > 0 ? static_cast<size_t>(utf8proc_charwidth(codepoint)) : 1;
    bytes += std::max<utf8proc_ssize_t>(1, used);
    left -= std::max<utf8proc_ssize_t>(1, used);
  }
  return width;
}

}  // namespace mlctl
