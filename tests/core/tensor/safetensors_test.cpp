#include "core/tensor/safetensors.h"

#include <cstring>

#include <doctest/doctest.h>

#include "core/sys/fs.h"
#include "fakes/temp_folder.h"

using namespace mlctl;

namespace {

std::string file(const std::string& header, const std::string& data) {
  const uint64_t length = header.size();
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes + header + data;
}

}  // namespace

TEST_CASE("safetensors: what is written reads back, aligned") {
  const TensorMap tensors = {{"bias", {DType::u8, {3}, "abc"}},
                             {"weight", {DType::f32, {2, 1}, std::string(8, 'w')}},
                             {"scalar", {DType::i64, {}, std::string(8, 's')}},
                             {"empty", {DType::f32, {0, 4}, ""}}};
  const std::string bytes = write_safetensors(tensors, {{"format", "pt"}});
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  CHECK((8 + length) % 64 == 0);
  const auto read = parse_safetensors(bytes, "x");
  REQUIRE(read);
  REQUIRE(read->size() == 4);
  CHECK(read->at("bias").bytes == "abc");
  CHECK(read->at("weight").shape == std::vector<int64_t>{2, 1});
  CHECK(read->at("scalar").shape.empty());
  const auto views = view_safetensors(bytes, "x");
  CHECK((views->at("weight").bytes.data() - bytes.data()) % 4 == 0);
}

TEST_CASE("safetensors: malformed files are refused with code 10") {
  const std::string good = R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})";
  REQUIRE(parse_safetensors(file(good, "xy"), "f"));
  const struct {
    const char* what;
    std::string bytes;
    const char* message;
  } cases[] = {
      {"empty", "", "shorter"},
      {"seven bytes", std::string(7, '\0'), "shorter"},
      {"length past the end", std::string("\xff\0\0\0\0\0\0\0", 8) + "{}", "in a file of"},
      {"length of 2^63", std::string("\0\0\0\0\0\0\0\x80", 8) + "{}", "the format allows"},
      {"blank first", file(" {}", ""), "does not begin"},
      {"not JSON", file("{\"a\":", ""), "malformed"},
      {"a hole", file(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", "xy"), "hole"},
      {"data after", file(good, "xyz"), "after the last"},
      {"data missing", file(good, "x"), "bytes 0 to 2 of 1"},
      {"overlap",
       file(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[1],)"
            R"("data_offsets":[1,2]}})",
            "xy"),
       "overlaps"},
      {"reversed", file(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[2,0]}})", "xy"), "bytes 2 to 0"},
      {"unknown dtype", file(R"({"a":{"dtype":"X","shape":[2],"data_offsets":[0,2]}})", "xy"), "dtype"},
      {"size and shape", file(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,2]}})", "xy"), "shape"},
      {"overflow",
       file(R"({"a":{"dtype":"U8","shape":[4294967296,4294967296,2],"data_offsets":[0,2]}})", "xy"), "shape"},
      {"negative", file(R"({"a":{"dtype":"U8","shape":[-2],"data_offsets":[0,2]}})", "xy"), "list of sizes"},
      {"duplicate", file(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":1})", "xy"), "twice"},
      {"metadata", file(R"({"__metadata__":{"a":1}})", ""), "__metadata__.a"},
      {"extra key", file(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"x":1}})", "xy"), "exactly"},
      {"deep", file(R"({"a":[[[[[[1]]]]]]})", ""), "deep"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.what);
    const auto read = parse_safetensors(each.bytes, "f");
    REQUIRE(!read);
    CHECK(read.error().code == Exit::integrity);
    CHECK(read.error().where == "f");
    CHECK_MESSAGE(read.error().message.find(each.message) != std::string::npos, read.error().message);
  }
}

TEST_CASE("safetensors: a file that is not there is 5") {
  const test::TempFolder folder;
  CHECK(read_safetensors(folder / "none").error().code == Exit::not_found);
}
