#pragma once
// A large content written range by range, many at once and in any order. Finished ranges are journalled
// beside the file, so that a killed transfer fetches only the others.

#include "core/store/object_store.h"
#include "core/sys/folder.h"

namespace mlctl {

// Contents larger than this that can be read in several streams are fetched so.
inline constexpr uint64_t kRangedSize = uint64_t{16} << 20;

// Writes `content` to `file`. What was there of an earlier try counts when the journal is of the same content
// and its bytes still sum to what they did. Not what content.checksum says → 10.
Result<> write_ranges(const sys::PathAt& file, const Content& content, const TakeBytes& progress);
// Removes the file's journal.
Result<> forget_ranges(const sys::PathAt& file);

}  // namespace mlctl
