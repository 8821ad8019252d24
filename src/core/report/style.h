#pragma once

namespace mlctl::report {

extern const char* const kStyle;  // the house's CSS

}  // namespace mlctl::report
