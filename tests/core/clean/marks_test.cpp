#include <doctest/doctest.h>

#include <set>

#include "core/base/random.h"
#include "core/clean/image_mark.h"
#include "core/clean/near_index.h"
#include "core/clean/text_mark.h"

using namespace mlctl;

namespace {

// A picture with a few coarse blobs: like a photograph, smooth at the scale of the grid.
Pixels blobs(uint64_t seed, int64_t side) {
  Random random(seed);
  struct Blob {
    double x, y, radius, colour[3];
  };
  std::vector<Blob> all(6);
  for (Blob& blob : all) {
    blob = {random.uniform(), random.uniform(), 0.1 + 0.3 * random.uniform(), {}};
    for (double& channel : blob.colour) channel = 255 * random.uniform();
  }
  Pixels pixels{side, side, 3, {}};
  for (int64_t y = 0; y < side; ++y) {
    for (int64_t x = 0; x < side; ++x) {
      for (size_t c = 0; c < 3; ++c) {
        double sum = 20, weight = 1;
        for (const Blob& blob : all) {
          const double dx = (static_cast<double>(x) + 0.5) / static_cast<double>(side) - blob.x;
          const double dy = (static_cast<double>(y) + 0.5) / static_cast<double>(side) - blob.y;
          const double w = 3 * std::exp(-(dx * dx + dy * dy) / (blob.radius * blob.radius));
          sum += w * blob.colour[c];
          weight += w;
        }
        pixels.data.push_back(static_cast<uint8_t>(sum / weight));
      }
    }
  }
  return pixels;
}

Pixels flat(uint8_t red, uint8_t green, uint8_t blue) {
  Pixels pixels{32, 32, 3, {}};
  for (int i = 0; i < 32 * 32; ++i) pixels.data.insert(pixels.data.end(), {red, green, blue});
  return pixels;
}

const std::string kText =
    "The quick brown fox jumps over the lazy dog while the cat sleeps near the warm stove and dreams of fish "
    "that swim in a silver river under an old stone bridge at the edge of the village";

}  // namespace

TEST_CASE("a picture looks like itself at another size and with noise") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const Pixels picture = blobs(seed, 200);
    CHECK(looks_alike(image_mark(picture), image_mark(resize(picture, 90, 110))));
    Pixels noisy = picture;
    Random random(seed, 1);
    for (uint8_t& value : noisy.data)
      value = static_cast<uint8_t>(std::min<uint64_t>(255, value + random.below(4)));
    CHECK(looks_alike(image_mark(picture), image_mark(noisy)));
  }
}

TEST_CASE("different pictures do not look alike") {
  for (uint64_t a = 1; a <= 30; ++a) {
    for (uint64_t b = a + 1; b <= 30; ++b)
      CHECK(!looks_alike(image_mark(blobs(a, 60)), image_mark(blobs(b, 60))));
  }
}

TEST_CASE("flat pictures are told apart by colour") {
  CHECK(!looks_alike(image_mark(flat(255, 0, 0)), image_mark(flat(0, 0, 255))));
  CHECK(looks_alike(image_mark(flat(255, 0, 0)), image_mark(flat(253, 1, 0))));
}

TEST_CASE("a text resembles its copy with a word changed, other case and punctuation") {
  std::string other = kText;
  other.replace(other.find("warm"), 4, "COLD");
  other.replace(other.find("The quick"), 9, "the, QUICK!");
  CHECK(resemblance(text_mark(kText), text_mark(other)) > kMinResemblance);
}

TEST_CASE("texts with half the words in common do not pass for the same") {
  const std::string half = kText.substr(0, kText.size() / 2) +
                           "but nobody in the whole town had ever seen such a storm in the month of june";
  CHECK(resemblance(text_mark(kText), text_mark(half)) < kMinResemblance);
}

TEST_CASE("texts without words resemble nothing") {
  CHECK(resemblance(text_mark("!!!"), text_mark("???")) == 0);
}

TEST_CASE("Chinese is cut into characters") {
  const std::string text = "今天天气很好我们一起去公园散步然后在湖边吃午饭再坐船回家看书喝茶聊天";
  std::string other = text;
  other.replace(other.size() - 3, 3, "地");
  CHECK(resemblance(text_mark(text), text_mark(other)) > kMinResemblance);
  CHECK(resemblance(text_mark(text), text_mark("明天要下雨了请带好雨伞出门小心路滑注意安全早点回来吃晚饭")) <
        0.1);
}

TEST_CASE("the index returns every item that shares a band, and hardly any other") {
  NearIndex index(2, 100);
  for (uint32_t item = 0; item < 100; ++item) index.insert(item, {item % 10, item});
  std::multiset<uint32_t> found;
  index.candidates({3, 77}, [&](uint32_t item) { found.insert(item); });
  for (const uint32_t item : {3u, 13u, 93u, 77u}) CHECK(found.contains(item));
  CHECK(found.size() < 40);
}

TEST_CASE("a bucket of look-alikes costs a bounded number of comparisons") {
  NearIndex index(1, 10000);
  for (uint32_t item = 0; item < 10000; ++item) index.insert(item, {7});
  size_t seen = 0;
  index.candidates({7}, [&](uint32_t) { ++seen; });
  CHECK(seen == NearIndex::kMaxCandidates);
}
