#include "core/train/tensorboard.h"

#include <cstring>

#include <doctest/doctest.h>

#include "core/sys/fs.h"
#include "core/train/metrics_log.h"
#include "fakes/fake_clock.h"
#include "fakes/temp_folder.h"

using namespace mlctl;

namespace {

// The records of a TFRecord file; fails the test on a wrong checksum.
std::vector<std::string> records(const std::string& bytes) {
  std::vector<std::string> out;
  for (size_t at = 0; at < bytes.size();) {
    uint64_t size = 0;
    std::memcpy(&size, bytes.data() + at, sizeof size);
    const std::string data = bytes.substr(at + 12, size);
    REQUIRE(bytes.substr(at, 16 + size) == tfrecord(data));
    out.push_back(data);
    at += 16 + size;
  }
  return out;
}

}  // namespace

TEST_CASE("tensorboard: CRC-32C agrees with RFC 3720's examples") {
  CHECK(crc32c("123456789") == 0xe3069283);
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43);
}

TEST_CASE("tensorboard: a record is what TensorFlow writes") {
  // tf.io.TFRecordWriter: b"abc"
  CHECK(tfrecord("abc").size() == 19);
  CHECK(tfrecord("abc").substr(0, 8) == std::string("\x03\0\0\0\0\0\0\0", 8));
}

TEST_CASE("metrics: epochs go to metrics.jsonl and to the event file") {
  const test::TempFolder folder;
  const test::FakeClock clock;
  auto log = MetricsLog::open(folder / "run", clock);
  REQUIRE(log);
  log->step({1, 2, 5, 80, 160, 10, 0.5, 0.6, 0.01});
  log->epoch({1, 2, 10, 0.01, 1.5, 100, true, {{"loss", 0.25}, {"val_accuracy", 0.75}}});
  CHECK(log->status());
  const std::string lines = sys::read_file(folder / "run" / "metrics.jsonl").value();
  CHECK(lines.find("\"batch_loss\":0.5") != std::string::npos);
  CHECK(lines.find("\"val_accuracy\":0.75") != std::string::npos);
  CHECK(lines.back() == '\n');
  const auto events =
      records(sys::read_file(folder / "run" / "events.out.tfevents.1769860800.mlctl").value());
  REQUIRE(events.size() == 3);
  CHECK(events[0].find("brain.Event:2") != std::string::npos);
  CHECK(events[2].find("accuracy/validation") != std::string::npos);
  const float loss = 0.25F;
  const std::string value(reinterpret_cast<const char*>(&loss), sizeof loss);
  CHECK(events[2].find("loss/train\x15" + value) != std::string::npos);
}
