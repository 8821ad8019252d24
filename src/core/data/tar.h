#pragma once
// The tar archives of image datasets: plain ustar, always the same bytes for the same members (no times,
// owners or modes of the machine).

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace mlctl {

// Appends a member. The name is at most 100 bytes, as shards' names are.
void append_tar_member(std::string& out, std::string_view name, std::string_view bytes);
// The two empty blocks at the end.
void end_tar(std::string& out);

struct TarMember {
  std::string_view name, bytes;
};
// Calls take(member) for each regular file, with views into `archive`. A damaged archive → 10.
Result<> for_each_tar_member(std::string_view archive, const std::string& where,
                             const std::function<Result<>(const TarMember&)>& take);

}  // namespace mlctl
