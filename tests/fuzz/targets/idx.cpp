// MNIST's IDX files of pictures, with labels beside them.

#include "core/ingest/image_openers.h"
#include "fuzz/fuzz.h"

using namespace mlctl;

FUZZ(input) {
  static const fuzz::ScratchFile images("train-images-idx3-ubyte"), labels("train-labels-idx1-ubyte");
  // The labels come first, up to an empty line.
  const size_t end = std::min(input.find("\n\n"), input.size());
  labels.write(input.substr(0, end));
  images.write(end == input.size() ? std::string_view() : input.substr(end + 2));
  SplitRule split;
  const auto source = open_idx({images.path()}, {}, split);
  if (!source) return;
  for (int items = 0; items < 100; ++items) {
    const auto item = (*source)->next();
    if (!item || !*item) return;
    const ImageItem& image = **item;
    fuzz::claim(static_cast<int64_t>(image.bytes.size()) == image.width * image.height * image.channels,
                "every pixel is there");
  }
}
