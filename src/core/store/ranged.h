#pragma once
// Writes a large content range by range, many at once and in any order. Finished ranges are noted in a
// journal beside the file, so that after a kill only the others are fetched.

#include "core/store/object_store.h"
#include "core/sys/folder.h"

namespace mlctl {

// Contents larger than this are fetched in ranges, if they can be read in several streams.
inline constexpr uint64_t kRangedSize = uint64_t{16} << 20;

// Writes `content` to `file`. Ranges of an earlier try are kept if the journal is of the same content and
// their bytes still match its sums. A result that does not match content.checksum → 10.
Result<> write_ranges(const sys::PathAt& file, const Content& content, const TakeBytes& progress);
// Removes the file's journal.
Result<> forget_ranges(const sys::PathAt& file);

}  // namespace mlctl
