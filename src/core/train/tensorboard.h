#pragma once
// TensorBoard's event files: TFRecords (length, masked CRC-32C, data, masked CRC-32C; tensorflow
// core/lib/io/record_writer.h) of Event messages (core/util/event.proto) with scalar summaries.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/sys/clock.h"
#include "core/sys/fs.h"

namespace mlctl {

uint32_t crc32c(std::string_view bytes);
std::string tfrecord(std::string_view data);

class EventFile {
 public:
  EventFile() = default;
  // FOLDER/events.out.tfevents.SECONDS.mlctl
  static Result<EventFile> create(const sys::PathAt& folder, const sys::Clock& clock);
  Result<> scalars(int64_t step, const std::vector<std::pair<std::string, double>>& values);

 private:
  sys::AppendFile file_;
  const sys::Clock* clock_ = nullptr;
};

}  // namespace mlctl
