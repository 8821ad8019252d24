#include <algorithm>
#include <cstdlib>

#include <doctest/doctest.h>

#include "core/image/image.h"
#include "core/sys/fs.h"
#include "fakes/source_folder.h"

using namespace mlctl;

namespace {

std::string fixture(const std::string& name) {
  return sys::read_file(test::source_folder() / "tests" / "fixtures" / "images" / name).value();
}

// Whether a pixel is within 12 of a colour (JPEG is not exact).
bool near(const Pixels& pixels, int64_t x, int64_t y, const std::vector<int>& colour) {
  for (size_t c = 0; c < colour.size(); ++c) {
    const int value = pixels.data[static_cast<size_t>((y * pixels.width + x) * pixels.channels) + c];
    if (std::abs(value - colour[c]) > 12) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("every format and orientation shows the same picture") {
  const std::vector<std::string> names = {"exif1.jpg",       "exif2.jpg",  "exif3.jpg", "exif4.jpg",
                                          "exif5.jpg",       "exif6.jpg",  "exif7.jpg", "exif8.jpg",
                                          "exif6.png",       "exif6.webp", "rgb.webp",  "palette.png",
                                          "progressive.jpg", "cmyk.jpg",   "alpha.png", "alpha.webp"};
  for (const std::string& name : names) {
    CAPTURE(name);
    const auto pixels = decode_image(fixture(name));
    REQUIRE(pixels.has_value());
    CHECK(pixels->width == 32);
    CHECK(pixels->height == 16);
    CHECK(pixels->channels == 3);
    CHECK(near(*pixels, 2, 2, {255, 0, 0}));
    CHECK(near(*pixels, 29, 2, {0, 255, 0}));
    CHECK(near(*pixels, 2, 13, {0, 0, 255}));
    CHECK(near(*pixels, 29, 13, {255, 255, 255}));
    const auto size = image_size(fixture(name));
    CHECK(size->width == 32);
    CHECK(size->height == 16);
  }
}

TEST_CASE("grey pictures stay grey unless asked") {
  for (const char* name : {"grey.jpg", "one_bit.png", "sixteen_bits.png"}) {
    CAPTURE(name);
    CHECK(decode_image(fixture(name))->channels == 1);
    const auto rgb = decode_image(fixture(name), 3);
    CHECK(rgb->channels == 3);
    CHECK(rgb->data[0] == rgb->data[2]);
  }
  CHECK(decode_image(fixture("sixteen_bits.png"))->data[0] == 0x80);
}

TEST_CASE("colour becomes grey by luminance") {
  const auto grey = decode_image(fixture("rgb.webp"), 1);
  CHECK(near(*grey, 2, 2, {76}));
  CHECK(near(*grey, 29, 2, {150}));
  CHECK(near(*grey, 2, 13, {29}));
}

TEST_CASE("what is torn or is no picture is refused") {
  for (const char* name : {"exif1.jpg", "progressive.jpg", "palette.png", "rgb.webp", "alpha.png"}) {
    const std::string whole = fixture(name);
    for (const size_t keep : {size_t{0}, size_t{3}, size_t{20}, whole.size() / 2, whole.size() - 20}) {
      CAPTURE(name);
      CAPTURE(keep);
      const auto pixels = decode_image(whole.substr(0, keep));
      REQUIRE_FALSE(pixels.has_value());
      CHECK(pixels.error().code == Exit::data);
    }
  }
  CHECK_FALSE(decode_image("GIF89a…").has_value());
}

TEST_CASE("a picture that claims too many pixels is refused by its header") {
  std::string bomb = fixture("palette.png");
  bomb.replace(16, 8, std::string("\0\1\0\0\0\1\0\0", 8));  // 65536 × 65536
  const auto pixels = decode_image(bomb);
  REQUIRE_FALSE(pixels.has_value());
  CHECK(pixels.error().code == Exit::data);
}

TEST_CASE("a PNG's chunk that claims more bytes than the file has is refused by its length") {
  std::string bytes = fixture("exif6.png");
  const size_t length = bytes.find("eXIf") - 4;
  for (const char claimed : {'\x01', '\x42', '\x7f', '\xff'}) {
    CAPTURE(static_cast<int>(claimed));
    bytes[length] = claimed;
    for (const std::string& why : {image_size(bytes).error().message, decode_image(bytes).error().message})
      CHECK(why.find("corrupt PNG: a chunk says that it has ") == 0);
  }
}

TEST_CASE("an encoded PNG decodes to the same pixels") {
  for (const int64_t channels : {1, 3}) {
    Pixels pixels{5, 3, channels, {}};
    for (int64_t i = 0; i < 15 * channels; ++i) pixels.data.push_back(static_cast<uint8_t>(i * 37));
    const auto back = decode_image(encode_png(pixels));
    REQUIRE(back.has_value());
    CHECK(back->channels == channels);
    CHECK(back->data == pixels.data);
  }
}

TEST_CASE("resizing keeps flat areas and averages when shrinking") {
  const Pixels board{2, 2, 1, {0, 255, 255, 0}};
  CHECK(resize(board, 1, 1).data == std::vector<uint8_t>{128});
  const Pixels flat{3, 3, 3, std::vector<uint8_t>(27, 200)};
  for (const int64_t size : {1, 2, 3, 7, 64}) {
    const Pixels resized = resize(flat, size, size + 1);
    CHECK(resized.height == size + 1);
    CHECK(std::all_of(resized.data.begin(), resized.data.end(), [](uint8_t v) { return v == 200; }));
  }
}
