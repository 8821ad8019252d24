#include "core/data/shards.h"

#include "core/sys/fs.h"

namespace mlctl {

Result<> ShardFolder::read(const std::vector<std::string>& files, const TakeShard& take) {
  for (const std::string& file : files) {
    const std::filesystem::path path = folder_ / file;
    const sys::Mapping shard = TRY(sys::Mapping::open(path));
    TRY(take(path.string(), shard.bytes()));
  }
  return {};
}

}  // namespace mlctl
