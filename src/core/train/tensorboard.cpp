#include "core/train/tensorboard.h"

#include <array>
#include <bit>
#include <cstring>

#include <fmt/format.h>

namespace mlctl {

namespace {

constexpr std::array<uint32_t, 256> make_table() {
  constexpr uint32_t kCastagnoli = 0x82f63b78;
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? kCastagnoli : 0);
    table[i] = value;
  }
  return table;
}

template <class T>
void append_raw(std::string& out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof bytes);
}

uint32_t masked(uint32_t crc) {
  return std::rotr(crc, 15) + 0xa282ead8U;
}

// Protocol-buffer fields (protobuf.dev, "Encoding"): tag = number << 3 | wire type.
enum Wire : uint32_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

void varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void tag(std::string& out, uint32_t number, Wire wire) {
  varint(out, number << 3 | wire);
}

void message(std::string& out, uint32_t number, std::string_view body) {
  tag(out, number, kLength);
  varint(out, body.size());
  out.append(body);
}

std::string event(double wall_time, int64_t step) {
  std::string out;
  tag(out, 1, kFixed64);
  append_raw(out, wall_time);
  tag(out, 2, kVarint);
  varint(out, static_cast<uint64_t>(step));
  return out;
}

double seconds(const sys::Clock& clock) {
  return static_cast<double>(clock.unix_millis()) / 1000;
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  static constexpr auto kTable = make_table();
  uint32_t crc = ~0U;
  for (const char byte : bytes) crc = (crc >> 8) ^ kTable[(crc ^ static_cast<uint8_t>(byte)) & 0xff];
  return ~crc;
}

std::string tfrecord(std::string_view data) {
  std::string out;
  append_raw(out, static_cast<uint64_t>(data.size()));
  append_raw(out, masked(crc32c(out)));
  out.append(data);
  append_raw(out, masked(crc32c(data)));
  return out;
}

Result<EventFile> EventFile::create(const sys::PathAt& folder, const sys::Clock& clock) {
  EventFile out;
  out.clock_ = &clock;
  const auto name = fmt::format("events.out.tfevents.{}.mlctl", clock.unix_millis() / 1000);
  out.file_ = TRY(sys::AppendFile::open(folder / name));
  std::string first = event(seconds(clock), 0);
  message(first, 3, "brain.Event:2");
  TRY(out.file_.append(tfrecord(first)));
  return out;
}

Result<> EventFile::scalars(int64_t step, const std::vector<std::pair<std::string, double>>& values) {
  std::string summary;
  for (const auto& [name, value] : values) {
    std::string one;
    message(one, 1, name);
    tag(one, 2, kFixed32);
    append_raw(one, static_cast<float>(value));
    message(summary, 1, one);
  }
  std::string record = event(seconds(*clock_), step);
  message(record, 5, summary);
  return file_.append(tfrecord(record));
}

}  // namespace mlctl
