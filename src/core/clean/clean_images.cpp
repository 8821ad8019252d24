// Pictures: what stays is copied byte by byte, with its key; the scan has measured it.

#include "core/base/hash.h"
#include "core/clean/clean_work.h"
#include "core/ingest/image_unit.h"

namespace mlctl {

namespace {

Result<> write_shard(const CleanWork& work, size_t at, DatasetWriter& writer) {
  const Shard& shard = work.items.shards()[at];
  ImageUnit unit(work.input().classes.size(), writer);
  TRY(work.for_each_item(shard, [&](uint32_t item, const Sample& sample) -> Result<> {
    if (work.decisions.verdicts[item].reason != Reason::none) {
      writer.reject(work.reject_of(item, sample));
      return {};
    }
    const std::string sha256 = sha256_hex(sample.image);
    unit.add(split_index(shard.split),
             {sample.key, sample.extension, sample.image, sha256, sample.source,
              work.input().classes[static_cast<size_t>(sample.label)], sample.label},
             work.scans.measure(item));
    return {};
  }));
  TRY(work.write_suspects(at, writer));
  return unit.flush(static_cast<int64_t>(at) + 1);
}

}  // namespace

Result<> clean_images(const CleanWork& work, DatasetWriter* writer, Dataset& output, Tally& tally) {
  for (uint32_t item = 0; item < work.items.size(); ++item) {
    const Reason reason = work.decisions.verdicts[item].reason;
    if (reason != Reason::none) tally.remove(reason, work.items.shard_of(item).split);
  }
  if (writer == nullptr) return {};
  const std::vector<Shard>& shards = work.items.shards();
  for (size_t at = writer->next().is_null() ? 0 : writer->next().get<size_t>(); at < shards.size(); ++at) {
    TRY(write_shard(work, at, *writer));
    work.host.progress("write", "images", shards[at].first + shards[at].count, work.items.size());
  }
  return fill_image_statistics(output, *writer);
}

}  // namespace mlctl
